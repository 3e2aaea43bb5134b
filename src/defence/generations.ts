/**
 * A bounded table of shelves: what is on one shelf is found together, and what was neither written nor read for longest goes first.
 *
 * Two generations of half the size each, as in protocols/recently-used.ts: when the young one is full the old one goes whole. Nothing is moved
 * within a map, so no use leaves a hole behind.
 */
export interface GenerationsInit {
  /** Most entries; at least half as many are kept. */
  maxEntries: number
  /** Most bytes of all entries. */
  maxBytes?: number
  /** Most entries of one name over all shelves. */
  maxPerName?: number
}

interface Entry<T> { value: T, bytes: number }

class Generation<T> {
  readonly shelves = new Map<string, Map<string, Entry<T>>>()
  readonly perName = new Map<string, number>()
  size = 0
  bytes = 0

  get (shelf: string, name: string): Entry<T> | undefined {
    return this.shelves.get(shelf)?.get(name)
  }

  set (shelf: string, name: string, entry: Entry<T>): void {
    this.delete(shelf, name)
    let entries = this.shelves.get(shelf)
    if (entries === undefined) {
      entries = new Map<string, Entry<T>>()
      this.shelves.set(shelf, entries)
    }
    entries.set(name, entry)
    this.perName.set(name, (this.perName.get(name) ?? 0) + 1)
    this.size++
    this.bytes += entry.bytes
  }

  delete (shelf: string, name: string): void {
    const entries = this.shelves.get(shelf)
    const entry = entries?.get(name)
    if (entries === undefined || entry === undefined) {
      return
    }
    entries.delete(name)
    if (entries.size === 0) {
      this.shelves.delete(shelf)
    }
    const left = (this.perName.get(name) ?? 0) - 1
    if (left > 0) {
      this.perName.set(name, left)
    } else {
      this.perName.delete(name)
    }
    this.size--
    this.bytes -= entry.bytes
  }
}

export class Generations<T> {
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #maxPerName: number
  #young = new Generation<T>()
  #old = new Generation<T>()

  constructor ({ maxEntries, maxBytes = Infinity, maxPerName = Infinity }: GenerationsInit) {
    this.#maxEntries = Math.max(1, Math.floor(maxEntries / 2))
    this.#maxBytes = maxBytes / 2
    this.#maxPerName = maxPerName
  }

  get size (): number {
    return this.#young.size + this.#old.size
  }

  get (shelf: string, name: string): T | undefined {
    const entry = this.#young.get(shelf, name) ?? this.#old.get(shelf, name)
    if (entry !== undefined && this.#young.get(shelf, name) === undefined) {
      this.#keep(shelf, name, entry)
    }
    return entry?.value
  }

  /** False if the name has as many entries as one may have: then nothing changes. */
  set (shelf: string, name: string, value: T, bytes: number): boolean {
    const isNew = this.#young.get(shelf, name) === undefined && this.#old.get(shelf, name) === undefined
    const held = (this.#young.perName.get(name) ?? 0) + (this.#old.perName.get(name) ?? 0)
    if (isNew && held >= this.#maxPerName) {
      return false
    }
    this.#keep(shelf, name, { value, bytes })
    return true
  }

  delete (shelf: string, name: string): void {
    this.#young.delete(shelf, name)
    this.#old.delete(shelf, name)
  }

  shelf (shelf: string): T[] {
    const values: T[] = []
    for (const { shelves } of [this.#young, this.#old]) {
      for (const { value } of shelves.get(shelf)?.values() ?? []) {
        values.push(value)
      }
    }
    return values
  }

  all (): T[] {
    return [this.#young, this.#old].flatMap(({ shelves }) => [...shelves.values()].flatMap((entries) => [...entries.values()].map(({ value }) => value)))
  }

  #keep (shelf: string, name: string, entry: Entry<T>): void {
    this.delete(shelf, name)
    if (this.#young.size >= this.#maxEntries || this.#young.bytes + entry.bytes > this.#maxBytes) {
      this.#old = this.#young
      this.#young = new Generation()
    }
    this.#young.set(shelf, name, entry)
  }
}
