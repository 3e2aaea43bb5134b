// How far another RSP's word goes: learned from what it said of links before we had measured them ourselves, and we had told nobody.
// The share of its words that came true, under a prior of four that did not (the mean of a Beta distribution), so that a newcomer counts little.

const PRIOR_TRUE = 1
const PRIOR_FALSE = 4
/** Trust is harder to win than to lose. */
const FALSE_WEIGHT = 3
/** What is behind it at most: who begins to lie is found out by some twenty lies, however long it was honest. */
const MAX_EVIDENCE = 64

/**
 * From here on a word alone is believed: five true ones of a newcomer. Somebody honest whose every tenth word fails, since links
 * move, stays at 0.75; who lies every third time comes to 0.4.
 */
export const CREDIBLE_TRUST = 0.6

export class RivalTrust {
  #true = 0
  #false = 0

  /** From 0 to 1. */
  get value (): number {
    return (PRIOR_TRUE + this.#true) / (PRIOR_TRUE + PRIOR_FALSE + this.#true + this.#false)
  }

  get isCredible (): boolean {
    return this.value >= CREDIBLE_TRUST
  }

  judge (wasTrue: boolean): void {
    this.#true += wasTrue ? 1 : 0
    this.#false += wasTrue ? 0 : FALSE_WEIGHT
    this.#fade()
  }

  /** For what no honest RSP sends: all that was won is lost. */
  forfeit (): void {
    this.#true = 0
    this.#false += FALSE_WEIGHT
    this.#fade()
  }

  #fade (): void {
    const evidence = this.#true + this.#false
    if (evidence > MAX_EVIDENCE) {
      this.#true *= MAX_EVIDENCE / evidence
      this.#false *= MAX_EVIDENCE / evidence
    }
  }
}
