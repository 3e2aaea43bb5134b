// What a perfect provider would have answered: the judge of a demo's or an evaluation's results. It reads the
// matrix that nobody else may read, so that what was achieved can be compared with what was possible.
import type { LatencyMatrix } from './latency-matrix.ts'

export interface CheapestPathQuery {
  rttMs: (a: number, b: number) => number
  /** Rows of the forwarders that a path may visit. */
  forwarders: readonly number[]
  source: number
  destination: number
  /** What each forwarder on the path adds, in ms, 0 or more. */
  relayCostMs: number
}

export interface CheapestPath {
  /** Rows of the forwarders, entry first; empty for the direct route. */
  path: number[]
  /** Round trips of all hops plus the relay cost of each forwarder. */
  rttMs: number
}

/**
 * The cheapest way from source to destination through any subset of the forwarders. At equal cost the direct route
 * wins, since a relay that gains nothing is a relay too many. Dijkstra on the dense graph, O(forwarders²).
 */
export function cheapestPath ({ rttMs, forwarders, source, destination, relayCostMs }: CheapestPathQuery): CheapestPath {
  const open = new Set(forwarders)
  const costMs = new Map<number, number>()
  const previous = new Map<number, number>()
  for (const forwarder of open) {
    costMs.set(forwarder, rttMs(source, forwarder) + relayCostMs)
  }
  let best = { last: undefined as number | undefined, rttMs: rttMs(source, destination) }
  for (;;) {
    const nearest = cheapestOf(open, costMs)
    if (nearest == null || nearest.costMs >= best.rttMs) break
    open.delete(nearest.forwarder)
    const arrivalMs = nearest.costMs + rttMs(nearest.forwarder, destination)
    if (arrivalMs < best.rttMs) {
      best = { last: nearest.forwarder, rttMs: arrivalMs }
    }
    for (const next of open) {
      const viaMs = nearest.costMs + rttMs(nearest.forwarder, next) + relayCostMs
      if (viaMs < (costMs.get(next) ?? Infinity)) {
        costMs.set(next, viaMs)
        previous.set(next, nearest.forwarder)
      }
    }
  }
  return { path: walkBack(best.last, previous), rttMs: best.rttMs }
}

function cheapestOf (open: ReadonlySet<number>, costMs: ReadonlyMap<number, number>): { forwarder: number, costMs: number } | undefined {
  let nearest: { forwarder: number, costMs: number } | undefined
  for (const forwarder of open) {
    const cost = costMs.get(forwarder) ?? Infinity
    if (nearest == null || cost < nearest.costMs) {
      nearest = { forwarder, costMs: cost }
    }
  }
  return nearest
}

function walkBack (last: number | undefined, previous: ReadonlyMap<number, number>): number[] {
  const path: number[] = []
  for (let at = last; at != null; at = previous.get(at)) {
    path.unshift(at)
  }
  return path
}

/** What somebody believes about a link between two rows. */
export interface LinkEstimate {
  from: number
  to: number
  rttMs: number
}

export interface LinkAgreement {
  links: number
  medianAbsoluteErrorMs: number
  /** Of the true round trip, 0.1 being a tenth; infinite for an estimate above 0 where the truth is 0. */
  medianRelativeError: number
  /** Share of links, 0 to 1, whose estimate is within a tenth or 3 ms of the truth. */
  withinTolerance: number
}

/** A link of a few ms is measured through timers and queues of a loaded machine: relative error alone would condemn it. */
const TOLERANCE_MS = 3
const TOLERANCE_SHARE = 0.1

/** How well estimates agree with the truth; undefined if there are none to judge. */
export function linkAgreement (estimates: readonly LinkEstimate[], matrix: LatencyMatrix): LinkAgreement | undefined {
  if (estimates.length === 0) return undefined
  const errors = estimates.map(({ from, to, rttMs }) => {
    const truthMs = matrix.rttMs(from, to)
    const errorMs = Math.abs(rttMs - truthMs)
    return {
      errorMs,
      share: errorMs === 0 ? 0 : errorMs / truthMs,
      tolerated: errorMs <= Math.max(TOLERANCE_MS, TOLERANCE_SHARE * truthMs)
    }
  })
  return {
    links: errors.length,
    medianAbsoluteErrorMs: median(errors.map(error => error.errorMs)),
    medianRelativeError: median(errors.map(error => error.share)),
    withinTolerance: errors.filter(error => error.tolerated).length / errors.length
  }
}

function median (values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
