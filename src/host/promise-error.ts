// By how much an RSP's promises of one metric miss what is measured: where the middle of the errors lies, and how far they spread. Robust,
// so that a third of the measurements may be spoilt; the latest count most, and old ones fade. Pure.
import { HALF_LIFE_MS } from './forgetting-share.ts'

/** The weights of those before add up to less than a twentieth. */
const MAX_ERRORS = 16
/** Each error counts so much once another one has come. */
const KEPT_PER_CASE = 0.8

/** What is believed before anything was measured; counts like one error. */
export interface ErrorBelief {
  bias: number
  spread: number
}

export interface ErrorEstimate {
  /** Weighted median. */
  bias: number
  /** Weighted mean distance from it. */
  spread: number
  /** Errors behind it, as far as they still count; the belief is one. */
  cases: number
}

export type ErrorRecord = Array<[error: number, weight: number, atMs: number]>

export class PromiseError {
  readonly #belief: ErrorBelief
  /** Oldest first. */
  #errors: ErrorRecord = []

  constructor (belief: ErrorBelief) {
    this.#belief = belief
  }

  /** @param weight - 0 to 1: errors that are not independent of each other share one */
  add (error: number, nowMs: number, weight = 1): void {
    this.#errors = [...this.#errors, [error, weight, nowMs] as [number, number, number]].slice(-MAX_ERRORS)
  }

  estimate (nowMs: number): ErrorEstimate {
    const weighed = this.#weighed(nowMs)
    const cases = weighed.reduce((sum, [, weight]) => sum + weight, 0)
    const bias = weightedMedian([...weighed].sort(([a], [b]) => a - b), cases)
    const [, ...seen] = weighed
    const distance = seen.reduce((sum, [error, weight]) => sum + weight * Math.abs(error - bias), this.#belief.spread)
    return { bias, spread: distance / cases, cases }
  }

  get record (): ErrorRecord {
    return this.#errors
  }

  /** Takes over what was kept, oldest first. */
  restore (record: ErrorRecord): void {
    this.#errors = record.slice(-MAX_ERRORS)
  }

  /** The belief first. */
  #weighed (nowMs: number): Array<[error: number, weight: number]> {
    let kept = 1
    const seen = this.#errors.toReversed().map(([error, weight, atMs]): [number, number] => {
      const counts = weight * kept * 0.5 ** (Math.max(0, nowMs - atMs) / HALF_LIFE_MS)
      kept *= KEPT_PER_CASE ** weight
      return [error, counts]
    })
    return [[this.#belief.bias, 1], ...seen]
  }
}

/** Between the two values in the middle where the halves weigh the same. */
function weightedMedian (sorted: ReadonlyArray<readonly [value: number, weight: number]>, total: number): number {
  let below = 0
  for (const [i, [value, weight]] of sorted.entries()) {
    below += weight
    if (below > total / 2 * (1 + 1e-9)) {
      return value
    }
    if (below >= total / 2 * (1 - 1e-9)) {
      return (value + (sorted[i + 1]?.[0] ?? value)) / 2
    }
  }
  return sorted[sorted.length - 1][0]
}
