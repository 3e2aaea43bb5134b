// A set of links between forwarders that are named by their keys (peer ids as text). A link is the same from both ends.

export class KeyedLinks {
  readonly #others = new Map<string, Set<string>>()
  #size = 0

  get size (): number {
    return this.#size
  }

  add (a: string, b: string): void {
    if (a !== b && !this.has(a, b)) {
      this.#enter(a, b)
      this.#enter(b, a)
      this.#size++
    }
  }

  has (a: string, b: string): boolean {
    return this.#others.get(a)?.has(b) === true
  }

  delete (a: string, b: string): void {
    if (this.has(a, b)) {
      this.#leave(a, b)
      this.#leave(b, a)
      this.#size--
    }
  }

  /** The other ends of a forwarder's links, in the order in which they came. */
  of (key: string): ReadonlySet<string> {
    return this.#others.get(key) ?? NONE
  }

  /** Each link once, the lesser end first; those that come while it is gone through come in their turn. */
  * links (): Generator<readonly [a: string, b: string]> {
    for (const [a, others] of this.#others) {
      for (const b of others) {
        if (a < b) {
          yield [a, b]
        }
      }
    }
  }

  /** With all its links. */
  removeNode (key: string): void {
    for (const other of this.of(key)) {
      this.delete(key, other)
    }
  }

  #leave (from: string, to: string): void {
    const others = this.#others.get(from)
    others?.delete(to)
    if (others?.size === 0) {
      this.#others.delete(from)
    }
  }

  #enter (from: string, to: string): void {
    const others = this.#others.get(from)
    if (others === undefined) {
      this.#others.set(from, new Set([to]))
    } else {
      others.add(to)
    }
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Those of all their links that are between members: the first ones, where there is not room for all. */
export function joined (members: ReadonlySet<string>, parts: readonly KeyedLinks[], maxLinks = Number.POSITIVE_INFINITY): KeyedLinks {
  const all = new KeyedLinks()
  for (const part of parts) {
    for (const [a, b] of part.links()) {
      if (members.has(a) && members.has(b) && all.size < maxLinks) {
        all.add(a, b)
      }
    }
  }
  return all
}
