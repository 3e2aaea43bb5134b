// How long one question may be worked on: work is done on one thread, and a question can be made to take seconds. Whoever works asks now
// and then, leaves out the rest when it is over, and the question keeps that something was left out.

export class Patience {
  readonly #clock: () => number
  readonly #untilMs: number
  /** Something was left out, for whatever reason: there may be better answers, and where there is none there may be one. */
  isCutShort = false

  /** @param clock - ms of any monotonic origin */
  constructor (clock: () => number, lifeMs: number) {
    this.#clock = clock
    this.#untilMs = clock() + lifeMs
  }

  /** Whoever is told so leaves out the rest of his work. */
  mustStop (): boolean {
    const isOver = this.#clock() >= this.#untilMs
    this.isCutShort ||= isOver
    return isOver
  }
}
