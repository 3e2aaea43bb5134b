// Learns how wide an interval must be, from what came of the intervals before: split conformal prediction (Vovk et al., Algorithmic
// Learning in a Random World, 2005) over a window of recent errors, each measured in a scale of its own, so that no distribution
// need be assumed. A value that has settled gets narrow intervals, one in a spell of unrest wide ones.

/** Intervals should contain so much of what is measured next. */
export const INTERVAL_SHARE = 0.8

/** Some rounds of errors: one that is quiet must not make the next intervals narrow at once, nor one that is not make them wide for long. */
const WINDOW = 1_024
/** A quantile of fewer is little more than a guess; until then the width that was guessed at first counts. */
const MIN_ERRORS = 30
/** The quantile is taken anew after so many errors. */
const RENEWED_AFTER = 16
/** What is believed of the share that is contained before anything was seen counts like so many checks. */
const BELIEVED_CHECKS = 20

export class Calibration {
  readonly #firstFactor: number
  /** Errors in units of their scale. */
  readonly #errors = new Float64Array(WINDOW)
  /** 1 where the interval that was given contained what came. */
  readonly #hits = new Uint8Array(WINDOW)
  #taken = 0
  #hitsKept = 0
  #factor: number
  #since = 0

  /** @param firstFactor - half the width of an interval in units of its scale, while nothing is known */
  constructor (firstFactor = 1) {
    this.#firstFactor = this.#factor = firstFactor
  }

  get checks (): number {
    return this.#taken
  }

  /** Half the width of an interval in units of its scale. */
  get factor (): number {
    return this.#factor
  }

  /** Share of what was checked that was within the intervals given, 0 to 1. */
  get coverage (): number {
    const kept = Math.min(this.#taken, WINDOW)
    return (this.#hitsKept + INTERVAL_SHARE * BELIEVED_CHECKS) / (kept + BELIEVED_CHECKS)
  }

  /**
   * @param error - what came less what was predicted, of either sign
   * @param scale - above 0; only its proportion from prediction to prediction matters
   * @param margin - half the width of the interval that was given
   */
  observe (error: number, scale: number, margin: number): void {
    const place = this.#taken % WINDOW
    const hit = Math.abs(error) <= margin ? 1 : 0
    this.#hitsKept += hit - (this.#taken >= WINDOW ? this.#hits[place] : 0)
    this.#hits[place] = hit
    this.#errors[place] = Math.abs(error) / scale
    this.#taken++
    if (++this.#since >= RENEWED_AFTER) {
      this.#renew()
    }
  }

  #renew (): void {
    this.#since = 0
    const errors = this.#errors.slice(0, Math.min(this.#taken, WINDOW)).sort()
    // one more than the share of them, so that the next one is within with at least that probability
    const rank = Math.min(errors.length - 1, Math.ceil(INTERVAL_SHARE * (errors.length + 1)) - 1)
    this.#factor = errors.length < MIN_ERRORS ? this.#firstFactor : errors[rank]
  }
}
