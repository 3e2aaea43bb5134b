// How often neighbours may have a node do what costs it something: so often in all, of which no link has more than a share, and for each link a little that
// what the others do cannot use up. By the index of the link: a number, since it is asked for packets, and one that a neighbour which comes anew gets
// again, so that nobody gains by that. Who gets the index of another waits for what that one has used.
import { TokenBucket } from './token-bucket.ts'

export interface Allowance {
  ratePerSecond: number
  burst: number
}

export interface LinkBudgetInit {
  /** Of all links together, beside what is each one's own. */
  all: Allowance
  /** Most that one link takes of that. */
  share: Allowance
  /** Of each link, whatever is left of the rest. */
  own: Allowance
  nowMs: number
}

interface LinkBuckets {
  own: TokenBucket
  share: TokenBucket
}

export class LinkBudget {
  readonly #init: LinkBudgetInit
  readonly #all: TokenBucket
  /** By index, without holes: as many as there were links at once. */
  readonly #links: LinkBuckets[] = []

  constructor (init: LinkBudgetInit) {
    this.#init = init
    this.#all = new TokenBucket({ ...init.all, nowMs: init.nowMs })
  }

  /** Would one more be granted now? */
  has (link: number, nowMs: number): boolean {
    const { own, share } = this.#of(link, nowMs)
    return own.availableAt(nowMs) >= 1 || (share.availableAt(nowMs) >= 1 && this.#all.availableAt(nowMs) >= 1)
  }

  /** Takes one, if it is granted. */
  take (link: number, nowMs: number): boolean {
    const { own, share } = this.#of(link, nowMs)
    // who is over its share takes nothing from the others
    return own.take(1, nowMs) || (share.availableAt(nowMs) >= 1 && this.#all.take(1, nowMs) && share.take(1, nowMs))
  }

  #of (link: number, nowMs: number): LinkBuckets {
    while (this.#links.length <= link) {
      this.#links.push({ own: new TokenBucket({ ...this.#init.own, nowMs }), share: new TokenBucket({ ...this.#init.share, nowMs }) })
    }
    return this.#links[link]
  }
}
