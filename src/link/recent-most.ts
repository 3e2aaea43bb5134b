// The greatest of recent values, in eight slots of time. Time passes here only when a value comes, so that what was seen last is
// known after a pause too; but nothing lasts longer than ten minutes. Pure.

const SLOTS = 8
const MAX_AGE_MS = 600_000

export class RecentMost {
  readonly #slotMs: number
  readonly #values = new Float64Array(SLOTS)
  readonly #sinceMs = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY)
  #slot = 0

  constructor (slotMs: number) {
    this.#slotMs = slotMs
  }

  push (value: number, nowMs: number): void {
    if (nowMs - this.#sinceMs[this.#slot] >= this.#slotMs) {
      this.#slot = (this.#slot + 1) % SLOTS
      this.#sinceMs[this.#slot] = nowMs
      this.#values[this.#slot] = 0
    }
    this.#values[this.#slot] = Math.max(this.#values[this.#slot], value)
  }

  /** 0 where there is none. */
  most (nowMs: number): number {
    let most = 0
    for (let slot = 0; slot < SLOTS; slot++) {
      if (nowMs - this.#sinceMs[slot] <= MAX_AGE_MS) {
        most = Math.max(most, this.#values[slot])
      }
    }
    return most
  }

  clear (): void {
    this.#sinceMs.fill(Number.NEGATIVE_INFINITY)
  }
}
