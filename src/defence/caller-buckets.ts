/**
 * The first thing asked about a frame of set-up: whether it is its caller's turn. A caller over its share is not read rather than
 * answered, so that a flood fills the buffers of its sender.
 *
 * The buckets are those of token-bucket.ts in another form, the generic cell rate algorithm (ITU-T I.371, virtual scheduling): a bucket
 * is the instant at which it will be full. That is one number per caller, a full bucket need not be kept at all, and a taker can be
 * told when its turn is, and keep it.
 */
import { InstantTable } from './instant-table.ts'
import type { GateCaller, SetUpLimits } from './set-up-limits.ts'

export interface BucketInit {
  /** Tokens gained per second. */
  ratePerSecond: number
  /** Most tokens a bucket holds, and what it starts with. */
  burst: number
  maxEntries: number
}

/** Equal buckets, one for each name. The clock is in ms of any monotonic origin. */
export class BucketTable {
  readonly #tokenMs: number
  readonly #fillMs: number
  readonly #fullAt: InstantTable

  constructor ({ ratePerSecond, burst, maxEntries }: BucketInit) {
    if (!(ratePerSecond > 0) || !(burst > 0)) {
      throw new RangeError(`a bucket of ${burst} tokens that gains ${ratePerSecond} per second never grants anything for long: give numbers above zero`)
    }
    this.#tokenMs = 1_000 / ratePerSecond
    this.#fillMs = burst * this.#tokenMs
    this.#fullAt = new InstantTable(maxEntries)
  }

  get size (): number {
    return this.#fullAt.size
  }

  /** Until so many tokens are there for a taker who comes now; whole ms, 0 if they are. */
  waitMs (name: string, tokens: number, nowMs: number): number {
    return Math.max(0, Math.ceil(this.#fullAfter(name, tokens, nowMs) - nowMs - this.#fillMs))
  }

  /** Takes what `waitMs` spoke of: the tokens are the taker's after that wait, and whoever comes next waits behind it. */
  take (name: string, tokens: number, nowMs: number): void {
    this.#fullAt.set(name, this.#fullAfter(name, tokens, nowMs), nowMs)
  }

  #fullAfter (name: string, tokens: number, nowMs: number): number {
    return Math.max(nowMs, this.#fullAt.get(name, nowMs)) + tokens * this.#tokenMs
  }
}

/** What `admit` answers for a frame that is not to be waited for. */
const REFUSED = -1

/** Frames since the start, by what became of them. */
export interface CallerBucketCounters {
  admitted: number
  /** Told to wait for their turn. */
  held: number
  refusedByCaller: number
  refusedByPrefix: number
}

export class CallerBuckets {
  readonly counters: CallerBucketCounters = { admitted: 0, held: 0, refusedByCaller: 0, refusedByPrefix: 0 }
  readonly #limits: SetUpLimits
  readonly #callers: BucketTable
  readonly #forwarders: BucketTable
  readonly #prefixes: BucketTable
  /** When the turn of who was told to wait comes. It has its tokens, so who comes later waits behind it. */
  readonly #turns = new Map<string, number>()

  constructor (limits: SetUpLimits) {
    this.#limits = limits
    this.#callers = new BucketTable({ ratePerSecond: limits.callerPerSecond, burst: limits.callerBurst, maxEntries: limits.maxCallers })
    this.#forwarders = new BucketTable({ ratePerSecond: limits.forwarderPerSecond, burst: limits.forwarderBurst, maxEntries: limits.maxForwarders })
    this.#prefixes = new BucketTable({ ratePerSecond: limits.prefixPerSecond, burst: limits.prefixBurst, maxEntries: limits.maxPrefixes })
  }

  /** Entries of all tables. */
  get size (): number {
    return this.#callers.size + this.#forwarders.size + this.#prefixes.size + this.#turns.size
  }

  /** 0: go on. Above 0: do not read this caller for so many ms, then ask again about the same frame. Below 0: refuse it at once. */
  admit (caller: GateCaller, bytes: number, nowMs: number): number {
    const turnMs = this.#turns.get(caller.peer)
    if (turnMs !== undefined && turnMs > nowMs) {
      return Math.ceil(turnMs - nowMs)
    }
    const waitMs = this.#turns.delete(caller.peer) ? 0 : this.#charge(caller, bytes, nowMs)
    this.counters.admitted += waitMs === 0 ? 1 : 0
    return waitMs
  }

  #charge (caller: GateCaller, bytes: number, nowMs: number): number {
    const { maxHoldMs, smallFrameBytes, smallFrameTokens } = this.#limits
    const tokens = bytes > smallFrameBytes ? 1 : smallFrameTokens
    const own = caller.isForwarder ? this.#forwarders : this.#callers
    // the prefix first: a flood of new ids ends here, before any of them gets an entry
    const prefixWaitMs = caller.isForwarder ? 0 : this.#prefixes.waitMs(caller.prefix, tokens, nowMs)
    if (prefixWaitMs > maxHoldMs) {
      this.counters.refusedByPrefix++
      return REFUSED
    }
    const ownWaitMs = own.waitMs(caller.peer, tokens, nowMs)
    if (ownWaitMs > maxHoldMs) {
      this.counters.refusedByCaller++
      return REFUSED
    }
    const waitMs = Math.max(ownWaitMs, prefixWaitMs)
    if (waitMs === 0 || this.#hold(caller.peer, nowMs + waitMs, nowMs)) {
      own.take(caller.peer, tokens, nowMs)
      if (!caller.isForwarder) {
        this.#prefixes.take(caller.prefix, tokens, nowMs)
      }
    }
    return waitMs
  }

  /** False where too many wait: this one takes nothing, and has to see then whether it is lucky. */
  #hold (peer: string, turnMs: number, nowMs: number): boolean {
    this.counters.held++
    for (const [other, missedMs] of this.#turns) {
      if (missedMs + this.#limits.maxHoldMs > nowMs) {
        break
      }
      this.#turns.delete(other)
    }
    if (this.#turns.size >= this.#limits.maxHeld) {
      return false
    }
    this.#turns.set(peer, turnMs)
    return true
  }
}
