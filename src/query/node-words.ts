// Which forwarders say what: one walk over what all of them say of themselves, so that a selector costs a look-up and not a walk of its own.
import type { NodeFacts, Population } from './node-facts.ts'
import type { NodeSelector } from './ast.ts'

/** The numbers of those that say it, in ascending order. */
type Numbers = Map<string | number, number[]>

const KINDS = ['operator', 'country', 'region', 'asn'] as const
const NOBODY: readonly number[] = []

export class NodeWords {
  readonly #facts: Record<typeof KINDS[number], Numbers> = { operator: new Map(), country: new Map(), region: new Map(), asn: new Map() }
  /** By each name and value of a tag, in lower case. */
  readonly #tags: Numbers = new Map()
  /** By the name, then by the value. */
  readonly #pairs = new Map<string, Numbers>()

  constructor (attributes: Population['attributes']) {
    attributes.forEach((facts, node) => {
      if (facts !== undefined) {
        this.#add(facts, node)
      }
    })
  }

  /** The numbers of those that a selector of one word means. */
  nodesSaying (selector: NodeSelector): readonly number[] {
    switch (selector.kind) {
      case 'tag':
        return (selector.value === undefined ? this.#tags.get(selector.name) : this.#pairs.get(selector.name)?.get(selector.value)) ?? NOBODY
      case 'operator':
      case 'country':
      case 'region':
      case 'asn':
        return this.#facts[selector.kind].get(selector.value) ?? NOBODY
      default:
        return NOBODY
    }
  }

  #add (facts: NodeFacts, node: number): void {
    for (const kind of KINDS) {
      const value = facts[kind]
      if (value !== undefined) {
        note(this.#facts[kind], value, node)
      }
    }
    for (const [tag, tagged] of Object.entries(facts.tags)) {
      const [name, value] = [tag.toLowerCase(), tagged.toLowerCase()]
      note(this.#tags, name, node)
      note(this.#tags, value, node)
      const pairs = this.#pairs.get(name) ?? new Map<string, number[]>()
      this.#pairs.set(name, pairs)
      note(pairs, value, node)
    }
  }
}

const known = new WeakMap<Population['attributes'], NodeWords>()

/** Of an array of attributes, which is another one when something has changed. */
export function wordsOf (attributes: Population['attributes']): NodeWords {
  const words = known.get(attributes) ?? new NodeWords(attributes)
  known.set(attributes, words)
  return words
}

function note (numbers: Numbers, word: string | number, node: number): void {
  const nodes = numbers.get(word)
  if (nodes === undefined) {
    numbers.set(word, [node])
  } else if (nodes[nodes.length - 1] !== node) {
    nodes.push(node)
  }
}
