// The search that all finders share: from seeds to the cheapest exit, within the limit of forwarders.
//
// The limit is met in two steps. The plain search knows no limit and is the fast one; where the path it finds is short
// enough, nothing better is. Only where it is too long does the search that counts forwarders run.
import { measurePath } from '../topology/path.ts'
import type { Graph } from '../topology/graph.ts'
import type { FoundPath } from '../topology/path.ts'
import { Dijkstra } from './dijkstra.ts'
import { HopLimitedSearch } from './hop-limited.ts'
import { checkPathQuery } from './path-finder.ts'
import type { PathQuery } from './path-finder.ts'
import { QueryCosts, WORST } from './query-costs.ts'
import type { Label } from './query-costs.ts'
import { Seeds } from './seeds.ts'

/** A path and what it is worth, before it is described. */
export interface RankedPath extends Label {
  nodes: number[]
}

/** Keeps its arrays from query to query, so one object serves one query at a time. */
export class PathSearch {
  readonly costs = new QueryCosts()
  readonly seeds = new Seeds()
  readonly #dijkstra = new Dijkstra()
  readonly #hopLimited = new HopLimitedSearch()

  /** Throws InvalidPathQueryError. */
  begin (graph: Graph, query: PathQuery): void {
    checkPathQuery(query)
    this.costs.begin(graph, query)
  }

  /** The best path from the source; the blocked nodes are not on it. */
  fromSource (maxForwarders: number): RankedPath | undefined {
    this.seeds.clear()
    for (const node of this.costs.entries) {
      if (this.costs.blocked[node] === 0) {
        this.seeds.add(node, this.costs.entryLabel(node))
      }
    }
    return this.fromSeeds(maxForwarders, WORST)
  }

  /** The best path from the seeds that is better than the bound. */
  fromSeeds (maxForwarders: number, bound: Readonly<Label>): RankedPath | undefined {
    const exit = this.#dijkstra.run(this.costs, this.seeds, bound)
    if (exit === -1) {
      return undefined
    }
    const nodes = this.#dijkstra.trace(exit)
    if (nodes.length <= maxForwarders) {
      return { ...this.#dijkstra.found, nodes }
    }
    return this.#hopLimited.run(this.costs, this.seeds, maxForwarders, bound)
      ? { ...this.#hopLimited.found, nodes: this.#hopLimited.trace() }
      : undefined
  }

  /** The path as finders give it out. */
  describe (path: RankedPath): FoundPath {
    const { graph, entryRttUs, exitRttUs } = this.costs
    const nodes = path.nodes
    const metrics = measurePath(graph, nodes, entryRttUs[nodes[0]], exitRttUs[nodes[nodes.length - 1]])
    if (metrics === undefined) {
      throw new Error(`A search gave the path ${nodes.join(', ')}, and the graph has no such links.`)
    }
    return { nodes, cost: path.cost, ...metrics }
  }
}
