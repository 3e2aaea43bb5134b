// The share of a route's echoes that were lost, over so many of the last ones that one or two more do not look like a change: at 2 % loss three of 64
// are lost one time in seven, and then a good path would be left again and again.

/** With 2 % lost a standard error is 0.6 %: a route that data takes has so many in half a minute. */
const KEPT = 512

export class LossMeter {
  /** 1 for a lost echo. */
  readonly #outcomes = new Uint8Array(KEPT)
  #taken = 0
  #lost = 0

  add (isLost: boolean): void {
    const at = this.#taken++ % KEPT
    this.#lost += (isLost ? 1 : 0) - this.#outcomes[at]
    this.#outcomes[at] = isLost ? 1 : 0
  }

  /** Echoes that `loss` is known from. */
  get outcomes (): number {
    return Math.min(this.#taken, KEPT)
  }

  /** 0–1. */
  get loss (): number {
    return this.outcomes === 0 ? 0 : this.#lost / this.outcomes
  }
}
