// What a path is worth under a compiled query, and which of two is the better.
import { keepsTo } from '../path-finding/path-limits.ts'
import type { FoundPath } from '../path-finding/path-finder.ts'
import { Weighting } from '../path-finding/weighting.ts'
import { compareNodes } from '../topology/path.ts'
import type { Ask, RankedPath } from './ask.ts'
import type { CompiledQuery, Soft } from './compile-query.ts'
import { asPathQuery } from './eligibility.ts'
import type { Eligibility } from './eligibility.ts'
import { BY_DELAY } from './ranked-search.ts'

export class PathMerit {
  readonly #compiled: CompiledQuery
  readonly #ask: Ask
  readonly #weighting: Weighting

  constructor (compiled: CompiledQuery, ask: Ask) {
    const { ranking } = compiled
    this.#compiled = compiled
    this.#ask = ask
    this.#weighting = new Weighting(ranking.kind === 'cost' ? ranking.weights : BY_DELAY, ask.relayCostUs)
  }

  /** Of a path that any search has found. */
  rank (found: FoundPath): RankedPath {
    const { ordered, penalized, ranking } = this.#compiled
    const broken = [...ordered, ...penalized].filter((soft) => !this.#keeps(soft, found))
    const cost = this.#costOf(found)
    const score = ranking.kind === 'rate'
      ? found.bytesPerSecond ?? Number.POSITIVE_INFINITY
      : broken.reduce((sum, { preference }) => sum + (preference.penalty ?? 0), cost)
    return { path: { ...found, cost }, score, broken }
  }

  /** The soft constraints without a penalty that the path breaks, as a number: the most important is the highest bit. */
  classOf ({ broken }: RankedPath): number {
    return this.#compiled.ordered.reduce((bits, soft) => bits * 2 + (broken.includes(soft) ? 1 : 0), 0)
  }

  /** Below 0 where a is the better. */
  compare (a: RankedPath, b: RankedPath): number {
    const difference = a.score === b.score ? 0 : a.score - b.score
    return this.classOf(a) - this.classOf(b) || (this.#compiled.ranking.kind === 'rate' ? -difference : difference) || this.compareTies(a.path, b.path)
  }

  /** Of two that are equal in what was asked for, the one of the lower round trip, relay costs included. */
  compareTies (a: FoundPath, b: FoundPath): number {
    const tieUs = ({ rttUs, nodes }: FoundPath): number => rttUs + this.#ask.relayCostUs * nodes.length
    return tieUs(a) - tieUs(b) || compareNodes(a.nodes, b.nodes)
  }

  #keeps ({ eligibility }: Soft, found: FoundPath): boolean {
    // a soft `via` comes after the hard ones
    const waypoints = eligibility.waypoints.length === 0 ? [] : [...this.#compiled.eligibility.waypoints, ...eligibility.waypoints]
    return isEligible({ ...eligibility, waypoints }, this.#ask, found)
  }

  #costOf ({ nodes, rttUs }: FoundPath): number {
    const { graph } = this.#ask
    let delayUs = 0
    let units = this.#weighting.unitsPerForwarder
    for (let hop = 1; hop < nodes.length; hop++) {
      const link = graph.linkBetween(nodes[hop - 1], nodes[hop])
      delayUs += graph.delayUs[link]
      units += this.#weighting.linkUnits(graph, link)
    }
    return (units + this.#weighting.accessUnits(rttUs - delayUs)) / this.#weighting.units
  }
}

/** Of a path of the ask's graph between its ends. */
export function isEligible (eligibility: Eligibility, { graph, source, destination, nowMs }: Ask, { nodes, rttUs }: FoundPath): boolean {
  if (nodes.some((node) => eligibility.avoidSet?.has(node) === true)) {
    return false
  }
  const delayUs = nodes.slice(1).reduce((sum, node, hop) => sum + graph.delayUs[graph.linkBetween(nodes[hop], node)], 0)
  const query = { source, destination, weights: BY_DELAY, paths: 1, avoid: new Set<number>(), relayCostUs: 0, ...asPathQuery(eligibility, nowMs) }
  return keepsTo(graph, query, nodes, rttUs - delayUs, 0)
}
