// How long a rival is left alone that has sent what no honest RSP sends: longer each time. Good batches make up for it in time, or a fault that was mended
// would be held against it for ever.

/** Once may be a fault of the software, which is mended no sooner. */
const FIRST_BAN_MS = 60_000
const MAX_BAN_MS = 3_600_000
/** So many good batches make up for one breach: of most rivals some minutes. */
const BATCHES_PER_BREACH = 200

export class BreachRecord {
  /** Since the last breach, or since one was made up for. */
  #good = 0
  #breaches = 0

  /** That are not made up for. */
  get breaches (): number {
    return this.#breaches
  }

  /** A batch was good. */
  good (): void {
    if (++this.#good >= BATCHES_PER_BREACH) {
      this.#good = 0
      this.#breaches = Math.max(0, this.#breaches - 1)
    }
  }

  /** Gives how long to leave it alone, ms. */
  breach (): number {
    this.#good = 0
    this.#breaches++
    return Math.min(MAX_BAN_MS, FIRST_BAN_MS * 2 ** (this.#breaches - 1))
  }
}
