// Knows when this process had no time: what came back late meanwhile may have waited here, and says nothing of any link.
import type { SurveyTimers } from './survey-timers.ts'

/** Later than that a tick is not by chance. */
const STALL_MS = 30

export class StallWatch {
  readonly #timers: SurveyTimers
  readonly #tickMs: number
  #tickedAtMs: number
  #stalledAtMs = Number.NEGATIVE_INFINITY

  /** @param tickMs - how often `tick` is called */
  constructor (timers: SurveyTimers, tickMs: number) {
    this.#timers = timers
    this.#tickMs = tickMs
    this.#tickedAtMs = timers.now()
  }

  tick (): void {
    const nowMs = this.#timers.now()
    if (nowMs - this.#tickedAtMs > this.#tickMs + STALL_MS) {
      this.#stalledAtMs = nowMs
    }
    this.#tickedAtMs = nowMs
  }

  /** A stall that is not over yet counts too. */
  hasStalledWithin (elapsedMs: number): boolean {
    const nowMs = this.#timers.now()
    return nowMs - this.#stalledAtMs <= elapsedMs || nowMs - this.#tickedAtMs > this.#tickMs + STALL_MS
  }
}
