// What a query is put to: a map, and the two ends of a flow.
import type { AccessPoint, FoundPath } from '../path-finding/path-finder.ts'
import type { Patience } from '../path-finding/patience.ts'
import type { Graph } from '../topology/graph.ts'
import type { Soft } from './compile-query.ts'

export interface Ask {
  graph: Graph
  source: readonly AccessPoint[]
  destination: readonly AccessPoint[]
  /** What a forwarder on the path costs besides its links, as delay; part of the score, not of limits. */
  relayCostUs: number
  /** How many paths where the query says nothing of alternatives, 1 to MAX_PATHS. */
  paths: number
  /** Forwarders that must not be on a path, whatever the query says. */
  avoid?: ReadonlySet<number>
  /** In the clock of the graph's updatedAtMs. */
  nowMs: number
  /** How sure the RSP is of a path's prediction, 0 to 1; without it no query for confidence can be answered. */
  confidenceOf?: (path: FoundPath) => number
  /** When it is over, what was found so far is the answer. */
  patience?: Patience
}

export interface RankedPath {
  /** Its cost is that of the query's objective; of one that maximizes, the delay with relay costs in ms. */
  path: FoundPath
  /** What is minimized, penalties included; of a query that maximizes, the rate in bytes per second, Infinity where there is no link. */
  score: number
  /** The soft constraints that it does not keep to. */
  broken: Soft[]
}
