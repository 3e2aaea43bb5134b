// What every path finder answers. Implementations: shortest-path.ts (the best path only), alternatives.ts (the k cheapest),
// disjoint.ts (the k cheapest with a disjoint backup among them: what an RSP answers with).
// All of them pass test/compliance/path-finder.ts.
import type { Graph } from '../topology/graph.ts'
import type { AccessPoint, FoundPath } from '../topology/path.ts'

export type { AccessPoint, FoundPath } from '../topology/path.ts'

/** A set-up path has at most 16 hops; see the set-up protocol. */
export const MAX_FORWARDERS = 16

/** A best path, a backup, and some choice behind them; the work grows with it. */
export const MAX_PATHS = 8

/**
 * The cost of a path is the sum of
 * - `weights.delay` × milliseconds of round trip: both access legs and all links,
 * - `weights.loss` × percent of loss, link by link,
 * - `weights.delay` × relayCostUs in milliseconds for each forwarder on it.
 *
 * Between paths of equal cost the one with the lower RTT, relayCostUs per forwarder included, is the better. Which of two
 * paths that are equal in both comes first is the finder's choice, but always the same for the same links and query.
 */
export interface PathQuery {
  /** Where the source can enter. Points that name no node of the graph are ignored; of two for one node the nearer counts. */
  source: readonly AccessPoint[]
  /** Where the destination can be left to. */
  destination: readonly AccessPoint[]
  /** Both ≥ 0. */
  weights: { delay: number, loss: number }
  /** How many paths at most, 1 to MAX_PATHS. */
  paths: number
  /** Forwarders that must not be on a path. */
  avoid: ReadonlySet<number>
  /** How many forwarders a path may visit, 1 to MAX_FORWARDERS. */
  maxForwarders: number
  /** What a forwarder on the path costs besides its links; counted in the cost, not in rttUs. */
  relayCostUs: number
}

export interface PathFinder {
  /**
   * Distinct loopless paths, best first; none where there is none. A path of one forwarder, at which both ends can be
   * reached, needs no link. Throws InvalidPathQueryError.
   */
  find (graph: Graph, query: PathQuery): FoundPath[]
}

/** The query asks for something that no finder can answer. */
export class InvalidPathQueryError extends Error {
  override readonly name = 'InvalidPathQueryError'
  readonly field: string
  readonly value: number

  constructor (field: string, value: number, expected: string) {
    super(`A path query's ${field} is ${value}: give ${expected}.`)
    this.field = field
    this.value = value
  }
}

export function checkPathQuery (query: PathQuery): void {
  checkCount('paths', query.paths, MAX_PATHS)
  checkCount('maxForwarders', query.maxForwarders, MAX_FORWARDERS)
  checkNotNegative('weights.delay', query.weights.delay)
  checkNotNegative('weights.loss', query.weights.loss)
  checkNotNegative('relayCostUs', query.relayCostUs)
  for (const point of query.source) {
    checkNotNegative('source.rttUs', point.rttUs)
  }
  for (const point of query.destination) {
    checkNotNegative('destination.rttUs', point.rttUs)
  }
}

function checkCount (field: string, value: number, max: number): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= max)) {
    throw new InvalidPathQueryError(field, value, `a whole number from 1 to ${max}`)
  }
}

function checkNotNegative (field: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new InvalidPathQueryError(field, value, 'a finite number that is not negative')
  }
}
