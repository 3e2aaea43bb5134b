// What every path finder answers. Implementations: shortest-path.ts (the best path only), alternatives.ts (the k cheapest),
// disjoint.ts (the k cheapest with a disjoint backup among them: what an RSP answers with), disjoint-pair.ts (the two
// disjoint paths that are cheapest together). All of them pass test/compliance/path-finder.ts.
import type { Graph } from '../topology/graph.ts'
import type { NodeSet } from '../topology/node-set.ts'
import type { AccessPoint, FoundPath } from '../topology/path.ts'
import { InvalidPathQueryError, checkCount, checkNotNegative } from './query-errors.ts'
import type { Patience } from './patience.ts'
import type { Waypoint } from './waypoint.ts'
import type { Weights } from './weighting.ts'

export type { AccessPoint, FoundPath } from '../topology/path.ts'
export type { Waypoint } from './waypoint.ts'
export type { Weights } from './weighting.ts'
export { InvalidPathQueryError } from './query-errors.ts'

/** A set-up path has at most 16 hops; see the set-up protocol. */
export const MAX_FORWARDERS = 16

/** A best path, a backup, and some choice behind them; the work grows with it. */
export const MAX_PATHS = 8

/** Each one multiplies the work of a search; a path has 16 forwarders at most. */
export const MAX_WAYPOINTS = 8

/**
 * What a path must keep to; what is not given is not limited. A link of which a value is not known does not keep to a
 * limit of that value.
 */
export interface PathLimits {
  /** Both access legs and all links. */
  rttUs?: number
  /** Of all links compounded, in millionths, below 1,000,000. */
  lossPpm?: number
  /** Root of the sum of the links' squared jitters. */
  jitterUs?: number
  /** The sum of all links'. */
  price?: number
  /** What every link delivers at least. */
  leastBytesPerSecond?: number
  /** What no link's load exceeds. */
  loadPpm?: number
  /** No link was last measured before this, in the graph's clock. */
  measuredSinceMs?: number
  /** What the path costs at most under other weights than the query's. */
  cost?: CostLimit
}

export interface CostLimit {
  weights: Weights
  relayCostUs: number
  /** Compared with what the finder would give as the cost; a billionth more is still within it. */
  most: number
}

/**
 * The cost of a path is the sum of
 * - `weights.delay` × milliseconds of round trip: both access legs and all links,
 * - `weights.loss` × percent of loss, link by link, and so on for the other weights,
 * - `weights.delay` × relayCostUs in milliseconds, and `weights.hops`, for each forwarder on it.
 *
 * Between paths of equal cost the one with the lower RTT, relayCostUs per forwarder included, is the better. Which of two
 * paths that are equal in both comes first is the finder's choice, but always the same for the same links and query.
 * A link of which a value is not known is no link for a query that weighs that value.
 */
export interface PathQuery {
  /** Where the source can enter. Points that name no node of the graph are ignored; of two for one node the nearer counts. */
  source: readonly AccessPoint[]
  /** Where the destination can be left to. */
  destination: readonly AccessPoint[]
  weights: Weights
  /** How many paths at most, 1 to MAX_PATHS. */
  paths: number
  /** Forwarders that must not be on a path. */
  avoid: ReadonlySet<number>
  /** More of them, as a set of bits: those of a tag, or of a predicate. */
  avoidSet?: NodeSet
  /** How many forwarders a path may visit, 1 to MAX_FORWARDERS. */
  maxForwarders: number
  /** What a forwarder on the path costs besides its links; counted in the cost, not in rttUs. */
  relayCostUs: number
  /**
   * Forwarders to visit in this order, with others between, before and after; at most MAX_WAYPOINTS. Of a set, any one: a forwarder that
   * two sets have in common is on the path for one of them.
   */
  waypoints?: readonly Waypoint[]
  limits?: PathLimits
  /** Searches that could take long give up when it is over, and tell it where they do. */
  patience?: Patience
}

export interface PathFinder {
  /**
   * Distinct loopless paths, best first; none where there is none. A path of one forwarder, at which both ends can be
   * reached, needs no link. Throws InvalidPathQueryError.
   */
  find (graph: Graph, query: PathQuery): FoundPath[]
}

/** True where the plain searches do not do: they know costs and numbers of forwarders only. */
export function isConstrained (query: PathQuery): boolean {
  const isLimited = query.limits !== undefined && Object.values(query.limits).some(limit => limit !== undefined)
  return isLimited || (query.waypoints?.length ?? 0) > 0
}

/** Checks all but the weights and relayCostUs, which `Weighting` does. */
export function checkPathQuery (query: PathQuery): void {
  checkCount('paths', query.paths, MAX_PATHS)
  checkCount('maxForwarders', query.maxForwarders, MAX_FORWARDERS)
  for (const point of query.source) {
    checkNotNegative('source.rttUs', point.rttUs)
  }
  for (const point of query.destination) {
    checkNotNegative('destination.rttUs', point.rttUs)
  }
  if (query.waypoints !== undefined && query.waypoints.length > MAX_WAYPOINTS) {
    throw new InvalidPathQueryError('waypoints.length', query.waypoints.length, `${MAX_WAYPOINTS} at most`)
  }
  for (const [name, limit] of Object.entries(query.limits ?? {})) {
    if (typeof limit === 'number') {
      checkNotNegative(`limits.${name}`, limit)
    }
  }
  if (query.limits?.cost !== undefined) {
    checkNotNegative('limits.cost.most', query.limits.cost.most)
  }
  if ((query.limits?.lossPpm ?? 0) >= 1e6) {
    throw new InvalidPathQueryError('limits.lossPpm', query.limits?.lossPpm ?? 0, 'less than 1,000,000')
  }
}
