// A query laid over a graph: what each leg costs, where a path may begin and end, and which forwarders are out of it.
// One object serves one query after the other; its arrays are kept, and only what a query wrote is wiped for the next.
import type { Graph } from '../topology/graph.ts'
import type { CostRows, CostRowsCache } from './cost-rows.ts'
import type { AccessPoint, PathQuery } from './path-finder.ts'
import { Weighting } from './weighting.ts'

/** The worth of a partial path: cost in the weighting's units first, then RTT with relay costs, which decides between equal costs. */
export interface Label {
  cost: number
  tieUs: number
}

/** No path is worse, so every path is better. */
export const WORST: Readonly<Label> = { cost: Number.POSITIVE_INFINITY, tieUs: Number.POSITIVE_INFINITY }

export class QueryCosts {
  graph!: Graph
  rows!: CostRows
  weighting!: Weighting
  /** Nodes where a path may begin and those where it may end, ascending. */
  entries: number[] = []
  exits: number[] = []
  /** By node; Infinity where the end cannot be reached. */
  entryRttUs = new Float64Array(0)
  exitRttUs = new Float64Array(0)
  /** No way out of the overlay is cheaper than this. */
  leastExit: Readonly<Label> = WORST
  /** By node: 1 where no path may pass. Set anew by begin; searches add to it and take away what they added. */
  blocked = new Uint8Array(0)
  #blockedHere: number[] = []

  /** Throws InvalidPathQueryError. */
  begin (graph: Graph, query: PathQuery, cache: CostRowsCache): void {
    this.graph = graph
    this.#weigh(query)
    this.rows = cache.rowsFor(graph, this.weighting)
    this.#wipe(graph.nodeCount)
    for (const node of query.avoid) {
      this.#block(node)
    }
    query.avoidSet?.each(node => { this.#block(node) })
    this.entries = this.#readAccess(query.source, this.entryRttUs)
    this.exits = this.#readAccess(query.destination, this.exitRttUs)
    const leastUs = Math.min(...this.exits.map(node => this.exitRttUs[node]))
    this.leastExit = { cost: this.exits.length === 0 ? leastUs : this.weighting.accessUnits(leastUs), tieUs: leastUs }
  }

  /** The label of a path that has only its first forwarder. */
  entryLabel (node: number): Label {
    const rttUs = this.entryRttUs[node]
    return { cost: this.weighting.accessUnits(rttUs) + this.weighting.unitsPerForwarder, tieUs: rttUs + this.weighting.relayCostUs }
  }

  /** The label after one more link. */
  linkLabel (label: Label, link: number): Label {
    return { cost: label.cost + this.weighting.linkUnits(this.graph, link), tieUs: label.tieUs + this.graph.delayUs[link] + this.weighting.relayCostUs }
  }

  /** The label of the whole path that ends at the node. */
  exitLabel (label: Label, node: number): Label {
    return { cost: label.cost + this.exitUnits(node), tieUs: label.tieUs + this.exitRttUs[node] }
  }

  /** The label of a whole path over these nodes, all of which are linked. */
  pathLabel (nodes: readonly number[]): Label {
    let label = this.entryLabel(nodes[0])
    for (let hop = 1; hop < nodes.length; hop++) {
      label = this.linkLabel(label, this.graph.linkBetween(nodes[hop - 1], nodes[hop]))
    }
    return this.exitLabel(label, nodes[nodes.length - 1])
  }

  /** Only where canExitAt. */
  exitUnits (node: number): number {
    return this.weighting.accessUnits(this.exitRttUs[node])
  }

  canExitAt (node: number): boolean {
    return this.exitRttUs[node] !== Number.POSITIVE_INFINITY
  }

  /** Queries come in runs of equal weights. */
  #weigh ({ weights, relayCostUs }: PathQuery): void {
    if ((this.weighting as Weighting | undefined)?.isOf(weights, relayCostUs) !== true) {
      this.weighting = new Weighting(weights, relayCostUs)
    }
  }

  #wipe (nodeCount: number): void {
    if (this.blocked.length < nodeCount) {
      this.entryRttUs = new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY)
      this.exitRttUs = new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY)
      this.blocked = new Uint8Array(nodeCount)
    } else {
      this.entries.forEach(node => { this.entryRttUs[node] = Number.POSITIVE_INFINITY })
      this.exits.forEach(node => { this.exitRttUs[node] = Number.POSITIVE_INFINITY })
      this.#blockedHere.forEach(node => { this.blocked[node] = 0 })
    }
    this.#blockedHere = []
  }

  #block (node: number): void {
    if (node >= 0 && node < this.graph.nodeCount) {
      this.blocked[node] = 1
      this.#blockedHere.push(node)
    }
  }

  /** Fills the column and returns the nodes that are in the graph. */
  #readAccess (points: readonly AccessPoint[], rttUs: Float64Array): number[] {
    const nodes: number[] = []
    for (const point of points) {
      if (!(point.node < this.graph.nodeCount) || this.blocked[point.node] !== 0) {
        continue
      }
      if (rttUs[point.node] === Number.POSITIVE_INFINITY) {
        nodes.push(point.node)
      }
      rttUs[point.node] = Math.min(rttUs[point.node], point.rttUs)
    }
    return nodes.sort((a, b) => a - b)
  }
}

export function isBetter (a: Readonly<Label>, b: Readonly<Label>): boolean {
  return a.cost < b.cost || (a.cost === b.cost && a.tieUs < b.tieUs)
}
