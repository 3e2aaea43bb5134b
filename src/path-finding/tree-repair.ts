// Mends a shortest path tree after one link has changed, as Ramalingam and Reps do (Journal of Algorithms 21, 1996): the work
// is in proportion to what changes, not to the graph.
//
// A link that became cheaper is relaxed, and what that improves is followed onwards. One that became dearer matters only where
// it is in the tree: then all that hangs on it is cut off, each cut-off node is joined to the cheapest neighbour that still
// stands, and Dijkstra's algorithm settles the cut-off ones among themselves.
import { LabelHeap } from './label-heap.ts'
import { NO_NODE, UNITS_PER_LINK } from './tree.ts'
import type { Tree } from './tree.ts'
import type { CostRows, LinkChange } from './cost-rows.ts'

export class TreeRepair {
  readonly #rows: CostRows
  readonly #heap: LabelHeap
  /** By node: the number of the last repair that cut it off. */
  readonly #cutAt: Uint32Array
  readonly #cut: Int32Array
  #repairs = 0

  /** The rows are those of the graph after the change. */
  constructor (rows: CostRows) {
    const nodeCount = rows.forward.nodeCount
    this.#rows = rows
    this.#heap = new LabelHeap(nodeCount)
    this.#cutAt = new Uint32Array(nodeCount)
    this.#cut = new Int32Array(nodeCount)
  }

  mend (tree: Tree, { from, to, before, after }: LinkChange): void {
    if (tree.previous[to] === from && after > before) {
      this.#cutOff(tree, to)
    } else if (after < before && to !== tree.source) {
      this.#improve(tree, from, to, after + UNITS_PER_LINK)
    }
  }

  #improve (tree: Tree, from: number, to: number, linkUnits: number): void {
    const cost = tree.costs[from] + linkUnits
    if (cost > tree.costs[to] || cost === Number.POSITIVE_INFINITY) {
      return
    }
    if (cost === tree.costs[to]) {
      tree.previous[to] = Math.min(tree.previous[to], from)
      return
    }
    const { starts, ends, targets, costs } = this.#rows.forward
    const heap = this.#heap
    heap.clear()
    heap.improve(to, cost, from, from)
    while (heap.size > 0) {
      const node = this.#settle(tree)
      const settled = tree.costs[node]
      for (let place = starts[node]; place < ends[node]; place++) {
        const target = targets[place]
        const reached = settled + costs[place] + UNITS_PER_LINK
        if (reached < tree.costs[target]) {
          heap.improve(target, reached, node, node)
        } else if (reached === tree.costs[target] && node < tree.previous[target] && target !== tree.source) {
          tree.previous[target] = node
        }
      }
    }
  }

  #cutOff (tree: Tree, top: number): void {
    const count = this.#collect(tree, top)
    this.#heap.clear()
    for (let position = 0; position < count; position++) {
      this.#join(tree, this.#cut[position])
    }
    const { starts, ends, targets, costs } = this.#rows.forward
    while (this.#heap.size > 0) {
      const node = this.#settle(tree)
      const settled = tree.costs[node]
      for (let place = starts[node]; place < ends[node]; place++) {
        if (this.#cutAt[targets[place]] === this.#repairs) {
          this.#heap.improve(targets[place], settled + costs[place] + UNITS_PER_LINK, node, node)
        }
      }
    }
  }

  /** Cuts off the node and all that hangs on it; returns how many. */
  #collect (tree: Tree, top: number): number {
    const { starts, ends, targets } = this.#rows.forward
    this.#startRepair()
    let count = 0
    const cut = (node: number): void => {
      this.#cut[count++] = node
      this.#cutAt[node] = this.#repairs
    }
    cut(top)
    for (let position = 0; position < count; position++) {
      const node = this.#cut[position]
      for (let place = starts[node]; place < ends[node]; place++) {
        if (tree.previous[targets[place]] === node) {
          cut(targets[place])
        }
      }
      tree.costs[node] = Number.POSITIVE_INFINITY
      tree.previous[node] = NO_NODE
    }
    return count
  }

  /** Offers a cut-off node the cheapest way over a neighbour that stands. */
  #join (tree: Tree, node: number): void {
    const { starts, ends, targets, costs } = this.#rows.backward
    let best = Number.POSITIVE_INFINITY
    let previous = NO_NODE
    for (let place = starts[node]; place < ends[node]; place++) {
      const link = costs[place] + UNITS_PER_LINK
      if (link > best) {
        break
      }
      const neighbour = targets[place]
      const cost = tree.costs[neighbour] + link
      if (this.#cutAt[neighbour] !== this.#repairs && (cost < best || (cost === best && neighbour < previous))) {
        best = cost
        previous = neighbour
      }
    }
    if (best < Number.POSITIVE_INFINITY) {
      this.#heap.improve(node, best, previous, previous)
    }
  }

  #settle (tree: Tree): number {
    const node = this.#heap.pop()
    tree.costs[node] = this.#heap.costs[node]
    tree.previous[node] = this.#heap.previous[node]
    return node
  }

  #startRepair (): void {
    this.#repairs++
    if (this.#repairs === 2 ** 32) {
      this.#cutAt.fill(0)
      this.#repairs = 1
    }
  }
}
