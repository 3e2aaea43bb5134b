// Sets of nodes as bits, and which nodes carry which tags. A query that avoids a country or an operator hands such a set to
// the path finder; making one of a tag costs a walk over one word per 32 nodes.

/** A set of the nodes 0…capacity - 1. */
export class NodeSet {
  readonly words: Uint32Array

  constructor (capacity: number) {
    this.words = new Uint32Array(Math.ceil(capacity / 32))
  }

  static from (capacity: number, nodes: Iterable<number>): NodeSet {
    const set = new NodeSet(capacity)
    for (const node of nodes) {
      set.add(node)
    }
    return set
  }

  /** The nodes 0…capacity - 1 that the predicate holds for. */
  static where (capacity: number, predicate: (node: number) => boolean): NodeSet {
    const set = new NodeSet(capacity)
    for (let node = 0; node < capacity; node++) {
      if (predicate(node)) {
        set.add(node)
      }
    }
    return set
  }

  /** Nodes at or above the capacity are left out. */
  add (node: number): void {
    this.words[node >>> 5] |= 1 << (node & 31)
  }

  delete (node: number): void {
    this.words[node >>> 5] &= ~(1 << (node & 31))
  }

  has (node: number): boolean {
    return node >>> 5 < this.words.length && (this.words[node >>> 5] >>> (node & 31) & 1) === 1
  }

  /** Adds every node of the other set, as far as this one reaches. */
  addAll (other: NodeSet): void {
    const length = Math.min(this.words.length, other.words.length)
    for (let word = 0; word < length; word++) {
      this.words[word] |= other.words[word]
    }
  }

  /** Calls with every node, in ascending order. */
  each (visit: (node: number) => void): void {
    for (let word = 0; word < this.words.length; word++) {
      for (let bits = this.words[word]; bits !== 0; bits &= bits - 1) {
        visit(word * 32 + 31 - Math.clz32(bits & -bits))
      }
    }
  }
}

/** Which nodes carry which tags: a set for each tag, and at most so many tags. */
export class NodeTags {
  readonly #maxNodes: number
  readonly #maxTags: number
  readonly #sets = new Map<string, NodeSet>()

  constructor (maxNodes: number, maxTags: number) {
    this.#maxNodes = maxNodes
    this.#maxTags = maxTags
  }

  /** Replaces the node's tags; tags beyond the bound are left out. A number that is no node's is ignored. */
  set (node: number, tags: Iterable<string>): void {
    if (!(Number.isInteger(node) && node >= 0 && node < this.#maxNodes)) {
      return
    }
    this.delete(node)
    for (const tag of tags) {
      this.#setOf(tag)?.add(node)
    }
  }

  /** The node carries no tag any more; tags that nobody carries are forgotten. */
  delete (node: number): void {
    for (const [tag, nodes] of this.#sets) {
      nodes.delete(node)
      if (nodes.words.every(word => word === 0)) {
        this.#sets.delete(tag)
      }
    }
  }

  has (node: number, tag: string): boolean {
    return this.#sets.get(tag)?.has(node) ?? false
  }

  /** The nodes that carry any of the tags. */
  withAny (tags: Iterable<string>): NodeSet {
    const nodes = new NodeSet(this.#maxNodes)
    for (const tag of tags) {
      const tagged = this.#sets.get(tag)
      if (tagged !== undefined) {
        nodes.addAll(tagged)
      }
    }
    return nodes
  }

  #setOf (tag: string): NodeSet | undefined {
    if (!this.#sets.has(tag) && this.#sets.size < this.#maxTags) {
      this.#sets.set(tag, new NodeSet(this.#maxNodes))
    }
    return this.#sets.get(tag)
  }
}
