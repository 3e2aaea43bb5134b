// Round trip of a path, after RFC 9002, section 5. Times in ms.
import { MAX_ACK_DELAY_MS } from '../../../protocols/stream/constants.ts'

/** Before the first sample: kInitialRtt is 333 ms in RFC 9002; the channel has measured its routes, so this is for want of that only. */
const DEFAULT_RTT_MS = 200
/** kGranularity. */
export const GRANULARITY_MS = 1
/** kTimeThreshold. */
const TIME_THRESHOLD = 9 / 8

export class RttEstimator {
  #smoothedMs: number
  #variationMs: number
  #latestMs: number
  #minMs = Infinity
  #samples = 0

  /** `hintMs`: what is known of the path from elsewhere. */
  constructor (hintMs: number = DEFAULT_RTT_MS) {
    this.#smoothedMs = hintMs
    this.#latestMs = hintMs
    this.#variationMs = hintMs / 2
  }

  get hasSample (): boolean {
    return this.#samples > 0
  }

  get smoothedMs (): number {
    return this.#smoothedMs
  }

  get latestMs (): number {
    return this.#latestMs
  }

  /** `rttMs` from sending to ack, of which the peer says that it waited for `ackDelayMs`. */
  sample (rttMs: number, ackDelayMs: number): void {
    this.#latestMs = rttMs
    this.#minMs = Math.min(this.#minMs, rttMs)
    const delayMs = Math.min(ackDelayMs, MAX_ACK_DELAY_MS)
    const adjustedMs = rttMs - delayMs >= this.#minMs ? rttMs - delayMs : rttMs
    if (this.#samples++ === 0) {
      this.#smoothedMs = rttMs
      this.#variationMs = rttMs / 2
      return
    }
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - adjustedMs)
    this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * adjustedMs
  }

  /** Probe timeout without backoff. */
  get probeTimeoutMs (): number {
    return this.#smoothedMs + Math.max(4 * this.#variationMs, GRANULARITY_MS) + MAX_ACK_DELAY_MS
  }

  /** A packet that was sent so long before an acknowledged one is lost. `stretch` allows for reordering that was seen. */
  lossDelayMs (stretch: number): number {
    return Math.max(TIME_THRESHOLD * stretch * Math.max(this.#smoothedMs, this.#latestMs), GRANULARITY_MS)
  }
}
