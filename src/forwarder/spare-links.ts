// Links that this node has opened and nobody wants any more: watches have ended, or attachments, or paths. Some stay for as long as paths that were shown
// over them can live, since source routes take links that stand; of more, those that nobody has wanted for the longest are closed, and so
// nobody fills the table of links by having links made.
import { MAX_OFFER_LIFE_MS } from '../../protocols/route/constants.ts'
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { PeerId } from '@libp2p/interface'

export const MAX_SPARE_LINKS = 64
/** A link that is being made is wanted only once it is there: longer than that takes. */
const GRACE_MS = 12_000

export interface SpareLinksInit {
  links: Pick<LinkSet, typeof Symbol.iterator | 'close' | 'get'>
  /** Is the peer attached here, is a link to it kept, or does a path take it? */
  isWanted: (peer: PeerId) => boolean
  /** Monotonic, ms. */
  now: () => number
}

export class SpareLinks {
  readonly #init: SpareLinksInit
  /** Since when nobody wants them; the longest first. */
  readonly #sinceMs = new Map<Link, number>()

  constructor (init: SpareLinksInit) {
    this.#init = init
  }

  get size (): number {
    return this.#sinceMs.size
  }

  /** Is the link to this peer one of them? Its connection must not be ended before it. */
  has (peer: PeerId): boolean {
    const link = this.#init.links.get(peer)
    return link !== undefined && this.#sinceMs.has(link)
  }

  /** Every second. */
  expire (): void {
    const nowMs = this.#init.now()
    this.#look(nowMs)
    for (const [link, sinceMs] of this.#sinceMs) {
      const spareForMs = nowMs - sinceMs
      if (spareForMs < GRACE_MS || (this.#sinceMs.size <= MAX_SPARE_LINKS && spareForMs < MAX_OFFER_LIFE_MS)) {
        return
      }
      this.#sinceMs.delete(link)
      this.#init.links.close(link.peer)
    }
  }

  /** Links that have only a way in are the peer's. */
  #look (nowMs: number): void {
    const gone = new Set(this.#sinceMs.keys())
    for (const link of this.#init.links) {
      if (link.isUp && !this.#init.isWanted(link.peer)) {
        gone.delete(link)
        this.#sinceMs.set(link, this.#sinceMs.get(link) ?? nowMs)
      }
    }
    for (const link of gone) {
      this.#sinceMs.delete(link)
    }
  }
}
