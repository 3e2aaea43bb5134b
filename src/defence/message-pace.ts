/**
 * How many messages of one protocol a node takes from one peer, and from one address prefix: a bucket each. Who is over its share is told
 * when its turn is, and is not read until then, so that a flood fills the buffers of its sender; where too many wait already, it is refused.
 */
import { countedPrefix } from './address-prefix.ts'
import { BucketTable } from './caller-buckets.ts'
import type { Connection } from '@libp2p/interface'

export interface PaceLimits {
  peerPerSecond: number
  peerBurst: number
  /** Of all peers of one prefix: an id costs nothing, a prefix does. */
  prefixPerSecond: number
  prefixBurst: number
  maxPeers: number
  maxPrefixes: number
  /** A message whose turn is further off than this is refused: it is the bound on what waits. */
  maxWaitMs: number
}

/** Messages since the start. */
export interface PaceCounters {
  /** At once. */
  admitted: number
  /** Told to wait for their turn. */
  delayed: number
  refused: number
}

/** Whoever sent a message. The prefix is undefined for those who are not counted by it. */
export interface PacedCaller { peer: string, prefix?: string }

/** As what comes over a connection is counted. */
export function pacedCaller ({ remotePeer, remoteAddr }: Connection): PacedCaller {
  return { peer: remotePeer.toString(), prefix: countedPrefix(remoteAddr) }
}

export class MessagePace {
  readonly counters: PaceCounters = { admitted: 0, delayed: 0, refused: 0 }
  readonly #maxWaitMs: number
  readonly #peers: BucketTable
  readonly #prefixes: BucketTable
  readonly #now: () => number

  /** @param now - monotonic milliseconds */
  constructor (limits: PaceLimits, now: () => number = () => performance.now()) {
    this.#maxWaitMs = limits.maxWaitMs
    this.#peers = new BucketTable({ ratePerSecond: limits.peerPerSecond, burst: limits.peerBurst, maxEntries: limits.maxPeers })
    this.#prefixes = new BucketTable({ ratePerSecond: limits.prefixPerSecond, burst: limits.prefixBurst, maxEntries: limits.maxPrefixes })
    this.#now = now
  }

  /** Entries of both tables. */
  get size (): number {
    return this.#peers.size + this.#prefixes.size
  }

  /** The turn of one message is in so many ms, and is kept for it; undefined: it is refused, and costs its sender nothing. */
  take ({ peer, prefix }: PacedCaller): number | undefined {
    const nowMs = this.#now()
    // the prefix first: a flood of new ids ends here, before any of them gets an entry
    const prefixWaitMs = prefix === undefined ? 0 : this.#prefixes.waitMs(prefix, 1, nowMs)
    const waitMs = prefixWaitMs > this.#maxWaitMs ? prefixWaitMs : Math.max(prefixWaitMs, this.#peers.waitMs(peer, 1, nowMs))
    if (waitMs > this.#maxWaitMs) {
      this.counters.refused++
      return undefined
    }
    this.#peers.take(peer, 1, nowMs)
    if (prefix !== undefined) {
      this.#prefixes.take(prefix, 1, nowMs)
    }
    this.counters[waitMs === 0 ? 'admitted' : 'delayed']++
    return waitMs
  }
}
