/**
 * Which forwarders count as such when they ask for set-up: those that this node knows, but so many of one address prefix only.
 *
 * Whom this node knows is for others to influence: an RSP may have it watch links to forwarders that it made up, and to be an RSP costs nothing
 * either. What a forwarder gains, buckets and quotas of its own instead of its prefix's, must not be had for a hundred made-up ids.
 */
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import type { PeerId } from '@libp2p/interface'

export interface CountedForwardersInit {
  isForwarder: (peer: PeerId) => boolean
  maxPerPrefix: number
  /** Prefixes with forwarders among them: several times as many as a node has neighbours. */
  maxPrefixes: number
}

export class CountedForwarders {
  readonly #init: CountedForwardersInit
  /** By prefix and peer id as text. */
  readonly #counted: RecentlyUsed<Map<string, PeerId>>

  constructor (init: CountedForwardersInit) {
    this.#init = init
    this.#counted = new RecentlyUsed(init.maxPrefixes)
  }

  /** Counts it, if it is a forwarder and there is room; who came first stays, for as long as it is one. */
  has (peer: PeerId, prefix: string): boolean {
    const key = peer.toString()
    const counted = this.#counted.get(prefix)
    if (!this.#init.isForwarder(peer)) {
      counted?.delete(key)
      return false
    }
    if (counted?.has(key) === true) {
      return true
    }
    const place = counted ?? new Map<string, PeerId>()
    for (const [otherKey, other] of place) {
      if (!this.#init.isForwarder(other)) {
        place.delete(otherKey)
      }
    }
    if (place.size >= this.#init.maxPerPrefix) {
      return false
    }
    place.set(key, peer)
    this.#counted.set(prefix, place)
    return true
  }
}
