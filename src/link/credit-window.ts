// How much may be in flight on a link: about twice its bandwidth-delay product, and less while what is in flight only waits. Without this
// bound the kernel's and the muxer's buffers would hide megabytes of queue where no drop policy can reach them. Pure; times in ms.
import { CREDIT_STEP_BYTES } from '../../protocols/forward/constants.ts'

/** Enough for 10 Mbit/s at 100 ms before anything is known of the link. */
export const FIRST_WINDOW_BYTES = 131_072
/** Two steps of credit: one is under way back while the other is consumed. */
export const MIN_WINDOW_BYTES = 2 * CREDIT_STEP_BYTES
/** Never more than the muxer's stream window. */
export const MAX_WINDOW_BYTES = 1_048_576
/** With nothing in flight a batch goes whatever the window. */
const BATCH_BYTES = 65_000
/** A turn of the event loop of a busy node: however near the neighbour, it consumes no sooner, and must have something to do meanwhile. */
const TURN_MS = 2
/** Rate is the best of the last so many intervals, as in BBR: a pause of the application must not shrink the window. */
const RATE_INTERVALS = 8
/** What in flight may wait longer than the least round trip: a few turns of busy event loops at both ends, or for a far link a quarter of it. */
const WAIT_MS = 10
const WAIT_SHARE = 0.25
/** No round trip in so long was without such a wait: it is a queue that stands, and not a burst (as CoDel's interval, RFC 8289). Of a far link so many round trips, in which a smaller window shows. */
const STANDING_MS = 100
const STANDING_RTTS = 2
const SHRINK = 0.7
/** The best rate of some round trips is a little more than the link's. */
const PRODUCT_SHARE = 0.9
/** By round trip, once it does not. */
const GROWTH = 0.125
/** When the smallest window has not taken the wait away for so long, it is none: the link has become a longer one. */
const RELEARN_MS = 500

export class CreditWindow {
  #sentBytes = 0
  #consumedBytes = 0
  #windowBytes = FIRST_WINDOW_BYTES
  /** Where what is in flight stands in a queue: what was left of the window. */
  #limitBytes = MAX_WINDOW_BYTES
  /** When there was no such queue last, or the window was made smaller for it. */
  #settledAtMs = 0
  /** Hardly anything was in flight then, so no queue stood. */
  #emptyAtMs = 0
  #minRttMs = Infinity
  /** The least since the window has been at its smallest. */
  #leastMs = Infinity
  readonly #rates: number[] = []
  readonly #sends = new SendTimes()
  #mark: { bytes: number, sentMs: number, consumedBefore: number } | undefined
  /** Most that was in flight since the mark was set. */
  #mostInFlightBytes = 0

  /** Since the beginning. */
  get sentBytes (): number {
    return this.#sentBytes
  }

  get inFlightBytes (): number {
    return this.#sentBytes - this.#consumedBytes
  }

  get windowBytes (): number {
    return this.#windowBytes
  }

  /** How much may be sent now. With nothing in flight it is a batch at least. */
  get roomBytes (): number {
    const inFlightBytes = this.#sentBytes - this.#consumedBytes
    return inFlightBytes === 0 ? Math.max(BATCH_BYTES, this.#windowBytes) : Math.max(0, this.#windowBytes - inFlightBytes)
  }

  sent (bytes: number, nowMs: number): void {
    const consumedBefore = this.#consumedBytes
    if (this.inFlightBytes < CREDIT_STEP_BYTES) {
      this.#emptyAtMs = nowMs
    }
    this.#sentBytes += bytes
    this.#mostInFlightBytes = Math.max(this.#mostInFlightBytes, this.#sentBytes - this.#consumedBytes)
    this.#sends.add(this.#sentBytes, nowMs)
    this.#mark ??= { bytes: this.#sentBytes, sentMs: nowMs, consumedBefore }
  }

  /** Takes a credit. One that goes back, or claims more than was sent, is ignored: false. */
  credited (consumedBytes: number, nowMs: number): boolean {
    if (consumedBytes < this.#consumedBytes || consumedBytes > this.#sentBytes) {
      return false
    }
    this.#consumedBytes = consumedBytes
    const mark = this.#mark
    if (mark !== undefined && consumedBytes >= mark.bytes) {
      const elapsedMs = Math.max(0.1, nowMs - mark.sentMs)
      this.#measured(Math.max(0.1, nowMs - this.#sends.timeOf(consumedBytes, mark.sentMs)), (consumedBytes - mark.consumedBefore) / elapsedMs, nowMs)
      this.#mark = undefined
      this.#mostInFlightBytes = this.#sentBytes - this.#consumedBytes
    }
    return true
  }

  #measured (elapsedMs: number, bytesPerMs: number, nowMs: number): void {
    this.#minRttMs = Math.min(this.#minRttMs, elapsedMs)
    this.#rates.push(bytesPerMs)
    if (this.#rates.length > RATE_INTERVALS) {
      this.#rates.shift()
    }
    const rate = Math.max(...this.#rates)
    const windowBytes = Math.min(MAX_WINDOW_BYTES, Math.max(FIRST_WINDOW_BYTES, 2 * rate * Math.max(TURN_MS, this.#minRttMs)))
    if (elapsedMs <= this.#minRttMs + Math.max(WAIT_MS, WAIT_SHARE * this.#minRttMs)) {
      this.#settledAtMs = nowMs
      this.#grow()
    } else if (this.#limitBytes > MIN_WINDOW_BYTES) {
      this.#shrink(windowBytes, PRODUCT_SHARE * rate * this.#minRttMs, nowMs)
    } else {
      this.#relearn(elapsedMs, nowMs)
    }
    this.#windowBytes = Math.min(windowBytes, this.#limitBytes)
  }

  /** A window that is not used says nothing of a larger one (as RFC 7661 for TCP). */
  #grow (): void {
    if (this.#mostInFlightBytes >= this.#windowBytes / 2) {
      this.#limitBytes = Math.min(MAX_WINDOW_BYTES, this.#limitBytes * (1 + GROWTH))
    }
  }

  /** Not below `productBytes`, the bandwidth-delay product: with less the link would be idle at times, and what is lost in rate would make the product less. */
  #shrink (windowBytes: number, productBytes: number, nowMs: number): void {
    if (nowMs - Math.max(this.#settledAtMs, this.#emptyAtMs) >= Math.max(STANDING_MS, STANDING_RTTS * this.#minRttMs)) {
      this.#settledAtMs = nowMs
      this.#limitBytes = Math.min(this.#limitBytes, Math.max(MIN_WINDOW_BYTES, productBytes, SHRINK * Math.min(windowBytes, this.#limitBytes)))
      this.#leastMs = Infinity
    }
  }

  #relearn (elapsedMs: number, nowMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, elapsedMs)
    if (nowMs - this.#settledAtMs >= RELEARN_MS) {
      this.#settledAtMs = nowMs
      this.#minRttMs = this.#leastMs
    }
  }
}

/** More than what is in flight as a rule; of older ones nobody knows. */
const REMEMBERED_SENDS = 128

/**
 * When bytes were sent. A credit is caused by the last byte that it counts: with little traffic the one before it was sent long before, and what
 * passed since is no round trip.
 */
class SendTimes {
  readonly #ends = new Float64Array(REMEMBERED_SENDS)
  readonly #times = new Float64Array(REMEMBERED_SENDS)
  #count = 0

  /** All up to this byte. */
  add (endBytes: number, nowMs: number): void {
    const at = this.#count++ % REMEMBERED_SENDS
    this.#ends[at] = endBytes
    this.#times[at] = nowMs
  }

  timeOf (byte: number, otherwiseMs: number): number {
    let timeMs = otherwiseMs
    for (let index = this.#count - 1; index >= Math.max(0, this.#count - REMEMBERED_SENDS); index--) {
      const at = index % REMEMBERED_SENDS
      if (this.#ends[at] < byte) {
        return timeMs
      }
      timeMs = this.#times[at]
    }
    // the first that is remembered was sent after it, or it is that one
    return this.#count <= REMEMBERED_SENDS ? timeMs : otherwiseMs
  }
}
