// What forwarders say of themselves, by their numbers on the map, and the sets of those that say the same.
import { NodeSelection } from './node-selection.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'
import type { NodePredicate } from './node-selection.ts'
import type { NodeSet } from '../topology/node-set.ts'

export class NumberedAttributes {
  #all: ReadonlyArray<NodeAttributes | undefined> = []
  readonly #selection = new NodeSelection(() => this.#all)

  /** Undefined where a node has said nothing. Another array when something has changed. */
  get all (): ReadonlyArray<NodeAttributes | undefined> {
    return this.#all
  }

  /** A descriptor is renewed every few minutes, and says the same: that changes nothing. */
  set (node: number, attributes: NodeAttributes | undefined): void {
    if (JSON.stringify(attributes) !== JSON.stringify(this.#all[node])) {
      const all = [...this.#all]
      all[node] = attributes
      this.#all = all
    }
  }

  /** The set is shared: it must not be changed. */
  nodesWhere (predicate: NodePredicate): NodeSet {
    return this.#selection.nodesWhere(predicate)
  }
}
