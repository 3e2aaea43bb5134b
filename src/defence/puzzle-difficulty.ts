/**
 * How many bits of work a challenge asks for. As in Tor's proof of work for onion services (its hspow specification), the price follows
 * what those who wait have paid, up at once and down by halves; here it is read off the queue itself.
 */

export interface PuzzleDifficultyInit {
  /** For how long a price holds before it is halved, in ms. */
  halveWorkMs: number
  maxBits: number
}

export class PuzzleDifficulty {
  readonly #init: PuzzleDifficultyInit
  #bits = 0
  #sinceMs = 0

  constructor (init: PuzzleDifficultyInit) {
    this.#init = init
  }

  /**
   * The bits to ask for now. `needed` are those with which one would have waited short enough at this moment: they are a floor, which is
   * why this is to be called whenever they may have risen.
   */
  bits (needed: number, nowMs: number): number {
    const wanted = Math.min(needed, this.#init.maxBits)
    const steps = Math.floor((nowMs - this.#sinceMs) / this.#init.halveWorkMs)
    if (steps > 0) {
      this.#bits = Math.max(0, this.#bits - steps)
      this.#sinceMs += steps * this.#init.halveWorkMs
    }
    if (wanted >= this.#bits) {
      this.#bits = wanted
      this.#sinceMs = nowMs
    }
    return this.#bits
  }
}
