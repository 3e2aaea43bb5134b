// What forwarders say of themselves, by which selectors mean them.
import { NodeSet } from '../topology/node-set.ts'
import type { NodeSelector } from './ast.ts'

/** What a forwarder says of itself. Nobody checks it; see the descriptor protocol. */
export interface NodeFacts {
  operator?: string
  /** In lower case. */
  country?: string
  /** In lower case. */
  region?: string
  asn?: number
  tags: Readonly<Record<string, string>>
}

/** The forwarders that can be meant. */
export interface Population {
  /** One more than the highest number of a node. */
  nodeCount: number
  /** By number; undefined where one has said nothing, which then is in no country, of no operator and so on. Another array when something has changed. */
  attributes: ReadonlyArray<NodeFacts | undefined>
  /** The number of the forwarder with this peer id. */
  indexOf?: (key: string) => number | undefined
}

/** Whether a forwarder says of itself what a selector of one word means; one that says nothing does not. */
export function says (facts: NodeFacts | undefined, selector: NodeSelector): boolean {
  switch (selector.kind) {
    case 'tag':
      return hasTag(facts, selector.name, selector.value)
    case 'operator':
    case 'country':
    case 'region':
    case 'asn':
      return facts?.[selector.kind] === selector.value
    default:
      return false
  }
}

export function joined (sets: readonly NodeSet[], nodeCount: number): NodeSet {
  const all = new NodeSet(nodeCount)
  sets.forEach((set) => { all.addAll(set) })
  return all
}

export function complementOf (set: NodeSet, nodeCount: number): NodeSet {
  return NodeSet.where(nodeCount, (node) => !set.has(node))
}

export function countOf (set: NodeSet): number {
  let count = 0
  set.each(() => { count++ })
  return count
}

/** In any case: `region=EU` is `tag eu`, `tag region` and `tag region=eu`. */
function hasTag (facts: NodeFacts | undefined, name: string, value: string | undefined): boolean {
  return Object.entries(facts?.tags ?? {}).some(([tag, tagged]) => {
    const isNamed = tag.toLowerCase() === name
    return value === undefined ? isNamed || tagged.toLowerCase() === name : isNamed && tagged.toLowerCase() === value
  })
}
