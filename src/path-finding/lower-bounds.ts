// What a partial path must still spend, at the least, before it is complete: for a value that adds up along a path, by node
// and by how many waypoints are behind it, computed from the destination. The values of other sums are ignored, so these are bounds.
import { reverseRowsOf } from '../topology/reverse-rows.ts'
import type { BidirectionalSearch } from './bidirectional.ts'
import { LabelHeap } from './label-heap.ts'
import type { QueryCosts } from './query-costs.ts'
import { isAt, nodesOf } from './waypoint.ts'
import type { Waypoint } from './waypoint.ts'

/** What paths there are. */
export interface Passage {
  costs: Pick<QueryCosts, 'graph' | 'entries' | 'exits' | 'blocked'>
  waypoints: readonly Waypoint[]
  /** By link, where some links are out: 1 for those that are not. */
  openLinks: Uint8Array | undefined
}

export class LowerBounds {
  /**
   * By (waypoints behind × nodes + node); Infinity where nothing within the limit remains. Nodes farther away than all entries
   * are not told apart: they have the bound of the farthest entry.
   */
  values = new Float64Array(0)
  /** True when these are no bounds but zeros. */
  isCleared = false
  #heap = new LabelHeap(0)
  /** The node that follows on the cheapest completion, laid out like values. */
  #next = new Int32Array(0)
  #farthest = 0

  /** Completions dearer than the limit are left out. */
  compute (passage: Passage, values: Float64Array, exitValue: (node: number) => number, limit: number): void {
    const { nodeCount } = passage.costs.graph
    this.#reset(nodeCount, nodeCount * (passage.waypoints.length + 1))
    for (let stage = passage.waypoints.length; stage >= 0; stage--) {
      this.#heap.clear()
      if (stage === passage.waypoints.length) {
        for (const node of passage.costs.exits) {
          this.#seed(passage, node, exitValue(node), limit)
        }
      } else {
        for (const node of nodesOf(passage.waypoints[stage], nodeCount)) {
          this.#seed(passage, node, this.values[(stage + 1) * nodeCount + node], limit)
        }
      }
      const isWhole = this.#spread(passage, values, stage, limit)
      if (!isWhole) {
        this.#raiseOthers(stage * nodeCount, nodeCount)
      }
    }
  }

  /** Zeros for all nodes: true of everything. Without waypoints only. */
  clear (nodeCount: number): void {
    this.#reset(nodeCount, nodeCount)
    this.values.fill(0, 0, nodeCount)
    this.isCleared = true
  }

  /** As compute, from a search that has run: its distances to the destination, and one radius for all farther nodes. */
  take (search: BidirectionalSearch, nodeCount: number): void {
    this.#reset(nodeCount, nodeCount)
    search.boundCompletions(this.values, nodeCount)
  }

  /** The completion that the bound of an entry node stands for, or none. */
  completion (passage: Passage, entry: number): number[] {
    const { costs: { graph: { nodeCount } }, waypoints } = passage
    const nodes: number[] = []
    let stage = isAt(waypoints[0], entry) ? 1 : 0
    if (this.values[stage * nodeCount + entry] === Number.POSITIVE_INFINITY) {
      return nodes
    }
    for (let node = entry; node !== -1;) {
      nodes.push(node)
      const next = this.#next[stage * nodeCount + node]
      stage += isAt(waypoints[stage], next) ? 1 : 0
      node = next
    }
    return nodes
  }

  #seed (passage: Passage, node: number, value: number, limit: number): void {
    if (passage.costs.blocked[node] === 0 && value <= limit) {
      this.#heap.improve(node, value, 0, -1)
    }
  }

  /** False when it stopped at the last entry, and nodes farther away have no bound yet. */
  #spread (passage: Passage, values: Float64Array, stage: number, limit: number): boolean {
    const { costs: { graph, entries, blocked }, openLinks, waypoints } = passage
    const { offsets, sources, links } = reverseRowsOf(graph)
    const base = stage * graph.nodeCount
    const heap = this.#heap
    // where there are waypoints, the first of them is the entry of all that lies before it
    let entriesLeft = waypoints.length === 0 ? entries.length : Number.POSITIVE_INFINITY
    while (heap.size > 0 && entriesLeft > 0) {
      const node = heap.pop()
      const value = heap.costs[node]
      this.values[base + node] = value
      this.#next[base + node] = heap.previous[node]
      this.#farthest = value
      entriesLeft -= entries.includes(node) ? 1 : 0
      const end = offsets[node + 1]
      for (let place = offsets[node]; place < end; place++) {
        const link = links[place]
        const reached = value + values[link]
        if (reached <= limit && blocked[sources[place]] === 0 && (openLinks === undefined || openLinks[link] === 1)) {
          heap.improve(sources[place], reached, 0, node)
        }
      }
    }
    return entriesLeft > 0
  }

  #raiseOthers (base: number, nodeCount: number): void {
    for (let state = base; state < base + nodeCount; state++) {
      if (this.values[state] === Number.POSITIVE_INFINITY) {
        this.values[state] = this.#farthest
      }
    }
  }

  #reset (nodeCount: number, size: number): void {
    if (this.values.length < size || this.#heap.capacity < nodeCount) {
      this.values = new Float64Array(size)
      this.#next = new Int32Array(size)
      this.#heap = new LabelHeap(nodeCount)
    }
    this.values.fill(Number.POSITIVE_INFINITY, 0, size)
    this.isCleared = false
  }
}
