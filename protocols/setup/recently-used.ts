/** A map that keeps what was used last: full, the entry that was not asked for longest makes room. */
export class RecentlyUsed<T> {
  /** In the order of last use: a Map keeps the order in which entries were set. */
  readonly #entries = new Map<string, T>()
  readonly #maxEntries: number

  constructor (maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get size (): number {
    return this.#entries.size
  }

  get (key: string): T | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  set (key: string, value: T): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#maxEntries) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest)
    }
    this.#entries.set(key, value)
  }

  delete (key: string): void {
    this.#entries.delete(key)
  }
}
