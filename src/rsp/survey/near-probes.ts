// Probes to the forwarders themselves. They are one half of every round trip over a link; and they tell a link that is down from a forwarder, or from an
// access of our own, that is: what is lost on the way to a link says nothing of it.
import type { RttDifference } from '../../measurement/rtt-difference.ts'
import type { SurveyCost } from './survey-cost.ts'
import type { Surveyed } from './surveyed-link.ts'
import type { SurveyTimers } from './survey-timers.ts'

/** Nobody has answered for so long: the fault is our own. */
const SILENCE_MS = 10_000
/** A forwarder that did not answer so often in a row is none through which a link can be measured: by chance once in a hundred times, on an access that loses a third. */
const MAX_MISSES = 4

export interface NearProbesInit {
  differences: RttDifference
  cost: SurveyCost
  timers: SurveyTimers
}

export class NearProbes {
  readonly #init: NearProbesInit
  /** Near probes in a row that did not come back. */
  readonly #misses = new WeakMap<Surveyed, number>()
  /** Monotonic ms. */
  readonly #answeredMs = new WeakMap<Surveyed, number>()
  /** When any forwarder answered last. */
  #lastAnswerMs = Number.NEGATIVE_INFINITY
  /** When the last silence of all of them ended. */
  #silentUntilMs = Number.NEGATIVE_INFINITY

  constructor (init: NearProbesInit) {
    this.#init = init
  }

  /** @param onEnd - it has come back, or has not */
  send (forwarder: Surveyed, onEnd: (isBack: boolean) => void = () => {}): void {
    const isSent = this.#init.cost.probe([forwarder.node], ({ rttMs }) => {
      if (rttMs === undefined) {
        this.#missed(forwarder)
      } else {
        this.back(forwarder, rttMs)
      }
      onEnd(rttMs !== undefined)
    })
    if (!isSent) {
      // its links are measured through their other ends from now on, which say so when it is gone
      this.#init.differences.removeForwarder(forwarder.key)
      onEnd(false)
    }
  }

  /** One has come back, whoever sent it. */
  back (forwarder: Surveyed, rttMs: number): void {
    this.#misses.delete(forwarder)
    const nowMs = this.#init.timers.now()
    if (nowMs - this.#lastAnswerMs >= SILENCE_MS) {
      this.#silentUntilMs = nowMs
    }
    this.#lastAnswerMs = nowMs
    this.#answeredMs.set(forwarder, nowMs)
    this.#init.differences.sampleNear(forwarder.key, rttMs * 1_000)
  }

  hasAnsweredSince (forwarder: Surveyed, sinceMs: number): boolean {
    return (this.#answeredMs.get(forwarder) ?? Number.NEGATIVE_INFINITY) >= sinceMs
  }

  /** Has any forwarder? Where none has it is our own access that is down. */
  hasAnybodyAnsweredSince (sinceMs: number): boolean {
    return this.#lastAnswerMs >= sinceMs
  }

  /** Was our own access down then, or later? */
  wasSilentSince (sinceMs: number): boolean {
    return this.#silentUntilMs >= sinceMs || !this.hasAnybodyAnsweredSince(this.#init.timers.now() - SILENCE_MS)
  }

  #missed (forwarder: Surveyed): void {
    const misses = (this.#misses.get(forwarder) ?? 0) + 1
    this.#misses.set(forwarder, misses)
    if (misses >= MAX_MISSES) {
      this.#init.differences.removeForwarder(forwarder.key)
    }
  }
}
