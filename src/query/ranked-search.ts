// One search: the best paths of those that are eligible, under one ranking.
import { MAX_COUNT } from '../topology/limits.ts'
import type { Graph } from '../topology/graph.ts'
import type { FoundPath, PathFinder, PathLimits, Weights } from '../path-finding/path-finder.ts'
import type { Ask } from './ask.ts'
import type { Ranking } from './compile-query.ts'
import { asPathQuery } from './eligibility.ts'
import type { Eligibility } from './eligibility.ts'

/** What decides between paths of equal rate. */
export const BY_DELAY: Weights = { delay: 1, loss: 0 }

/** No link has such a rate: only a path without links keeps to it. */
export const NO_LINK = MAX_COUNT + 1

const ratesOf = new WeakMap<Graph, number[]>()

/** Bounds besides those of eligibility: of a score, and of a rate. */
export type ScoreBound = Pick<PathLimits, 'cost' | 'leastBytesPerSecond'>

/** Best first. The finder gives the cheapest paths that there are. */
export function searchRanked (finder: PathFinder, ranking: Ranking, eligibility: Eligibility, ask: Ask, count: number, bound: ScoreBound = {}): FoundPath[] {
  const { graph, source, destination, relayCostUs, avoid = new Set<number>(), nowMs, patience } = ask
  const { limits, ...others } = asPathQuery(eligibility, nowMs)
  const leastOfAll = Math.max(limits?.leastBytesPerSecond ?? 0, bound.leastBytesPerSecond ?? 0)
  const find = (weights: Weights, leastBytesPerSecond: number | undefined): FoundPath[] => finder.find(graph, {
    source,
    destination,
    weights,
    paths: count,
    avoid,
    relayCostUs,
    patience,
    ...others,
    limits: { ...limits, ...(bound.cost === undefined ? {} : { cost: bound.cost }), ...(leastBytesPerSecond === undefined ? {} : { leastBytesPerSecond }) }
  })
  if (ranking.kind === 'rate') {
    return widest(graph, count, leastOfAll, (least) => patience?.mustStop() === true ? undefined : find(BY_DELAY, least))
  }
  const isBounded = limits?.leastBytesPerSecond !== undefined || bound.leastBytesPerSecond !== undefined
  return find(ranking.weights, isBounded ? leastOfAll : undefined)
}

/**
 * The paths of the highest rate, the quicker of two that are equal in it first. What the paths of at least some rate are is
 * monotone in the rate: halving finds the highest at which there is one more path than are known, as often as it takes. Where `find` gives
 * nothing there is no more time, and what was found at a lower rate must do.
 */
function widest (graph: Graph, count: number, leastOfAll: number, find: (leastBytesPerSecond: number) => FoundPath[] | undefined): FoundPath[] {
  const rates = distinctRates(graph).filter((rate) => rate >= leastOfAll || rate === NO_LINK)
  // of the least rate first: where there is none of it there is none, and where time runs out there is something to give
  const anyPaths = find(rates[rates.length - 1]) ?? []
  let found: FoundPath[] = []
  for (let first = 0; first < rates.length && found.length < Math.min(count, anyPaths.length);) {
    let [low, high] = [first, rates.length - 1]
    let more = anyPaths
    while (low < high) {
      const middle = (low + high) >>> 1
      const paths = find(rates[middle])
      if (paths === undefined) {
        return [...found, ...others(more, found)].slice(0, count)
      }
      if (paths.length > found.length) {
        [high, more] = [middle, paths]
      } else {
        low = middle + 1
      }
    }
    found = [...found, ...others(more, found)].slice(0, count)
    first = low + 1
  }
  return found
}

function others (paths: readonly FoundPath[], found: readonly FoundPath[]): FoundPath[] {
  const known = new Set(found.map(({ nodes }) => nodes.join()))
  return paths.filter(({ nodes }) => !known.has(nodes.join()))
}

/** Falling; before them one that only a path without links has. */
function distinctRates (graph: Graph): number[] {
  let rates = ratesOf.get(graph)
  if (rates === undefined) {
    const known = new Set((graph.bytesPerSecond ?? []).filter((rate) => rate >= 0))
    rates = [NO_LINK, ...[...known].sort((a, b) => b - a)]
    ratesOf.set(graph, rates)
  }
  return rates
}
