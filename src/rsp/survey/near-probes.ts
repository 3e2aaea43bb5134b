// Probes to the forwarders themselves. They are one half of every round trip over a link; and they tell a link that is down from a forwarder, or from an
// access of our own, that is: what is lost on the way to a link says nothing of it.
import type { RttDifference } from '../../measurement/rtt-difference.ts'
import type { SurveyCost } from './survey-cost.ts'
import type { Surveyed } from './surveyed-link.ts'
import type { SurveyTimers } from './survey-timers.ts'

/** A forwarder that did not answer so often in a row is none through which a link can be measured: by chance once in a hundred times, on an access that loses a third. */
const MAX_MISSES = 4

export interface NearProbesInit {
  differences: RttDifference
  cost: SurveyCost
  timers: SurveyTimers
}

export class NearProbes {
  readonly #init: NearProbesInit
  readonly #misses = new Map<string, number>()
  /** By forwarder, monotonic ms. */
  readonly #answeredMs = new Map<string, number>()
  /** When any forwarder answered last. */
  #lastAnswerMs = Number.NEGATIVE_INFINITY

  constructor (init: NearProbesInit) {
    this.#init = init
  }

  /** @param onEnd - it has come back, or has not */
  send ({ key, node }: Surveyed, onEnd: (isBack: boolean) => void = () => {}): void {
    const isSent = this.#init.cost.probe([node], ({ rttMs }) => {
      if (rttMs === undefined) {
        this.#missed(key)
      } else {
        this.back(key, rttMs)
      }
      onEnd(rttMs !== undefined)
    })
    if (!isSent) {
      // its links are measured through their other ends from now on, which say so when it is gone
      this.#init.differences.removeForwarder(key)
      onEnd(false)
    }
  }

  /** One has come back, whoever sent it. */
  back (key: string, rttMs: number): void {
    this.#misses.delete(key)
    this.#lastAnswerMs = this.#init.timers.now()
    this.#answeredMs.set(key, this.#lastAnswerMs)
    this.#init.differences.sampleNear(key, rttMs * 1_000)
  }

  hasAnsweredSince (key: string, sinceMs: number): boolean {
    return (this.#answeredMs.get(key) ?? Number.NEGATIVE_INFINITY) >= sinceMs
  }

  /** Has any forwarder? Where none has it is our own access that is down. */
  hasAnybodyAnsweredSince (sinceMs: number): boolean {
    return this.#lastAnswerMs >= sinceMs
  }

  forget (key: string): void {
    this.#misses.delete(key)
    this.#answeredMs.delete(key)
    this.#init.differences.removeForwarder(key)
  }

  #missed (key: string): void {
    const misses = (this.#misses.get(key) ?? 0) + 1
    this.#misses.set(key, misses)
    if (misses >= MAX_MISSES) {
      this.#init.differences.removeForwarder(key)
    }
  }
}
