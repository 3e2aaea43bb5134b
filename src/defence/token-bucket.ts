/**
 * The one rate limit of the overlay: bytes on a link, pings on a connection, new connections of a prefix.
 *
 * Pure: the caller brings the clock, in milliseconds of any monotonic origin, the same origin for the life of a bucket.
 */
export interface TokenBucketInit {
  /** Tokens gained per second. Zero is a bucket that never refills, Infinity one that never refuses up to its burst. */
  ratePerSecond: number
  /** Most tokens the bucket holds, and what it starts with; an amount above it is never granted. */
  burst: number
  nowMs: number
}

export class TokenBucket {
  readonly ratePerSecond: number
  readonly burst: number
  #tokens: number
  #filledAtMs: number

  constructor (init: TokenBucketInit) {
    if (!(init.ratePerSecond >= 0)) {
      throw new RangeError(`ratePerSecond is ${init.ratePerSecond}: give a rate of zero or more`)
    }
    if (!(init.burst > 0)) {
      throw new RangeError(`burst is ${init.burst}: give a burst above zero, or nothing is ever granted`)
    }
    this.ratePerSecond = init.ratePerSecond
    this.burst = init.burst
    this.#tokens = init.burst
    this.#filledAtMs = init.nowMs
  }

  /** Takes `amount` whole or not at all. A refusal costs nothing, so whoever keeps knocking is not shut out for longer. */
  take (amount: number, nowMs: number): boolean {
    if (!(amount >= 0)) {
      throw new RangeError(`cannot take ${amount} tokens: give an amount of zero or more`)
    }
    if (this.availableAt(nowMs) < amount) {
      return false
    }
    this.#tokens -= amount
    return true
  }

  /** Some of what was taken was not used; no more than the burst is held. */
  give (amount: number, nowMs: number): void {
    this.#tokens = Math.min(this.burst, this.availableAt(nowMs) + amount)
  }

  /** A clock that steps backwards neither refills nor drains. */
  availableAt (nowMs: number): number {
    const elapsedMs = nowMs - this.#filledAtMs
    if (elapsedMs > 0) {
      this.#tokens = Math.min(this.burst, this.#tokens + (elapsedMs / 1000) * this.ratePerSecond)
      this.#filledAtMs = nowMs
    }
    return this.#tokens
  }
}
