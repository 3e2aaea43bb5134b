// The best path from several seeds to the cheapest exit: Dijkstra's algorithm on costs that include a bound of what is still to
// come (A*: Hart, Nilsson, Raphael, IEEE Transactions on Systems Science and Cybernetics 4, 1968). It stops when nothing left in
// the queue can beat the best exit found, or the bound it was given; within a row, at the first link that cannot.
import { LabelHeap } from './label-heap.ts'
import type { Label, QueryCosts } from './query-costs.ts'
import type { Seeds } from './seeds.ts'

export class GuidedSearch {
  /** Costs in here have the node's completion on top. */
  #labels = new LabelHeap(0)
  #completions = new Float64Array(0)
  /** The label of the path that the last run found. */
  readonly found: Label = { cost: 0, tieUs: 0 }

  /**
   * The last node of the best path that is better than the bound; -1 when there is none.
   *
   * @param completions - by node, what a path costs from there at the least, its exit included, in whole units; on no link may
   * it fall by more than the link costs
   */
  run (query: QueryCosts, seeds: Seeds, bound: Readonly<Label>, completions: Float64Array<ArrayBuffer>): number {
    this.#reset(query, seeds, bound, completions)
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
    const cost = this.#labels.costs[node] - this.#completions[node] + query.exitUnits(node)
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
    const completions = this.#completions
    const { blocked } = query
    const from = labels.costs[node] - completions[node]
    const fromTieUs = labels.tiesUs[node] + query.weighting.relayCostUs
    const most = this.found.cost
    const mostHere = most - query.leastExit.cost
    const end = ends[node]
    for (let place = starts[node]; place < end; place++) {
      const cost = from + costs[place]
      if (cost > mostHere) {
        return
      }
      const target = targets[place]
      const whole = cost + completions[target]
      if (whole <= most && blocked[target] === 0) {
        labels.improve(target, whole, fromTieUs + delayUs[place], node)
      }
    }
  }

  /** False when no path that continues from the label can be better than the best one known. */
  #promises (query: QueryCosts, cost: number, tieUs: number): boolean {
    return cost < this.found.cost || (cost === this.found.cost && tieUs + query.leastExit.tieUs < this.found.tieUs)
  }

  #reset (query: QueryCosts, seeds: Seeds, bound: Readonly<Label>, completions: Float64Array<ArrayBuffer>): void {
    if (this.#labels.capacity < query.graph.nodeCount) {
      this.#labels = new LabelHeap(query.graph.nodeCount)
    }
    this.#labels.clear()
    this.#completions = completions
    this.found.cost = bound.cost
    this.found.tieUs = bound.tieUs
    for (let seed = 0; seed < seeds.nodes.length; seed++) {
      const node = seeds.nodes[seed]
      const cost = seeds.costs[seed] + completions[node]
      if (cost <= bound.cost) {
        this.#labels.improve(node, cost, seeds.tiesUs[seed], -1)
      }
    }
  }
}
