// HyStart++ (RFC 9406): when slow start should end, by the delay of its packets, before a queue overflows.

const MIN_THRESHOLD_MS = 4
const MAX_THRESHOLD_MS = 16
const RTT_DIVISOR = 8
const SAMPLES = 8
const CAUTIOUS_DIVISOR = 4
const CAUTIOUS_ROUNDS = 5

export class HyStart {
  #lastLowMs = Infinity
  #lowMs = Infinity
  #samples = 0
  /** Lowest round trip when the cautious phase began. */
  #cautiousBaseMs = Infinity
  #cautiousRounds = 0

  /** How much slower the window grows than in slow start. */
  get divisor (): number {
    return this.#cautiousRounds > 0 ? CAUTIOUS_DIVISOR : 1
  }

  /** @returns true when slow start is over */
  sample (rttMs: number, isNewRound: boolean): boolean {
    if (isNewRound) {
      this.#lastLowMs = this.#lowMs
      this.#lowMs = Infinity
      this.#samples = 0
      if (this.#cautiousRounds > 0 && --this.#cautiousRounds === 0) {
        return true
      }
    }
    this.#lowMs = Math.min(this.#lowMs, rttMs)
    if (++this.#samples < SAMPLES || this.#lastLowMs === Infinity) {
      return false
    }
    if (this.#cautiousRounds > 0) {
      if (this.#lowMs < this.#cautiousBaseMs) {
        this.#cautiousRounds = 0
      }
    } else if (this.#lowMs >= this.#lastLowMs + Math.min(MAX_THRESHOLD_MS, Math.max(MIN_THRESHOLD_MS, this.#lastLowMs / RTT_DIVISOR))) {
      this.#cautiousBaseMs = this.#lowMs
      this.#cautiousRounds = CAUTIOUS_ROUNDS
    }
    return false
  }
}
