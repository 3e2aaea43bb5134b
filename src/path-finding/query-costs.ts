// A query laid over a graph: what each leg costs, where a path may begin and end, and which forwarders are out of it.
// One object serves one query after the other; its arrays are kept.
import type { Graph } from '../topology/graph.ts'
import type { AccessPoint, PathQuery } from './path-finder.ts'

/** The worth of a partial path: cost first, then RTT with relay costs, which decides between equal costs. */
export interface Label {
  cost: number
  tieUs: number
}

/** No path is worse, so every path is better. */
export const WORST: Readonly<Label> = { cost: Number.POSITIVE_INFINITY, tieUs: Number.POSITIVE_INFINITY }

export class QueryCosts {
  graph!: Graph
  costPerDelayUs = 0
  costPerLossPpm = 0
  costPerForwarder = 0
  relayCostUs = 0
  /** Nodes where a path may begin, ascending. */
  entries: number[] = []
  /** By node; Infinity where the end cannot be reached. */
  entryRttUs = new Float64Array(0)
  exitRttUs = new Float64Array(0)
  /** No way out of the overlay is cheaper than this. */
  leastExit: Readonly<Label> = { cost: 0, tieUs: 0 }
  /** By node: 1 where no path may pass. Set anew by begin; searches add to it and take away what they added. */
  blocked = new Uint8Array(0)

  begin (graph: Graph, query: PathQuery): void {
    this.graph = graph
    this.costPerDelayUs = query.weights.delay / 1000
    this.costPerLossPpm = query.weights.loss / 10_000
    this.costPerForwarder = this.costPerDelayUs * query.relayCostUs
    this.relayCostUs = query.relayCostUs
    if (this.blocked.length < graph.nodeCount) {
      this.entryRttUs = new Float64Array(graph.nodeCount)
      this.exitRttUs = new Float64Array(graph.nodeCount)
      this.blocked = new Uint8Array(graph.nodeCount)
    }
    this.blocked.fill(0)
    for (const node of query.avoid) {
      if (node < graph.nodeCount) {
        this.blocked[node] = 1
      }
    }
    this.entries = this.#readAccess(query.source, this.entryRttUs).sort((a, b) => a - b)
    this.#readAccess(query.destination, this.exitRttUs)
    this.#boundExits(query.destination)
  }

  /** The label of a path that has only its first forwarder. */
  entryLabel (node: number): Label {
    const rttUs = this.entryRttUs[node]
    return { cost: rttUs * this.costPerDelayUs + this.costPerForwarder, tieUs: rttUs + this.relayCostUs }
  }

  /** The label after one more link. */
  linkLabel (label: Label, link: number): Label {
    return { cost: label.cost + this.linkCost(link), tieUs: label.tieUs + this.linkTieUs(link) }
  }

  /** The label of the whole path that ends at the node. */
  exitLabel (label: Label, node: number): Label {
    const rttUs = this.exitRttUs[node]
    return { cost: label.cost + rttUs * this.costPerDelayUs, tieUs: label.tieUs + rttUs }
  }

  /** The link and the forwarder that it leads to. */
  linkCost (link: number): number {
    return this.graph.delayUs[link] * this.costPerDelayUs + this.graph.lossPpm[link] * this.costPerLossPpm + this.costPerForwarder
  }

  linkTieUs (link: number): number {
    return this.graph.delayUs[link] + this.relayCostUs
  }

  canExitAt (node: number): boolean {
    return this.exitRttUs[node] !== Number.POSITIVE_INFINITY
  }

  /** Fills the column and returns the nodes that are in the graph. */
  #readAccess (points: readonly AccessPoint[], rttUs: Float64Array): number[] {
    const nodes: number[] = []
    rttUs.fill(Number.POSITIVE_INFINITY)
    for (const point of points) {
      if (!(point.node < this.graph.nodeCount) || this.blocked[point.node] !== 0) {
        continue
      }
      if (rttUs[point.node] === Number.POSITIVE_INFINITY) {
        nodes.push(point.node)
      }
      rttUs[point.node] = Math.min(rttUs[point.node], point.rttUs)
    }
    return nodes
  }

  #boundExits (points: readonly AccessPoint[]): void {
    let leastUs = Number.POSITIVE_INFINITY
    for (const point of points) {
      leastUs = Math.min(leastUs, point.rttUs)
    }
    this.leastExit = points.length === 0 ? WORST : { cost: leastUs * this.costPerDelayUs, tieUs: leastUs }
  }
}

export function isBetter (a: Readonly<Label>, b: Readonly<Label>): boolean {
  return a.cost < b.cost || (a.cost === b.cost && a.tieUs < b.tieUs)
}
