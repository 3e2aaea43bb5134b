// Many token buckets in one typed array: a rate for each path or each RSP and link, without an object for each and with
// nothing allocated when a packet is weighed. What a bucket does is that of token-bucket.ts.

export interface BucketSlabInit {
  /** Most buckets at once. */
  maxBuckets: number
}

const FIRST_BUCKETS = 16
/** Numbers of a bucket: 32 bytes, so that one never lies on three cache lines. */
const FIELDS = 4
const At = { tokens: 0, filledAtMs: 1, ratePerSecond: 2, burst: 3 } as const
const NO_BUCKET = -1

export class BucketSlab {
  readonly #maxBuckets: number
  /** A free place has NaN for tokens, so that it grants nothing, and the next free place where the time would be. */
  #fields = new Float64Array(0)
  #firstFree = NO_BUCKET
  #size = 0

  /** @throws RangeError for a maximum that is not a whole number above zero */
  constructor ({ maxBuckets }: BucketSlabInit) {
    if (!Number.isInteger(maxBuckets) || maxBuckets < 1) {
      throw new RangeError(`maxBuckets is ${maxBuckets}: give a whole number above zero`)
    }
    this.#maxBuckets = maxBuckets
  }

  /** Buckets in use. */
  get size (): number {
    return this.#size
  }

  get heldBytes (): number {
    return this.#fields.byteLength
  }

  /**
   * A full bucket.
   *
   * @returns its index, or −1 when there is no room for another
   * @throws RangeError for a rate below zero, or a burst that is not above zero
   */
  add (ratePerSecond: number, burst: number, nowMs: number): number {
    if (!(ratePerSecond >= 0) || !(burst > 0)) {
      throw new RangeError(`${ratePerSecond} per second with a burst of ${burst}: give a rate of zero or more and a burst above zero`)
    }
    if (this.#firstFree === NO_BUCKET) {
      this.#grow()
    }
    const index = this.#firstFree
    if (index !== NO_BUCKET) {
      const at = index * FIELDS
      this.#firstFree = this.#fields[at + At.filledAtMs]
      this.#fields[at + At.tokens] = burst
      this.#fields[at + At.filledAtMs] = nowMs
      this.#fields[at + At.ratePerSecond] = ratePerSecond
      this.#fields[at + At.burst] = burst
      this.#size++
    }
    return index
  }

  /**
   * Takes `amount` whole or not at all; a bucket that is not in use grants nothing. A refusal costs nothing, and a clock that
   * steps backwards neither refills nor drains.
   */
  take (index: number, amount: number, nowMs: number): boolean {
    const fields = this.#fields
    const at = index * FIELDS
    const elapsedMs = nowMs - fields[at + At.filledAtMs]
    let tokens = fields[at + At.tokens]
    if (elapsedMs > 0 && !Number.isNaN(tokens)) {
      tokens = Math.min(fields[at + At.burst], tokens + (elapsedMs / 1000) * fields[at + At.ratePerSecond])
      fields[at + At.filledAtMs] = nowMs
      fields[at + At.tokens] = tokens
    }
    // written so that NaN refuses: of a free place, an index out of range, or an amount that is none
    if (!(amount >= 0 && tokens >= amount)) {
      return false
    }
    fields[at + At.tokens] = tokens - amount
    return true
  }

  /** Has it all that it can have by now? Then another one in its place would be no other. False for a bucket that is not in use. */
  isFull (index: number, nowMs: number): boolean {
    const fields = this.#fields
    const at = index * FIELDS
    const elapsedMs = nowMs - fields[at + At.filledAtMs]
    const gained = elapsedMs > 0 ? (elapsedMs / 1000) * fields[at + At.ratePerSecond] : 0
    return fields[at + At.tokens] + gained >= fields[at + At.burst]
  }

  /** Does nothing for a bucket that is not in use. */
  remove (index: number): void {
    const at = index * FIELDS
    if (!Number.isNaN(this.#fields[at + At.tokens] ?? NaN)) {
      this.#free(index)
      this.#size--
    }
  }

  #grow (): void {
    const before = this.#fields.length / FIELDS
    const after = Math.min(this.#maxBuckets, Math.max(FIRST_BUCKETS, before * 2))
    const grown = new Float64Array(after * FIELDS)
    grown.set(this.#fields)
    this.#fields = grown
    for (let index = after - 1; index >= before; index--) {
      this.#free(index)
    }
  }

  #free (index: number): void {
    this.#fields[index * FIELDS + At.tokens] = NaN
    this.#fields[index * FIELDS + At.filledAtMs] = this.#firstFree
    this.#firstFree = index
  }
}
