// A set of links, the ends of each in the order of their keys. Those that come while it is gone through come in their turn.
import type { NamedLink } from './subscription.ts'

export class OrderedLinks {
  /** First end → other ends. */
  readonly #others = new Map<string, Set<string>>()
  #size = 0

  get size (): number {
    return this.#size
  }

  /** One that is not in it. */
  add (first: string, second: string): void {
    const others = this.#others.get(first)
    if (others === undefined) {
      this.#others.set(first, new Set([second]))
    } else {
      others.add(second)
    }
    this.#size++
  }

  /** One that is in it. */
  delete (first: string, second: string): void {
    const others = this.#others.get(first)
    others?.delete(second)
    if (others?.size === 0) {
      this.#others.delete(first)
    }
    this.#size--
  }

  * [Symbol.iterator] (): Generator<NamedLink> {
    for (const [first, others] of this.#others) {
      for (const second of others) {
        yield [first, second]
      }
    }
  }
}
