// Which forwarders have which attributes, as sets that path finding can avoid or keep to. Worked out when first asked for, and
// kept until the attributes of some node change.
import { NodeSet } from '../topology/node-set.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'

/** What a node must have, all of it; an empty one holds for every node that has said anything of itself. */
export interface NodePredicate {
  operator?: string
  /** In any case: `de`, `DE`. */
  country?: string
  /** In any case. */
  region?: string
  asn?: number
  /** With exactly these values. */
  tags?: Readonly<Record<string, string>>
}

/** Queries name what they like, so a set for each of their predicates must not fill the memory: 128 KB with the most nodes. */
const MAX_KEPT = 256

export class NodeSelection {
  readonly #attributesNow: () => ReadonlyArray<NodeAttributes | undefined>
  #attributes: ReadonlyArray<NodeAttributes | undefined> | undefined
  /** By predicate, the one asked for longest ago first. */
  readonly #sets = new Map<string, NodeSet>()

  /** @param attributesNow - by the numbers of nodes; another array when something has changed */
  constructor (attributesNow: () => ReadonlyArray<NodeAttributes | undefined>) {
    this.#attributesNow = attributesNow
  }

  /** Nodes that have said nothing of themselves are in no set. The set is shared: it must not be changed. */
  nodesWhere (predicate: NodePredicate): NodeSet {
    const attributes = this.#attributesNow()
    if (attributes !== this.#attributes) {
      this.#attributes = attributes
      this.#sets.clear()
    }
    const key = keyOf(predicate)
    const set = this.#sets.get(key) ?? NodeSet.where(attributes.length, (node) => holds(predicate, attributes[node]))
    this.#sets.delete(key)
    this.#sets.set(key, set)
    if (this.#sets.size > MAX_KEPT) {
      this.#sets.delete(this.#sets.keys().next().value as string)
    }
    return set
  }

  /** Sets that are kept now. */
  get kept (): number {
    return this.#sets.size
  }
}

function holds ({ operator, country, region, asn, tags = {} }: NodePredicate, attributes: NodeAttributes | undefined): boolean {
  return attributes !== undefined &&
    (operator === undefined || attributes.operator === operator) &&
    (country === undefined || attributes.country === country.toLowerCase()) &&
    (region === undefined || attributes.region === region.toLowerCase()) &&
    (asn === undefined || attributes.asn === asn) &&
    Object.entries(tags).every(([name, value]) => Object.hasOwn(attributes.tags, name) && attributes.tags[name] === value)
}

/** The same for predicates that hold for the same nodes, as far as that is seen at a glance. */
function keyOf ({ operator, country, region, asn, tags = {} }: NodePredicate): string {
  const sorted = Object.entries(tags).sort(([a], [b]) => a < b ? -1 : 1)
  return JSON.stringify([operator ?? null, country?.toLowerCase() ?? null, region?.toLowerCase() ?? null, asn ?? null, sorted])
}
