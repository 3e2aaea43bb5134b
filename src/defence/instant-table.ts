/**
 * A bounded map from names to instants, for limits that fade by themselves: an entry is the instant at which what it stands for is
 * over, so an entry of the past says no more than no entry, and forgetting it loses nothing.
 *
 * That makes the bound safe. Where all entries are of the future, a new name gets neither the place of another nor a clean sheet:
 * all names without an entry then share one instant.
 */

/** Entries looked at for one that may be forgotten. Those that may not go to the back, so that all get their look in time. */
const LOOKS = 8

export class InstantTable {
  readonly #maxEntries: number
  /** In the order of the last set or look. */
  readonly #instants = new Map<string, number>()
  #shared = -Infinity

  constructor (maxEntries: number) {
    if (!(maxEntries > 0)) {
      throw new RangeError(`maxEntries is ${maxEntries}: a table needs room for one entry at least`)
    }
    this.#maxEntries = maxEntries
  }

  get size (): number {
    return this.#instants.size
  }

  /** In ms of the clock of `nowMs`; -Infinity for a name with a clean sheet. */
  get (name: string, nowMs: number): number {
    return this.#instants.get(name) ?? (this.#hasRoom(nowMs) ? -Infinity : this.#shared)
  }

  set (name: string, instantMs: number, nowMs: number): void {
    if (this.#instants.delete(name) || this.#hasRoom(nowMs)) {
      this.#instants.set(name, instantMs)
    } else {
      this.#shared = Math.max(this.#shared, instantMs)
    }
  }

  #hasRoom (nowMs: number): boolean {
    if (this.#instants.size < this.#maxEntries) {
      return true
    }
    let looks = 0
    for (const [name, instantMs] of this.#instants) {
      this.#instants.delete(name)
      if (instantMs <= nowMs) {
        return true
      }
      this.#instants.set(name, instantMs)
      if (++looks === LOOKS) {
        break
      }
    }
    return false
  }
}
