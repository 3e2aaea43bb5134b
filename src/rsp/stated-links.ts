// Links of which one of their ends says something that holds until it takes it back, as that it has closed them: by the end that says it.

export class StatedLinks {
  readonly #maxPerNode: number
  readonly #stated = new Map<string, Set<string>>()

  /** @param maxPerNode - what one forwarder says must not fill the memory */
  constructor (maxPerNode: number) {
    this.#maxPerNode = maxPerNode
  }

  /** Whether that is news. */
  set (from: string, to: string, isStated: boolean): boolean {
    const known = this.#stated.get(from)
    if (!isStated) {
      return known?.delete(to) === true
    }
    if (known === undefined) {
      this.#stated.set(from, new Set([to]))
      return true
    }
    return !known.has(to) && known.size < this.#maxPerNode && known.add(to).has(to)
  }

  /** By either end? */
  has (a: string, b: string): boolean {
    return this.#stated.get(a)?.has(b) === true || this.#stated.get(b)?.has(a) === true
  }

  by (from: string): ReadonlySet<string> {
    return this.#stated.get(from) ?? NONE
  }

  /** Also what others have said of links to it. */
  forget (key: string): void {
    this.#stated.delete(key)
    for (const others of this.#stated.values()) {
      others.delete(key)
    }
  }
}

const NONE: ReadonlySet<string> = new Set()
