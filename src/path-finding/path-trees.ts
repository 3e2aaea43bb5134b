// Shortest path trees kept ready: by source, what every node costs and the node before it. A look-up walks the tree; when a
// link changes, each tree mends what hangs on that link and leaves the rest alone (tree-repair.ts).
import type { Graph } from '../topology/graph.ts'
import { CostRows } from './cost-rows.ts'
import { LabelHeap } from './label-heap.ts'
import { NO_NODE, UNITS_PER_LINK } from './tree.ts'
import type { Tree } from './tree.ts'
import { TreeRepair } from './tree-repair.ts'
import type { Weighting } from './weighting.ts'

/** A tree costs ten bytes per node: 170 MB for this many at as many nodes. */
const DEFAULT_MAX_TREES = 4096

export class PathTrees {
  readonly #rows: CostRows
  readonly #maxTrees: number
  #trees: Array<Tree | undefined> = []
  #grown: Tree[] = []
  #heap: LabelHeap
  #repair: TreeRepair

  /** Throws RangeError for a graph of more than 65,535 nodes. */
  constructor (graph: Graph, weighting: Weighting, maxTrees: number = DEFAULT_MAX_TREES) {
    checkNodeCount(graph)
    this.#rows = new CostRows(graph, weighting)
    this.#maxTrees = maxTrees
    this.#heap = new LabelHeap(graph.nodeCount)
    this.#repair = new TreeRepair(this.#rows)
  }

  get weighting (): Weighting {
    return this.#rows.weighting
  }

  /** The snapshot that the trees are of. */
  get graph (): Graph {
    return this.#rows.graph
  }

  get byteLength (): number {
    return this.#rows.byteLength + this.#grown.reduce((sum, tree) => sum + tree.costs.byteLength + tree.previous.byteLength, 0)
  }

  /** Makes the trees those of another snapshot: mends them link by link, or forgets them where that would take longer. */
  follow (graph: Graph): void {
    checkNodeCount(graph)
    const isFollowed = this.#rows.follow(graph, change => {
      for (const tree of this.#grown) {
        this.#repair.mend(tree, change)
      }
    })
    if (!isFollowed) {
      this.#trees = []
      this.#grown = []
      this.#heap = new LabelHeap(graph.nodeCount)
      this.#repair = new TreeRepair(this.#rows)
    }
  }

  /** The tree of a source, grown if there is none yet; undefined where there are as many as there may be. */
  treeOf (source: number): Tree | undefined {
    const known = this.#trees[source]
    if (known !== undefined || this.#grown.length >= this.#maxTrees || !(source >= 0 && source < this.graph.nodeCount)) {
      return known
    }
    const tree = this.#grow(source)
    this.#trees[source] = tree
    this.#grown.push(tree)
    return tree
  }

  /** What the cheapest path costs in units, UNITS_PER_LINK for each link included; Infinity where there is none, or no tree. */
  cost (source: number, destination: number): number {
    return this.treeOf(source)?.costs[destination] ?? Number.POSITIVE_INFINITY
  }

  /**
   * Writes the path, source first, and returns how many nodes it has; 0 where there is none. A path longer than the space
   * for it gives its length all the same.
   */
  path (source: number, destination: number, nodes: Uint16Array): number {
    const tree = this.treeOf(source)
    if (tree === undefined || !(tree.costs[destination] < Number.POSITIVE_INFINITY)) {
      return 0
    }
    const { previous } = tree
    let length = 0
    for (let node = destination; node !== NO_NODE; node = previous[node]) {
      nodes[length++] = node
    }
    if (length <= nodes.length) {
      reverse(nodes, length)
    }
    return length
  }

  #grow (source: number): Tree {
    const { starts, ends, targets, costs } = this.#rows.forward
    const heap = this.#heap
    const tree = { source, costs: new Float64Array(this.graph.nodeCount).fill(Number.POSITIVE_INFINITY), previous: new Uint16Array(this.graph.nodeCount).fill(NO_NODE) }
    heap.clear()
    heap.improve(source, 0, 0, NO_NODE)
    while (heap.size > 0) {
      const node = heap.pop()
      const cost = heap.costs[node]
      tree.costs[node] = cost
      tree.previous[node] = heap.previous[node]
      for (let place = starts[node]; place < ends[node]; place++) {
        // the tie is the number of the node before, and the source's is below all
        heap.improve(targets[place], cost + costs[place] + UNITS_PER_LINK, node, node)
      }
    }
    return tree
  }
}

function reverse (nodes: Uint16Array, length: number): void {
  for (let low = 0, high = length - 1; low < high; low++, high--) {
    const node = nodes[low]
    nodes[low] = nodes[high]
    nodes[high] = node
  }
}

function checkNodeCount (graph: Graph): void {
  if (graph.nodeCount > NO_NODE) {
    throw new RangeError(`A graph of ${graph.nodeCount} nodes is too large for trees: ${NO_NODE} at most.`)
  }
}
