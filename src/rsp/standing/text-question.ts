// A query in the language as a question that stands: which path is best, not how many there are, nor which of nearly equal ones.
import { PathMerit, isEligible } from '../../query/path-merit.ts'
import { Weighting } from '../../path-finding/weighting.ts'
import { measurePath } from '../../topology/path.ts'
import type { Ask } from '../../query/ask.ts'
import type { AccessPoint } from '../../topology/path.ts'
import type { CompiledQuery } from '../../query/compile-query.ts'
import type { Graph } from '../../topology/graph.ts'
import type { QueryEvaluator } from '../../query/evaluate-query.ts'
import type { RankedPath } from '../../query/ask.ts'
import type { Question } from './question.ts'

const US_PER_MS = 1_000
/** More than any score: a path that keeps a preference is better than all that do not. */
const BROKEN_COST = 1e9

export class TextQuestion implements Question {
  readonly source: readonly AccessPoint[]
  readonly destination: readonly AccessPoint[]
  readonly group: string
  readonly costPerUs: number
  readonly #compiled: CompiledQuery
  readonly #evaluator: QueryEvaluator
  readonly #askNow: () => Omit<Ask, 'graph'>
  readonly #weighting: Weighting | undefined

  /** @param askNow - the same but for its time */
  constructor (compiled: CompiledQuery, evaluator: QueryEvaluator, askNow: () => Omit<Ask, 'graph'>) {
    const { ranking, eligibility: { limits: { leastBytesPerSecond, loadPpm } } } = compiled
    const { source, destination, relayCostUs } = askNow()
    this.#compiled = { ...compiled, alternatives: undefined, nearlyEqual: undefined }
    this.#evaluator = evaluator
    this.#askNow = askNow
    this.#weighting = ranking.kind === 'cost' ? new Weighting(ranking.weights, relayCostUs) : undefined
    this.source = source
    this.destination = destination
    this.costPerUs = ranking.kind === 'cost' ? ranking.weights.delay / US_PER_MS : 0
    this.group = `${this.#weighting?.key ?? 'rate'} ${leastBytesPerSecond ?? ''} ${loadPpm ?? ''}`
  }

  linkCost (graph: Graph, link: number): number {
    const { leastBytesPerSecond = 0, loadPpm = Infinity } = this.#compiled.eligibility.limits
    const rate = Math.max(0, graph.bytesPerSecond?.[link] ?? 0)
    const load = graph.loadPpm?.[link] ?? -1
    if (rate < leastBytesPerSecond || (loadPpm < Infinity && (load < 0 || load > loadPpm))) {
      return Infinity
    }
    return this.#weighting === undefined ? 1 / rate : this.#weighting.linkUnits(graph, link) / this.#weighting.units
  }

  costOf (graph: Graph, nodes: readonly number[]): number {
    const entry = nearest(this.source, nodes[0])
    const exit = nearest(this.destination, nodes[nodes.length - 1])
    const metrics = entry === undefined || exit === undefined ? undefined : measurePath(graph, nodes, entry, exit)
    const ask = { ...this.#askNow(), graph }
    if (metrics === undefined || nodes.some((node) => ask.avoid?.has(node))) {
      return Infinity
    }
    const found = { nodes: [...nodes], cost: 0, ...metrics }
    const isAnswer = isEligible(this.#compiled.eligibility, ask, found)
    const merit = new PathMerit(this.#compiled, ask)
    return isAnswer ? this.#costOf(merit.rank(found), merit) : Infinity
  }

  bestCost (graph: Graph): number {
    const ask = { ...this.#askNow(), graph, paths: 1 }
    const [best] = this.#evaluator.evaluate(this.#compiled, ask)
    return best === undefined ? Infinity : this.#costOf(best, new PathMerit(this.#compiled, ask))
  }

  #costOf (ranked: RankedPath, merit: PathMerit): number {
    const { score } = ranked
    return (this.#weighting === undefined ? 1 / score : score) + BROKEN_COST * merit.classOf(ranked)
  }
}

function nearest (points: readonly AccessPoint[], node: number): number | undefined {
  const rttsUs = points.flatMap((point) => point.node === node ? [point.rttUs] : [])
  return rttsUs.length === 0 ? undefined : Math.min(...rttsUs)
}
