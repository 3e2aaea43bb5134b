// A query's limits as the constrained search needs them: sums that must stay below something, and links that are out.
import { UNKNOWN } from '../topology/link-columns.ts'
import { measurePath } from '../topology/path.ts'
import type { Graph } from '../topology/graph.ts'
import type { CostLimit, PathLimits, PathQuery } from './path-finder.ts'
import type { QueryCosts } from './query-costs.ts'
import { isAt } from './waypoint.ts'
import { Weighting } from './weighting.ts'

/** Something that adds up along a path and must not exceed a limit. */
export interface Resource {
  /** By link, in the order of the graph's columns; Infinity where it is not known. */
  values: Float64Array
  limit: number
  /** What the access legs take of it, by microsecond of round trip: 1 for the round trip itself, 0 for all else. */
  perAccessUs: number
}

/** What the roundings of a sum may have added; far below anything that is measured. */
const ROUNDING = 1e-12

/** Costs under other weights are rounded link by link, by half a unit each, and compared with a sum that went through a division. */
const COST_ROUNDING = 1e-9
const ROUNDED_UNITS = 32

/** What rounds to less than all; of a path that loses everything the logarithm is infinite, and would keep to any limit that is. */
const MOST_LOSS_PPM = 999_999.4

/** Columns of limited or weighed values kept per snapshot: those of the queries in use; each has the size of a column of the graph. */
const MAX_KEPT = 32

type ValuesByKey = Map<string, Float64Array>
const knownValues = new WeakMap<Graph, ValuesByKey>()

/** By millionths, up to where most losses lie: the logarithm is what takes the time. */
const LOG_TABLE_PPM = 20_000
const logTable = Float64Array.from({ length: LOG_TABLE_PPM + 1 }, (_, ppm) => -Math.log1p(-ppm / 1e6))

export function resourcesOf (graph: Graph, limits: PathLimits | undefined): Resource[] {
  const { rttUs, lossPpm, jitterUs, price, cost } = limits ?? {}
  const resources: Resource[] = []
  if (rttUs !== undefined) {
    resources.push({ values: valuesOf(graph, 'delay', link => graph.delayUs[link]), limit: rttUs + ROUNDING * rttUs, perAccessUs: 1 })
  }
  if (lossPpm !== undefined) {
    // lossPpm of a path is rounded, so a half may be on top
    resources.push({ values: valuesOf(graph, 'loss', link => logLoss(graph.lossPpm[link])), limit: logLoss(Math.min(lossPpm + 0.5, MOST_LOSS_PPM)) + ROUNDING, perAccessUs: 0 })
  }
  if (jitterUs !== undefined) {
    resources.push({ values: valuesOf(graph, 'jitter', link => graph.jitterUs[link] ** 2), limit: jitterUs ** 2, perAccessUs: 0 })
  }
  if (price !== undefined) {
    resources.push({ values: valuesOf(graph, 'price', link => knownOrInfinite(graph.price, link)), limit: price, perAccessUs: 0 })
  }
  if (cost !== undefined) {
    const weighting = new Weighting(cost.weights, cost.relayCostUs)
    // the entry's forwarder is on no link
    resources.push({ values: unitsOf(graph, weighting), limit: mostUnits(cost, weighting) - weighting.unitsPerForwarder, perAccessUs: weighting.unitsPerDelayUs })
  }
  return resources
}

/** The costs of all links under the query's weighting. */
export function linkUnitsOf ({ graph, weighting }: QueryCosts): Float64Array {
  return unitsOf(graph, weighting)
}

function unitsOf (graph: Graph, weighting: Weighting): Float64Array {
  return valuesOf(graph, `cost ${weighting.key}`, link => weighting.linkUnits(graph, link))
}

function mostUnits ({ most }: CostLimit, { units }: Weighting): number {
  return (most + COST_ROUNDING * most) * units + ROUNDED_UNITS
}

/** False where a limit on each single link keeps this one out. */
export function isLinkOpen (graph: Graph, limits: PathLimits | undefined, link: number): boolean {
  const { leastBytesPerSecond, loadPpm, measuredSinceMs } = limits ?? {}
  if (leastBytesPerSecond !== undefined && (graph.bytesPerSecond?.[link] ?? UNKNOWN) < leastBytesPerSecond) {
    return false
  }
  if (measuredSinceMs !== undefined && graph.updatedAtMs[link] < measuredSinceMs) {
    return false
  }
  return loadPpm === undefined || knownOrInfinite(graph.loadPpm, link) <= loadPpm
}

/** Whether a path that otherwise answers the query keeps to its limits, its number of forwarders and its waypoints. */
export function keepsTo (graph: Graph, query: PathQuery, nodes: readonly number[], entryRttUs: number, exitRttUs: number): boolean {
  const { limits, waypoints = [] } = query
  const metrics = measurePath(graph, nodes, entryRttUs, exitRttUs)
  if (metrics === undefined || nodes.length > query.maxForwarders) {
    return false
  }
  const { rttUs = Infinity, lossPpm = Infinity, jitterUs = Infinity, price = Infinity } = limits ?? {}
  if (metrics.rttUs > rttUs || metrics.lossPpm > lossPpm || metrics.jitterUs > jitterUs) {
    return false
  }
  const links = nodes.slice(1).map((node, hop) => graph.linkBetween(nodes[hop], node))
  const isPriceKept = price === Infinity || (metrics.price ?? Infinity) <= price
  let next = 0
  for (const node of nodes) {
    next += isAt(waypoints[next], node) ? 1 : 0
  }
  const isCostKept = limits?.cost === undefined || costsAtMost(graph, limits.cost, links, entryRttUs + exitRttUs)
  return isPriceKept && isCostKept && next === waypoints.length && links.every(link => isLinkOpen(graph, limits, link))
}

function costsAtMost (graph: Graph, limit: CostLimit, links: readonly number[], accessRttUs: number): boolean {
  const weighting = new Weighting(limit.weights, limit.relayCostUs)
  const ends = accessRttUs * weighting.unitsPerDelayUs + weighting.unitsPerForwarder
  return links.reduce((sum, link) => sum + weighting.linkUnits(graph, link), ends) <= mostUnits(limit, weighting)
}

function valuesOf (graph: Graph, key: string, valueOf: (link: number) => number): Float64Array {
  let values = knownValues.get(graph)
  if (values === undefined) {
    values = new Map()
    knownValues.set(graph, values)
  }
  let column = values.get(key)
  if (column === undefined) {
    column = new Float64Array(graph.linkCount)
    for (let link = 0; link < graph.linkCount; link++) {
      column[link] = valueOf(link)
    }
    if (values.size >= MAX_KEPT) {
      values.delete(values.keys().next().value as string)
    }
    values.set(key, column)
  }
  return column
}

function logLoss (ppm: number): number {
  return ppm <= LOG_TABLE_PPM && Number.isInteger(ppm) ? logTable[ppm] : -Math.log1p(-Math.min(ppm, 1e6) / 1e6)
}

function knownOrInfinite (column: Int32Array | undefined, link: number): number {
  const value = column?.[link] ?? UNKNOWN
  return value === UNKNOWN ? Number.POSITIVE_INFINITY : value
}
