// The best path between two sets of ends: Dijkstra's algorithm from both sides at once, on rows sorted by cost.
//
// Each side holds the labels of the nodes it reached. Whenever a node has a label of both, their sum is a path; the best one
// bounds everything after: a link is followed only while its cost and what the other side's nearest open node costs stay
// below the bound, and since rows are sorted, the first link that does not ends the row. (A link whose far end the other
// side has closed was followed or refused from there already.) The search ends when the two nearest open nodes together
// reach the bound: Nicholson, Computer Journal 9 (1966).
import { LabelHeap } from './label-heap.ts'
import { WORST } from './query-costs.ts'
import type { Label, QueryCosts } from './query-costs.ts'
import type { SortedRows } from './sorted-rows.ts'

const NONE = -1

export class BidirectionalSearch {
  #sides = [new LabelHeap(0), new LabelHeap(0)] as const
  #meeting = NONE
  /** The label of the path that the last run found. */
  readonly found: Label = { cost: 0, tieUs: 0 }

  /** True when there is a path better than the bound; blocked nodes are not on it, and it does not begin at a node that is taken. */
  run (query: QueryCosts, taken: readonly number[] = [], bound: Readonly<Label> = WORST): boolean {
    const [source, destination] = this.#begin(query, taken, bound)
    const { forward, backward } = query.rows
    while (source.size > 0 && destination.size > 0 && this.#promises(source, destination)) {
      if (source.size <= destination.size) {
        this.#step(query, forward, source, destination)
      } else {
        this.#step(query, backward, destination, source)
      }
    }
    return this.#meeting !== NONE
  }

  /** The path that the last run found. */
  trace (): number[] {
    const [source, destination] = this.#sides
    const nodes: number[] = []
    for (let node = this.#meeting; node !== NONE; node = source.previous[node]) {
      nodes.push(node)
    }
    nodes.reverse()
    for (let node = destination.previous[this.#meeting]; node !== NONE; node = destination.previous[node]) {
      nodes.push(node)
    }
    return nodes
  }

  /**
   * Writes, for each node, what a path to the destination costs from there at the least: exactly near the destination, and the
   * radius of what was searched around it for all nodes beyond. After a run that found a path.
   */
  boundCompletions (values: Float64Array, nodeCount: number): void {
    const [source, destination] = this.#sides
    // what the other side's nearest node leaves of the bound: links to nodes nearer than that were never refused
    const nearest = source.size > 0 ? source.costs[source.top] : Number.POSITIVE_INFINITY
    const radius = Math.max(0, Math.min(this.found.cost - nearest, destination.size > 0 ? destination.costs[destination.top] : Number.POSITIVE_INFINITY))
    for (let node = 0; node < nodeCount; node++) {
      values[node] = destination.has(node) ? Math.min(destination.costs[node], radius) : radius
    }
  }

  #begin (query: QueryCosts, taken: readonly number[], bound: Readonly<Label>): readonly [LabelHeap, LabelHeap] {
    if (this.#sides[0].capacity < query.graph.nodeCount) {
      this.#sides = [new LabelHeap(query.graph.nodeCount), new LabelHeap(query.graph.nodeCount)]
    }
    const [source, destination] = this.#sides
    source.clear()
    destination.clear()
    this.#meeting = NONE
    this.found.cost = bound.cost
    this.found.tieUs = bound.tieUs
    for (const node of query.entries) {
      if (query.blocked[node] !== 0 || taken.includes(node)) {
        continue
      }
      const { cost, tieUs } = query.entryLabel(node)
      source.improve(node, cost, tieUs, NONE)
    }
    for (const node of query.exits) {
      if (query.blocked[node] !== 0) {
        continue
      }
      destination.improve(node, query.exitUnits(node), query.exitRttUs[node], NONE)
      if (source.has(node)) {
        this.#meet(node, source, destination)
      }
    }
    return this.#sides
  }

  #promises (source: LabelHeap, destination: LabelHeap): boolean {
    const [a, b] = [source.top, destination.top]
    const cost = source.costs[a] + destination.costs[b]
    return cost < this.found.cost || (cost === this.found.cost && source.tiesUs[a] + destination.tiesUs[b] < this.found.tieUs)
  }

  #step (query: QueryCosts, rows: SortedRows, side: LabelHeap, other: LabelHeap): void {
    const { blocked } = query
    const { relayCostUs } = query.weighting
    const { starts, ends, targets, costs, delayUs } = rows
    const node = side.pop()
    const from = side.costs[node]
    const fromTieUs = side.tiesUs[node] + relayCostUs
    const rest = other.costs[other.top]
    const end = ends[node]
    for (let place = starts[node]; place < end; place++) {
      const cost = from + costs[place]
      if (cost + rest > this.found.cost) {
        return
      }
      const target = targets[place]
      if (blocked[target] === 0 && side.improve(target, cost, fromTieUs + delayUs[place], node) && other.has(target)) {
        this.#meet(target, side, other)
      }
    }
  }

  #meet (node: number, side: LabelHeap, other: LabelHeap): void {
    const cost = side.costs[node] + other.costs[node]
    const tieUs = side.tiesUs[node] + other.tiesUs[node]
    if (cost < this.found.cost || (cost === this.found.cost && tieUs < this.found.tieUs)) {
      this.found.cost = cost
      this.found.tieUs = tieUs
      this.#meeting = node
    }
  }
}
