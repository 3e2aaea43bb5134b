// A constrained query as its search sees it: sums with limits, links that are out, waypoints, and for each sum and the cost what
// a partial path must still spend at the least.
import type { BidirectionalSearch } from './bidirectional.ts'
import { LowerBounds } from './lower-bounds.ts'
import type { PathQuery } from './path-finder.ts'
import { isLinkOpen, keepsTo, linkUnitsOf, resourcesOf } from './path-limits.ts'
import type { Resource } from './path-limits.ts'
import type { Label, QueryCosts } from './query-costs.ts'
import { isAt, nodesOf } from './waypoint.ts'
import type { Waypoint } from './waypoint.ts'

/** A path and what it is worth; gap is 0, or where the search gave up, how much more than the best it may cost, in units. */
export interface ConstrainedPath extends Label {
  nodes: number[]
  gap: number
}

export class ConstrainedProblem {
  costs!: QueryCosts
  query!: PathQuery
  waypoints: readonly Waypoint[] = []
  resources: Resource[] = []
  /** By link: its cost. */
  linkUnits: Float64Array = new Float64Array(0)
  /** By link, where a limit keeps some out: 1 for those that are not. */
  openLinks: Uint8Array | undefined
  /** False where no path keeps even to a single limit, or to the waypoints, as far as that was looked at. */
  isPossible = false
  /** True when every resource has its bounds, false when for some of them 0 must do. */
  isSharp = false
  /** A path that keeps to everything and has no node twice, if one was easily found. */
  known: ConstrainedPath | undefined
  /** No path that costs more is wanted. */
  mostCost = Number.POSITIVE_INFINITY
  readonly costBounds = new LowerBounds()
  /** By resource. */
  readonly bounds: LowerBounds[] = []

  /**
   * The nodes blocked now may not be on a path; blocking more of them later is allowed where query.paths is not 1. The search, if
   * given, has found a path without limits and with these nodes blocked: its distances do for bounds of the cost.
   */
  begin (costs: QueryCosts, query: PathQuery, search?: BidirectionalSearch): void {
    this.costs = costs
    this.query = query
    this.waypoints = query.waypoints ?? []
    this.known = undefined
    this.mostCost = Number.POSITIVE_INFINITY
    this.resources = resourcesOf(costs.graph, query.limits)
    this.linkUnits = linkUnitsOf(costs)
    this.openLinks = openLinksOf(costs, query)
    const mostBroken = search === undefined ? undefined : this.#mostBroken(search.trace())
    this.isSharp = mostBroken === undefined || this.resources.length === 1
    this.isPossible = this.#canVisitWaypoints() && this.resources.every((resource, position) => {
      this.bounds[position] ??= new LowerBounds()
      return this.isSharp || position === mostBroken ? this.#bound(resource, position) : this.#doWithout(position)
    })
    if (!this.isPossible) {
      return
    }
    this.known = this.#safePath()
    if (query.paths === 1 && this.known !== undefined) {
      this.mostCost = this.known.cost
    }
    // with sums to keep, the labels are many, and sharper bounds pay
    if (search === undefined || this.resources.length > 0) {
      this.costBounds.compute(this, this.linkUnits, node => costs.exitUnits(node), this.mostCost)
    } else {
      this.costBounds.take(search, costs.graph.nodeCount)
    }
  }

  /** Computes the bounds that begin left out; false where they leave no path. */
  sharpen (): boolean {
    this.isSharp = true
    this.isPossible = this.resources.every((resource, position) => this.#bound(resource, position))
    return this.isPossible
  }

  keepsTo (nodes: readonly number[]): boolean {
    const { graph, entryRttUs, exitRttUs } = this.costs
    return keepsTo(graph, this.query, nodes, entryRttUs[nodes[0]], exitRttUs[nodes[nodes.length - 1]])
  }

  #canVisitWaypoints (): boolean {
    const { graph, blocked } = this.costs
    const single = this.waypoints.filter(waypoint => typeof waypoint === 'number')
    return new Set(single).size === single.length &&
      this.waypoints.every(waypoint => nodesOf(waypoint, graph.nodeCount).some(node => blocked[node] === 0))
  }

  /** False where the resource's limit leaves no path. */
  #bound ({ values, limit, perAccessUs }: Resource, position: number): boolean {
    const { entries, entryRttUs, exitRttUs, graph } = this.costs
    const bounds = this.bounds[position]
    bounds.compute(this, values, node => exitRttUs[node] * perAccessUs, limit)
    return entries.some(node => {
      const stage = isAt(this.waypoints[0], node) ? 1 : 0
      return bounds.values[stage * graph.nodeCount + node] + entryRttUs[node] * perAccessUs <= limit
    })
  }

  /** Most searches do without bounds of the resources that hardly matter, and computing them is most of the work. */
  #doWithout (position: number): boolean {
    this.bounds[position].clear(this.costs.graph.nodeCount)
    return true
  }

  /** The resource of which the path takes most in proportion to the limit; undefined where there is none. */
  #mostBroken (nodes: readonly number[]): number | undefined {
    const { graph, entryRttUs, exitRttUs } = this.costs
    const accessUs = entryRttUs[nodes[0]] + exitRttUs[nodes[nodes.length - 1]]
    let most = 0
    let mostBroken: number | undefined
    this.resources.forEach(({ values, limit, perAccessUs }, position) => {
      let used = accessUs * perAccessUs
      for (let hop = 1; hop < nodes.length; hop++) {
        used += values[graph.linkBetween(nodes[hop - 1], nodes[hop])]
      }
      if (used > limit && used / limit > most) {
        most = used / limit
        mostBroken = position
      }
    })
    return mostBroken
  }

  /** The cheapest of the paths that spend least of one sum, where one of these keeps to all limits. */
  #safePath (): ConstrainedPath | undefined {
    let best: ConstrainedPath | undefined
    for (let position = 0; position < this.resources.length; position++) {
      if (this.bounds[position].isCleared) {
        continue
      }
      for (const entry of this.costs.entries) {
        const nodes = this.bounds[position].completion(this, entry)
        if (nodes.length > 0 && new Set(nodes).size === nodes.length && this.keepsTo(nodes)) {
          const path = { ...this.costs.pathLabel(nodes), nodes, gap: 0 }
          // a path over links of unknown cost is worth nothing
          best = path.cost < (best?.cost ?? Number.POSITIVE_INFINITY) ? path : best
        }
      }
    }
    return best
  }
}

function openLinksOf ({ graph }: QueryCosts, { limits }: PathQuery): Uint8Array | undefined {
  if (limits?.leastBytesPerSecond === undefined && limits?.loadPpm === undefined && limits?.measuredSinceMs === undefined) {
    return undefined
  }
  const open = new Uint8Array(graph.linkCount)
  for (let link = 0; link < graph.linkCount; link++) {
    open[link] = isLinkOpen(graph, limits, link) ? 1 : 0
  }
  return open
}
