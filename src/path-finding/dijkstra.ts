// Dijkstra's algorithm from several seeds to the cheapest exit, on rows sorted by cost. It stops when nothing left in the
// queue can beat the best exit found, or the bound it was given; within a row, at the first link that cannot.
import { LabelHeap } from './label-heap.ts'
import type { Label, QueryCosts } from './query-costs.ts'
import type { Seeds } from './seeds.ts'

export class Dijkstra {
  #labels = new LabelHeap(0)
  /** The label of the path that the last run found. */
  readonly found: Label = { cost: 0, tieUs: 0 }

  /** The last node of the best path that is better than the bound; -1 when there is none. */
  run (query: QueryCosts, seeds: Seeds, bound: Readonly<Label>): number {
    this.#reset(query, seeds)
    this.found.cost = bound.cost
    this.found.tieUs = bound.tieUs
    let exit = -1
    while (this.#labels.size > 0) {
      const node = this.#labels.pop()
      if (!this.#promises(query, this.#labels.costs[node], this.#labels.tiesUs[node])) {
        return exit
      }
      if (query.canExitAt(node) && this.#isExitBetter(query, node)) {
        exit = node
      }
      this.#relaxLinks(query, node)
    }
    return exit
  }

  /** The path that the last run found, from its seed to the exit. */
  trace (exit: number): number[] {
    const nodes: number[] = []
    for (let node = exit; node !== -1; node = this.#labels.previous[node]) {
      nodes.push(node)
    }
    return nodes.reverse()
  }

  #isExitBetter (query: QueryCosts, node: number): boolean {
    const cost = this.#labels.costs[node] + query.exitUnits(node)
    const tieUs = this.#labels.tiesUs[node] + query.exitRttUs[node]
    const isBetter = cost < this.found.cost || (cost === this.found.cost && tieUs < this.found.tieUs)
    if (isBetter) {
      this.found.cost = cost
      this.found.tieUs = tieUs
    }
    return isBetter
  }

  #relaxLinks (query: QueryCosts, node: number): void {
    const { starts, ends, targets, costs, delayUs } = query.rows.forward
    const labels = this.#labels
    const { blocked } = query
    const from = labels.costs[node]
    const fromTieUs = labels.tiesUs[node] + query.weighting.relayCostUs
    const most = this.found.cost - query.leastExit.cost
    const end = ends[node]
    for (let place = starts[node]; place < end; place++) {
      const cost = from + costs[place]
      if (cost > most) {
        return
      }
      if (blocked[targets[place]] === 0) {
        labels.improve(targets[place], cost, fromTieUs + delayUs[place], node)
      }
    }
  }

  /** False when no path that continues from the label can be better than the best one known. */
  #promises (query: QueryCosts, cost: number, tieUs: number): boolean {
    const least = cost + query.leastExit.cost
    return least < this.found.cost || (least === this.found.cost && tieUs + query.leastExit.tieUs < this.found.tieUs)
  }

  #reset (query: QueryCosts, seeds: Seeds): void {
    if (this.#labels.capacity < query.graph.nodeCount) {
      this.#labels = new LabelHeap(query.graph.nodeCount)
    }
    this.#labels.clear()
    for (let seed = 0; seed < seeds.nodes.length; seed++) {
      this.#labels.improve(seeds.nodes[seed], seeds.costs[seed], seeds.tiesUs[seed], -1)
    }
  }
}
