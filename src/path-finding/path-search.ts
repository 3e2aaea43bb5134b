// The searches that all finders share: from the source, or from the end of a prefix, to the cheapest exit.
//
// The limit of forwarders is met in two steps. The plain search knows no limit and is the fast one; where the path it finds is
// short enough, nothing better is. Only where it is too long does the search that counts forwarders run. Limits are met the same way:
// the best path of all is the answer where it keeps to them, and only where it does not does the constrained search run.
import { measurePath } from '../topology/path.ts'
import type { Graph } from '../topology/graph.ts'
import type { FoundPath } from '../topology/path.ts'
import { BidirectionalSearch } from './bidirectional.ts'
import { ConstrainedSearch } from './constrained.ts'
import { CostRowsCache } from './cost-rows.ts'
import { GuidedSearch } from './guided-search.ts'
import { HopLimitedSearch } from './hop-limited.ts'
import { checkPathQuery, isConstrained } from './path-finder.ts'
import type { PathQuery } from './path-finder.ts'
import { keepsTo } from './path-limits.ts'
import { QueryCosts, WORST } from './query-costs.ts'
import type { Label } from './query-costs.ts'
import { Seeds } from './seeds.ts'

/** A path and what it is worth, before it is described. */
export interface RankedPath extends Label {
  nodes: number[]
  /** How much more than the best it may cost, in units, where the search gave up; see ConstrainedSearch. */
  gap?: number
}

/** Keeps its arrays from query to query, so one object serves one query at a time. */
export class PathSearch {
  readonly costs = new QueryCosts()
  readonly #seeds = new Seeds()
  readonly #cache: CostRowsCache
  readonly #bidirectional = new BidirectionalSearch()
  readonly #guided = new GuidedSearch()
  readonly #hopLimited = new HopLimitedSearch()
  readonly #constrained = new ConstrainedSearch()
  #query!: PathQuery
  #isConstrained = false
  /** By node: what a path costs from there at the least; undefined before the query's first search. */
  #completions: Float64Array<ArrayBuffer> | undefined
  #completionsKept = new Float64Array(0)
  /** Whether the constrained search has its bounds. */
  #isBounded = false

  /** Finders of one map share a cache. */
  constructor (cache: CostRowsCache = new CostRowsCache()) {
    this.#cache = cache
  }

  /** Throws InvalidPathQueryError. */
  begin (graph: Graph, query: PathQuery): void {
    checkPathQuery(query)
    this.#query = query
    this.costs.begin(graph, query, this.#cache)
    this.#isConstrained = isConstrained(query)
    this.#isBounded = false
    this.#completions = undefined
    if (this.#isConstrained && query.paths > 1) {
      // now, while no search has blocked more nodes than the query avoids
      this.#boundConstrained()
    }
  }

  /**
   * The best path from the source; the blocked nodes are not on it. The first search of a query guides those that follow
   * (`after`), so no node may be blocked in it that is open in one of those.
   */
  fromSource (): RankedPath | undefined {
    const { maxForwarders, waypoints = [] } = this.#query
    if (this.#isConstrained && waypoints.length > 0) {
      return this.#runConstrained([], [], WORST)
    }
    if (!this.#bidirectional.run(this.costs)) {
      return undefined
    }
    if (this.#query.paths > 1 && this.#completions === undefined) {
      this.#boundCompletions()
    }
    const nodes = this.#bidirectional.trace()
    if (nodes.length <= maxForwarders && (!this.#isConstrained || this.#keepsTo(nodes))) {
      return { ...this.#bidirectional.found, nodes }
    }
    if (this.#isConstrained) {
      if (!this.#isBounded) {
        this.#boundConstrained(this.#bidirectional)
      }
      return this.#runConstrained([], [], WORST)
    }
    this.#seedEntries([])
    return this.#limited(maxForwarders, WORST)
  }

  /** The best path that is better than the bound, follows the prefix, whose label is given, and then goes on, to none of those taken. */
  after (prefix: readonly number[], label: Label, taken: readonly number[], bound: Readonly<Label>): RankedPath | undefined {
    if (this.#isConstrained) {
      return this.#runConstrained(prefix, taken, bound)
    }
    if (this.costs.exits.every(node => this.costs.blocked[node] !== 0)) {
      return undefined
    }
    if (prefix.length === 0) {
      return this.#fromEntries(taken, bound)
    }
    this.#seedNeighbours(prefix[prefix.length - 1], label, taken, bound)
    const rest = this.#fromSeeds(this.#query.maxForwarders - prefix.length, bound)
    return rest === undefined ? undefined : { ...rest, nodes: [...prefix, ...rest.nodes] }
  }

  /** Whether the query may be answered with the path of these nodes. */
  canEndAfter (nodes: readonly number[]): boolean {
    return this.costs.canExitAt(nodes[nodes.length - 1]) && (!this.#isConstrained || this.#keepsTo(nodes))
  }

  /** The path as finders give it out. */
  describe (path: RankedPath): FoundPath {
    const { graph, entryRttUs, exitRttUs, weighting } = this.costs
    const nodes = path.nodes
    const metrics = measurePath(graph, nodes, entryRttUs[nodes[0]], exitRttUs[nodes[nodes.length - 1]])
    if (metrics === undefined) {
      throw new Error(`A search gave the path ${nodes.join(', ')}, and the graph has no such links.`)
    }
    const found = { nodes, cost: path.cost / weighting.units, ...metrics }
    return path.gap === undefined || path.gap === 0 ? found : { ...found, costGap: path.gap / weighting.units }
  }

  #keepsTo (nodes: readonly number[]): boolean {
    const { graph, entryRttUs, exitRttUs } = this.costs
    return keepsTo(graph, this.#query, nodes, entryRttUs[nodes[0]], exitRttUs[nodes[nodes.length - 1]])
  }

  #runConstrained (prefix: readonly number[], taken: readonly number[], bound: Readonly<Label>): RankedPath | undefined {
    if (!this.#isBounded) {
      this.#boundConstrained()
    }
    return this.#constrained.run(prefix, taken, bound)
  }

  #boundConstrained (search?: BidirectionalSearch): void {
    this.#constrained.begin(this.costs, this.#query, search)
    this.#isBounded = true
  }

  #fromEntries (taken: readonly number[], bound: Readonly<Label>): RankedPath | undefined {
    const { maxForwarders } = this.#query
    if (!this.#bidirectional.run(this.costs, taken, bound)) {
      return undefined
    }
    const nodes = this.#bidirectional.trace()
    if (nodes.length <= maxForwarders) {
      return { ...this.#bidirectional.found, nodes }
    }
    this.#seedEntries(taken)
    return this.#limited(maxForwarders, bound)
  }

  #fromSeeds (maxForwarders: number, bound: Readonly<Label>): RankedPath | undefined {
    const exit = this.#guided.run(this.costs, this.#seeds, bound, this.#completions ?? this.#boundCompletions())
    if (exit === -1) {
      return undefined
    }
    const nodes = this.#guided.trace(exit)
    return nodes.length <= maxForwarders ? { ...this.#guided.found, nodes } : this.#limited(maxForwarders, bound)
  }

  #limited (maxForwarders: number, bound: Readonly<Label>): RankedPath | undefined {
    return this.#hopLimited.run(this.costs, this.#seeds, maxForwarders, bound)
      ? { ...this.#hopLimited.found, nodes: this.#hopLimited.trace() }
      : undefined
  }

  #seedEntries (taken: readonly number[]): void {
    this.#seeds.clear()
    for (const node of this.costs.entries) {
      if (this.costs.blocked[node] === 0 && !taken.includes(node)) {
        const { cost, tieUs } = this.costs.entryLabel(node)
        this.#seeds.add(node, cost, tieUs)
      }
    }
  }

  /** Those past which no path within the bound leads are left out. */
  #seedNeighbours (node: number, label: Label, taken: readonly number[], bound: Readonly<Label>): void {
    const { blocked, leastExit, weighting, rows: { forward: { starts, ends, targets, costs, delayUs } } } = this.costs
    const tieUs = label.tieUs + weighting.relayCostUs
    const most = bound.cost - leastExit.cost
    this.#seeds.clear()
    for (let place = starts[node]; place < ends[node] && label.cost + costs[place] <= most; place++) {
      if (blocked[targets[place]] === 0 && !taken.includes(targets[place])) {
        this.#seeds.add(targets[place], label.cost + costs[place], tieUs + delayUs[place])
      }
    }
  }

  #boundCompletions (): Float64Array<ArrayBuffer> {
    const { nodeCount } = this.costs.graph
    if (this.#completionsKept.length < nodeCount) {
      this.#completionsKept = new Float64Array(nodeCount)
    }
    this.#completions = this.#completionsKept
    this.#bidirectional.boundCompletions(this.#completions, nodeCount)
    return this.#completions
  }
}
