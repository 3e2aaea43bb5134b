// Reacts to delay and marks as long as that works, and like CUBIC where others fill the queue whatever we do.
import { CubicController } from './cubic-controller.ts'
import { DelayController, TARGET_QUEUE_MS } from './delay-controller.ts'
import type { AckSample, CongestionController, LossSample } from './congestion-controller.ts'

/** For how long at first; doubled each time it turns out that nothing has changed, up to the maximum. */
const FALLBACK_MS = 20_000
const MAX_FALLBACK_MS = 160_000
/** After so many rounds in a row with a short queue nobody fills it any more. */
const QUIET_ROUNDS = 3

export class AdaptiveController implements CongestionController {
  readonly #delay = new DelayController()
  readonly #cubic = new CubicController()
  #isFallback = false
  #fallbackMs = FALLBACK_MS
  #untilMs = 0
  #quietRounds = 0
  #roundQueueMs = Infinity

  get windowBytes (): number {
    return this.#active.windowBytes
  }

  get pacingGain (): number {
    return this.#active.pacingGain
  }

  /** Is CUBIC in charge? */
  get isFallback (): boolean {
    return this.#isFallback
  }

  get #active (): CongestionController {
    return this.#isFallback ? this.#cubic : this.#delay
  }

  onAcked (sample: AckSample): void {
    this.#active.onAcked(sample)
    if (this.#isFallback) {
      this.#lookForTheEnd(sample)
    } else if (this.#delay.isStarved) {
      this.#isFallback = true
      this.#quietRounds = 0
      this.#roundQueueMs = Infinity
      this.#untilMs = sample.nowMs + this.#fallbackMs
      this.#fallbackMs = Math.min(MAX_FALLBACK_MS, 2 * this.#fallbackMs)
      this.#cubic.resume(this.#delay.windowBeforeBytes)
    }
  }

  onLost (sample: LossSample): void {
    this.#active.onLost(sample)
  }

  onSpuriousLoss (packets: number, sentMs: number): void {
    this.#active.onSpuriousLoss(packets, sentMs)
  }

  onPersistentCongestion (nowMs: number): void {
    this.#active.onPersistentCongestion(nowMs)
  }

  #lookForTheEnd (sample: AckSample): void {
    this.#roundQueueMs = Math.min(this.#roundQueueMs, sample.queueMs)
    if (!sample.isNewRound) {
      return
    }
    const isQuiet = this.#roundQueueMs <= TARGET_QUEUE_MS
    this.#quietRounds = isQuiet ? this.#quietRounds + 1 : 0
    this.#roundQueueMs = Infinity
    if (this.#quietRounds >= QUIET_ROUNDS) {
      this.#fallbackMs = FALLBACK_MS
    } else if (sample.nowMs < this.#untilMs) {
      return
    }
    this.#isFallback = false
    this.#delay.resume(this.#cubic.windowBytes, sample.nowMs)
  }
}
