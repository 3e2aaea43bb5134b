// A query in the language as a question that stands: which path is best, not how many there are, nor which of nearly equal ones.
import { PathMerit, isEligible } from '../../query/path-merit.ts'
import { Weighting } from '../../path-finding/weighting.ts'
import { measurePath } from '../../topology/path.ts'
import type { Ask } from '../../query/ask.ts'
import type { AccessPoint } from '../../topology/path.ts'
import type { Eligibility } from '../../query/eligibility.ts'
import type { CompiledQuery } from '../../query/compile-query.ts'
import type { Patience } from '../../path-finding/patience.ts'
import type { Graph } from '../../topology/graph.ts'
import type { QueryEvaluator } from '../../query/evaluate-query.ts'
import type { RankedPath } from '../../query/ask.ts'
import type { Question } from './question.ts'

const US_PER_MS = 1_000
/** A path that keeps a preference is better than all that do not. Costs are a millisecond of delay, or a nanosecond per byte: no score is more. */
const CLASS_COST = 1e9
const MOST_IN_CLASS = 0.999 * CLASS_COST
/** Units per 1 of cost, whatever the query weighs. */
const UNITS = 1e9
const NS_PER_S = 1e9

export class TextQuestion implements Question {
  readonly source: readonly AccessPoint[]
  readonly destination: readonly AccessPoint[]
  readonly group: string
  readonly costPerUs: number
  readonly classCost: number | undefined
  readonly ages: boolean
  readonly #compileNow: () => CompiledQuery
  #latest: CompiledQuery
  #best: CompiledQuery
  #avoid: Ask['avoid']
  readonly #evaluator: QueryEvaluator
  readonly #askNow: () => Omit<Ask, 'graph'>
  readonly #weighting: Weighting | undefined
  /** Of what a link has too much to be on a path that is an answer, or keeps a preference. */
  readonly #lacks: ReadonlyArray<(graph: Graph, link: number) => number>

  /**
   * @param compileNow - the same query, laid over the forwarders that there are now; another object only when they have changed
   * @param askNow - the same but for its time, and forwarders to avoid: another set only when they have changed
   */
  constructor (compileNow: () => CompiledQuery, evaluator: QueryEvaluator, askNow: () => Omit<Ask, 'graph'>) {
    const { ranking, eligibility, ordered, penalized } = this.#latest = compileNow()
    const { leastBytesPerSecond, loadPpm } = eligibility.limits
    const wanted = [eligibility, ...[...ordered, ...penalized].map((soft) => soft.eligibility)]
    const { source, destination, relayCostUs, avoid } = askNow()
    this.#avoid = avoid
    this.#compileNow = compileNow
    this.#best = bestOf(this.#latest)
    this.#evaluator = evaluator
    this.#askNow = askNow
    this.#weighting = ranking.kind === 'cost' ? new Weighting(ranking.weights, relayCostUs) : undefined
    this.source = source
    this.destination = destination
    this.costPerUs = ranking.kind === 'cost' ? ranking.weights.delay / US_PER_MS * this.#unitCost : 0
    this.ages = this.#latest.confidencePpm !== undefined || wanted.some(({ maxAgeMs }) => maxAgeMs !== undefined)
    this.classCost = ordered.length > 0 ? CLASS_COST : undefined
    this.#lacks = wanted.flatMap((each) => lacksOf(each, () => askNow().nowMs))
    this.group = `${this.#weighting?.key ?? 'rate'} ${leastBytesPerSecond ?? ''} ${loadPpm ?? ''} ${wanted.map(({ limits, maxAgeMs }) => JSON.stringify([limits, maxAgeMs])).join()}`
  }

  /** Forwarders may have come, or say other things of themselves, or whose paths they take. */
  get basis (): CompiledQuery {
    const latest = this.#compileNow()
    const { avoid } = this.#askNow()
    if (latest !== this.#latest || avoid !== this.#avoid) {
      this.#avoid = avoid
      this.#latest = latest
      this.#best = bestOf(latest)
    }
    return this.#best
  }

  linkCost (graph: Graph, link: number): number {
    const { leastBytesPerSecond = 0, loadPpm = Infinity } = this.#latest.eligibility.limits
    const rate = Math.max(0, graph.bytesPerSecond?.[link] ?? 0)
    const load = graph.loadPpm?.[link] ?? -1
    if (rate < leastBytesPerSecond || (loadPpm < Infinity && (load < 0 || load > loadPpm))) {
      return Infinity
    }
    return this.#weighting === undefined ? NS_PER_S / rate : this.#weighting.linkUnits(graph, link) / UNITS
  }

  opens (before: Graph, linkBefore: number, after: Graph, linkAfter: number): boolean {
    return this.#lacks.some((lack) => lack(after, linkAfter) < lack(before, linkBefore))
  }

  /** The cost of 1 of what is minimized. */
  get #unitCost (): number {
    return (this.#weighting?.units ?? UNITS) / UNITS
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
    // what has changed of forwarders since is looked at in its turn: links change all the time
    const compiled = this.#best
    if (!isEligible(compiled.eligibility, ask, found)) {
      return Infinity
    }
    const merit = new PathMerit(compiled, ask)
    const ranked = merit.rank(found)
    const { confidencePpm = 0 } = compiled
    return ask.confidenceOf !== undefined && ask.confidenceOf(ranked.path) * 1e6 < confidencePpm ? Infinity : this.#costOf(ranked, merit)
  }

  breaks (graph: Graph, nodes: readonly number[]): boolean {
    const isOfEnds = nearest(this.source, nodes[0]) !== undefined && nearest(this.destination, nodes[nodes.length - 1]) !== undefined
    return isOfEnds && measurePath(graph, nodes, 0, 0) !== undefined && this.costOf(graph, nodes) === Infinity
  }

  bestCost (graph: Graph, patience?: Patience): number {
    const ask = { ...this.#askNow(), graph, paths: 1, patience }
    const compiled = this.basis
    const [best] = this.#evaluator.evaluate(compiled, ask)
    return best === undefined ? Infinity : this.#costOf(best, new PathMerit(compiled, ask))
  }

  #costOf (ranked: RankedPath, merit: PathMerit): number {
    const { score } = ranked
    const cost = this.#weighting === undefined ? NS_PER_S / score : score * this.#unitCost
    return this.classCost === undefined ? cost : Math.min(cost, MOST_IN_CLASS) + CLASS_COST * merit.classOf(ranked)
  }
}

/** A single path is asked for, whatever others the query wants besides. */
function bestOf (compiled: CompiledQuery): CompiledQuery {
  return { ...compiled, alternatives: undefined, nearlyEqual: undefined }
}

/** Of each thing that is limited: how much of it a link has, or, where not the sum counts, whether too much (1, else 0). */
function lacksOf ({ limits, maxAgeMs }: Eligibility, nowMs: () => number): Array<(graph: Graph, link: number) => number> {
  const { rttUs, lossPpm, jitterUs, price, loadPpm, leastBytesPerSecond } = limits
  const known = (value: number | undefined): number => value === undefined || value < 0 ? Infinity : value
  return [
    ...(rttUs === undefined ? [] : [(graph: Graph, link: number) => graph.delayUs[link]]),
    ...(lossPpm === undefined ? [] : [(graph: Graph, link: number) => graph.lossPpm[link]]),
    ...(jitterUs === undefined ? [] : [(graph: Graph, link: number) => graph.jitterUs[link]]),
    ...(price === undefined ? [] : [(graph: Graph, link: number) => known(graph.price?.[link])]),
    ...(loadPpm === undefined ? [] : [(graph: Graph, link: number) => known(graph.loadPpm?.[link]) > loadPpm ? 1 : 0]),
    ...(leastBytesPerSecond === undefined ? [] : [(graph: Graph, link: number) => (graph.bytesPerSecond?.[link] ?? 0) < leastBytesPerSecond ? 1 : 0]),
    ...(maxAgeMs === undefined ? [] : [(graph: Graph, link: number) => graph.updatedAtMs[link] < nowMs() - maxAgeMs ? 1 : 0])
  ]
}

function nearest (points: readonly AccessPoint[], node: number): number | undefined {
  const rttsUs = points.flatMap((point) => point.node === node ? [point.rttUs] : [])
  return rttsUs.length === 0 ? undefined : Math.min(...rttsUs)
}
