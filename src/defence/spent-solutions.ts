/**
 * Remembers which work was shown, so that one solved puzzle is good for one ask: without it the solution for an order whose signature
 * is bad could be shown for as long as the cookie lives.
 *
 * Two generations of half the size each. Who wants to be forgotten before its time must first fill one with other solved puzzles.
 */
export class SpentSolutions {
  readonly #maxEntries: number
  readonly #lifeMs: number
  #current = new Set<string>()
  #previous = new Set<string>()
  #sinceMs = 0

  /** @param init.lifeMs - how long a solution could be used at all: the life of its cookie */
  constructor (init: { maxEntries: number, lifeMs: number }) {
    this.#maxEntries = init.maxEntries
    this.#lifeMs = init.lifeMs
  }

  get size (): number {
    return this.#current.size + this.#previous.size
  }

  /** False if it was spent before. */
  spend (solution: string, nowMs: number): boolean {
    this.#turn(nowMs)
    if (this.#current.has(solution) || this.#previous.has(solution)) {
      return false
    }
    this.#current.add(solution)
    return true
  }

  #turn (nowMs: number): void {
    const ageMs = nowMs - this.#sinceMs
    if (ageMs < this.#lifeMs && this.#current.size < this.#maxEntries / 2) {
      return
    }
    this.#previous = ageMs < 2 * this.#lifeMs ? this.#current : new Set()
    this.#current = new Set()
    this.#sinceMs = nowMs
  }
}
