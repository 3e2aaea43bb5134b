/**
 * A map that keeps what was used lately, in two generations: what is asked for moves into the young one, and when that is full the old one
 * goes. Nothing is moved within a map, which would leave a hole for each use that later look-ups have to step over.
 */
export class RecentlyUsed<T, Key = string> {
  readonly #maxPerGeneration: number
  #young = new Map<Key, T>()
  #old = new Map<Key, T>()

  /** At most so many are kept, and at least half as many. */
  constructor (maxEntries: number) {
    this.#maxPerGeneration = Math.max(1, Math.floor(maxEntries / 2))
  }

  get size (): number {
    return this.#young.size + this.#old.size
  }

  get (key: Key): T | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) {
      return value
    }
    const old = this.#old.get(key)
    if (old !== undefined) {
      this.#old.delete(key)
      this.set(key, old)
    }
    return old
  }

  set (key: Key, value: T): void {
    if (this.#young.size >= this.#maxPerGeneration && !this.#young.has(key)) {
      this.turn()
    }
    this.#old.delete(key)
    this.#young.set(key, value)
  }

  /** What was not used since the last turn goes, as if there were no more room: for who knows that it is of no use after some time. */
  turn (): void {
    this.#old = this.#young
    this.#young = new Map()
  }

  delete (key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
