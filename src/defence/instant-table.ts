/**
 * A bounded map from names to instants, for limits that fade by themselves: an entry is the instant at which what it stands for is
 * over, so an entry of the past says no more than no entry, and forgetting it loses nothing.
 *
 * That makes the bound safe. Where all entries are of the future, a new name gets neither the place of another nor a clean sheet:
 * all names without an entry then share one instant.
 */

/** Entries looked at for one that may be forgotten, from where the last look ended, so that all get theirs in time. */
const LOOKS = 8

export class InstantTable {
  readonly #maxEntries: number
  /** Numbers apart from names: a Map in which the same few names are deleted and set all the time becomes slow. */
  readonly #places = new Map<string, number>()
  readonly #names: string[] = []
  readonly #instants: Float64Array
  #lookAt = 0
  #shared = -Infinity

  constructor (maxEntries: number) {
    if (!Number.isInteger(maxEntries) || maxEntries < 1) {
      throw new RangeError(`maxEntries is ${maxEntries}: give a whole number above zero`)
    }
    this.#maxEntries = maxEntries
    this.#instants = new Float64Array(maxEntries)
  }

  get size (): number {
    return this.#names.length
  }

  /** In ms of the clock of `nowMs`; -Infinity for a name with a clean sheet. */
  get (name: string, nowMs: number): number {
    const place = this.#places.get(name)
    if (place !== undefined) {
      return this.#instants[place]
    }
    return this.#freePlace(nowMs) === undefined ? this.#shared : -Infinity
  }

  set (name: string, instantMs: number, nowMs: number): void {
    const place = this.#places.get(name) ?? this.#newPlace(name, nowMs)
    if (place === undefined) {
      this.#shared = Math.max(this.#shared, instantMs)
    } else {
      this.#instants[place] = instantMs
    }
  }

  #newPlace (name: string, nowMs: number): number | undefined {
    const place = this.#freePlace(nowMs)
    if (place !== undefined) {
      // a new place has no name yet, and forgets nobody
      this.#places.delete(this.#names[place])
      this.#places.set(name, place)
      this.#names[place] = name
    }
    return place
  }

  /** The next that was never used, or whose entry is over. */
  #freePlace (nowMs: number): number | undefined {
    if (this.#names.length < this.#maxEntries) {
      return this.#names.length
    }
    for (let looks = 0; looks < LOOKS; looks++) {
      if (this.#instants[this.#lookAt] <= nowMs) {
        return this.#lookAt
      }
      this.#lookAt = (this.#lookAt + 1) % this.#maxEntries
    }
    return undefined
  }
}
