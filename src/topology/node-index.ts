// Gives forwarders the small numbers that the map and the path finders work with, and their names back.
import { TopologyFullError } from './errors.ts'
import { DEFAULT_MAX_NODES } from './limits.ts'

/**
 * A bounded two-way mapping between a forwarder's stable key (its peer id as a string) and its number, 0…maxNodes - 1.
 *
 * A number that was freed is given out again, the one freed longest ago first, and only when no fresh number is left
 * under the bound; until then a graph snapshot or path from before the removal cannot be mistaken for another
 * forwarder's. Remove a node's links before its key.
 */
export class NodeIndex {
  readonly maxNodes: number
  readonly #indexes = new Map<string, number>()
  readonly #keys: Array<string | undefined> = []
  readonly #freed: number[] = []

  constructor (maxNodes: number = DEFAULT_MAX_NODES) {
    this.maxNodes = maxNodes
  }

  /** How many keys have a number. */
  get size (): number {
    return this.#indexes.size
  }

  /** One more than the highest number ever given: what a table over nodes must cover. */
  get nodeCount (): number {
    return this.#keys.length
  }

  /** The key's number; a new key gets one. Throws TopologyFullError. */
  add (key: string): number {
    const known = this.#indexes.get(key)
    if (known !== undefined) {
      return known
    }
    const index = this.#keys.length < this.maxNodes ? this.#keys.length : this.#freed.shift()
    if (index === undefined) {
      throw new TopologyFullError('nodes', this.maxNodes)
    }
    this.#indexes.set(key, index)
    this.#keys[index] = key
    return index
  }

  indexOf (key: string): number | undefined {
    return this.#indexes.get(key)
  }

  keyOf (index: number): string | undefined {
    return this.#keys[index]
  }

  /** Frees the key's number and returns it. */
  delete (key: string): number | undefined {
    const index = this.#indexes.get(key)
    if (index !== undefined) {
      this.#indexes.delete(key)
      this.#keys[index] = undefined
      this.#freed.push(index)
    }
    return index
  }

  /** Every key with its number, in the order in which the keys were added. */
  entries (): IterableIterator<[string, number]> {
    return this.#indexes.entries()
  }
}
