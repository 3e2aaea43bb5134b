// What one rival is told: the links of its scope, each when it has moved as far as would be reported, or when it was not heard of for a
// while. A change costs one look-up; what is told is the value at the time of telling, so that a slow reader gets fewer words, not older ones.
import { movedSignificantly } from '../../measurement/link-estimator.ts'
import { MAX_NODES } from '../../../protocols/exchange/constants.ts'
import type { LinkReading } from '../../measurement/link-estimator.ts'
import type { ScopeMatch } from './scope-match.ts'
import type { TokenBucket } from '../../defence/token-bucket.ts'

/** A link that has not moved is told anew so often: a word must be young for its reader not to look for itself. */
export const RENEW_MS = 30_000
/** After the first change, so that a batch is worth its signature. */
const GATHER_MS = 250
/** Who was told so long ago does not remember. */
const FORGET_MS = 600_000

export interface SubscriptionInit {
  scope: ScopeMatch
  maxLinks: number
  /** Measurements; it outlives the subscription, or who subscribes anew has no quota. */
  bucket: TokenBucket
  /** By the clock. */
  untilMs: number
  /** Ms of any monotonic origin. */
  clock: () => number
}

export type NamedLink = readonly [a: string, b: string]

/** A link to tell of now. */
export interface DueLink {
  link: NamedLink
  /** It was found down when it changed last; it may be up again. */
  isDown: boolean
}

export class Subscription {
  readonly #init: SubscriptionInit
  readonly #bucket: TokenBucket
  readonly #told = new Map<string, { reading: LinkReading, atMs: number }>()
  readonly #pending = new Map<string, DueLink>()
  /** Of those that wait, the ones that have not been told of. */
  #unheard = 0
  #wake: (() => void) | undefined
  /** By the clock; a lease may be extended. */
  untilMs: number
  /** Of the last batch. */
  sequence = 0n

  constructor (init: SubscriptionInit) {
    this.#init = init
    this.#bucket = init.bucket
    this.untilMs = init.untilMs
  }

  /** Links told of, and changes that wait. */
  get status (): { links: number, waiting: number } {
    return { links: this.#told.size, waiting: this.#pending.size }
  }

  /** A link has been measured, or found down. */
  note (name: string, link: NamedLink, reading: LinkReading): void {
    const nowMs = this.#init.clock()
    const told = this.#told.get(name)
    const isDue = told === undefined ? reading.state === 'up' : nowMs - told.atMs >= RENEW_MS || movedSignificantly(told.reading, reading)
    const waiting = this.#pending.get(name)
    if (waiting !== undefined) {
      waiting.isDown = reading.state === 'down'
      return
    }
    if (!isDue || !this.#init.scope.has(...link)) {
      return
    }
    if (told === undefined && this.#told.size + this.#unheard >= this.#init.maxLinks) {
      return
    }
    this.#unheard += told === undefined ? 1 : 0
    this.#pending.set(name, { link, isDown: reading.state === 'down' })
    this.#wake?.()
  }

  /** Takes links that are to be told now, at most so many, between no more forwarders than a batch can name, and no more than the quota allows. */
  take (most: number, readingOf: (link: NamedLink) => LinkReading): DueLink[] {
    const nowMs = this.#init.clock()
    const count = Math.min(most, this.#pending.size, Math.floor(this.#bucket.availableAt(nowMs)))
    const taken: DueLink[] = []
    const ends = new Set<string>()
    for (const [name, due] of this.#pending) {
      if (taken.length >= count || ends.size + due.link.filter((end) => !ends.has(end)).length > MAX_NODES) {
        break
      }
      due.link.forEach((end) => ends.add(end))
      this.#pending.delete(name)
      this.#unheard -= this.#told.has(name) ? 0 : 1
      this.#told.set(name, { reading: readingOf(due.link), atMs: nowMs })
      taken.push(due)
    }
    this.#bucket.take(taken.length, nowMs)
    return taken
  }

  /** Tells all anew. */
  restart (): void {
    this.#told.clear()
    this.#pending.clear()
    this.#unheard = 0
  }

  /** Resolves when there is something to tell, at the latest in `waitMs`, or when a newer question takes its place. */
  async wait (waitMs: number): Promise<void> {
    this.#wake?.()
    if (this.#pending.size > 0) {
      return
    }
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      let timer = setTimeout(done, waitMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        timer = setTimeout(resolve, Math.min(waitMs, GATHER_MS))
      }
    })
  }

  /** Nobody waits any more. */
  end (): void {
    this.#wake?.()
  }

  /** Forgets whom it was told of long ago. */
  prune (): void {
    const beforeMs = this.#init.clock() - FORGET_MS
    for (const [name, { atMs }] of this.#told) {
      if (atMs < beforeMs && !this.#pending.has(name)) {
        this.#told.delete(name)
      }
    }
  }
}
