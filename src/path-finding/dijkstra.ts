// Dijkstra's algorithm from several seeds to the cheapest exit. It stops when nothing left in the queue can beat the best
// exit found, or the bound it was given.
import { BinaryHeap } from './binary-heap.ts'
import type { Label, QueryCosts } from './query-costs.ts'
import type { Seeds } from './seeds.ts'

export class Dijkstra {
  #costs = new Float64Array(0)
  #tiesUs = new Float64Array(0)
  #previous = new Int32Array(0)
  /** 1: the node's label is final, or no path may pass it. */
  #closed = new Uint8Array(0)
  #heap = new BinaryHeap(this.#costs, this.#tiesUs)
  /** The label of the path that the last run found. */
  readonly found: Label = { cost: 0, tieUs: 0 }

  /** The last node of the best path that is better than the bound; -1 when there is none. */
  run (query: QueryCosts, seeds: Seeds, bound: Readonly<Label>): number {
    this.#reset(query, seeds)
    this.found.cost = bound.cost
    this.found.tieUs = bound.tieUs
    let exit = -1
    while (true) {
      const node = this.#heap.pop()
      if (node === -1 || !this.#promises(query, this.#costs[node], this.#tiesUs[node])) {
        return exit
      }
      this.#closed[node] = 1
      const cost = this.#costs[node] + query.exitRttUs[node] * query.costPerDelayUs
      const tieUs = this.#tiesUs[node] + query.exitRttUs[node]
      if (query.canExitAt(node) && (cost < this.found.cost || (cost === this.found.cost && tieUs < this.found.tieUs))) {
        exit = node
        this.found.cost = cost
        this.found.tieUs = tieUs
      }
      this.#relaxLinks(query, node)
    }
  }

  /** The path that the last run found, from its seed to the exit. */
  trace (exit: number): number[] {
    const nodes: number[] = []
    for (let node = exit; node !== -1; node = this.#previous[node]) {
      nodes.push(node)
    }
    return nodes.reverse()
  }

  #relaxLinks (query: QueryCosts, node: number): void {
    const { offsets, targets, delayUs, lossPpm } = query.graph
    const { costPerDelayUs, costPerLossPpm, costPerForwarder, relayCostUs } = query
    const from = this.#costs[node]
    const end = offsets[node + 1]
    for (let link = offsets[node]; link < end; link++) {
      const target = targets[link]
      const cost = from + (delayUs[link] * costPerDelayUs + lossPpm[link] * costPerLossPpm + costPerForwarder)
      if (cost > this.#costs[target] || this.#closed[target] !== 0) {
        continue
      }
      const tieUs = this.#tiesUs[node] + (delayUs[link] + relayCostUs)
      if ((cost < this.#costs[target] || tieUs < this.#tiesUs[target]) && this.#promises(query, cost, tieUs)) {
        this.#costs[target] = cost
        this.#tiesUs[target] = tieUs
        this.#previous[target] = node
        this.#heap.raise(target)
      }
    }
  }

  /** False when no path that continues from the label can be better than the best one known. */
  #promises (query: QueryCosts, cost: number, tieUs: number): boolean {
    const least = cost + query.leastExit.cost
    return least < this.found.cost || (least === this.found.cost && tieUs + query.leastExit.tieUs < this.found.tieUs)
  }

  #reset (query: QueryCosts, seeds: Seeds): void {
    const nodeCount = query.blocked.length
    if (this.#costs.length < nodeCount) {
      this.#costs = new Float64Array(nodeCount)
      this.#tiesUs = new Float64Array(nodeCount)
      this.#previous = new Int32Array(nodeCount)
      this.#closed = new Uint8Array(nodeCount)
      this.#heap = new BinaryHeap(this.#costs, this.#tiesUs)
    }
    this.#heap.clear()
    this.#costs.fill(Number.POSITIVE_INFINITY)
    this.#closed.set(query.blocked)
    for (let seed = 0; seed < seeds.nodes.length; seed++) {
      const node = seeds.nodes[seed]
      this.#costs[node] = seeds.costs[seed]
      this.#tiesUs[node] = seeds.tiesUs[seed]
      this.#previous[node] = -1
      this.#heap.raise(node)
    }
  }
}
