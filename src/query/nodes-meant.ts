// Which forwarders a selector means.
import { NodeSet } from '../topology/node-set.ts'
import { complementOf, joined } from './node-facts.ts'
import { wordsOf } from './node-words.ts'
import type { Population } from './node-facts.ts'
import type { NodeSelector } from './ast.ts'

export function nodesMeant (selector: NodeSelector, population: Population): NodeSet {
  const { nodeCount, attributes, indexOf } = population
  switch (selector.kind) {
    case 'not':
      return complementOf(nodesMeant(selector.of, population), nodeCount)
    case 'or':
      return joined(selector.of.map((each) => nodesMeant(each, population)), nodeCount)
    case 'and': {
      const others = selector.of.map((each) => complementOf(nodesMeant(each, population), nodeCount))
      return complementOf(joined(others, nodeCount), nodeCount)
    }
    case 'forwarder': {
      const node = indexOf?.(selector.value)
      return NodeSet.from(nodeCount, node === undefined ? [] : [node])
    }
    default:
      return NodeSet.from(nodeCount, wordsOf(attributes).nodesSaying(selector).filter((node) => node < nodeCount))
  }
}
