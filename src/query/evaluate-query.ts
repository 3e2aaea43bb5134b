// Answers a compiled query: which paths, in which order. The path finder knows hard constraints and sums; what the language has
// beyond them is made of several searches, whose union is sure to hold the answer:
//
// - soft constraints: for each set of them that may be broken, the best paths that keep to the others. A path of the answer that breaks
//   just this set is among the best of that search, or there are as many others that break no more and cost no more.
// - nearly equal scores: the best by the preferred metric, of those whose score is within the margin of the best one's.
//
// Searches that cannot give anything better are left out, so that most queries take one.
import { AlternativesFinder } from '../path-finding/alternatives.ts'
import { MAX_PATHS } from '../path-finding/path-finder.ts'
import type { PathFinder } from '../path-finding/path-finder.ts'
import { areDisjoint } from '../topology/path.ts'
import type { Ask, RankedPath } from './ask.ts'
import type { CompiledQuery, Ranking, Soft } from './compile-query.ts'
import { join } from './eligibility.ts'
import { UnsupportedQueryError } from './errors.ts'
import { PathMerit } from './path-merit.ts'
import { printConfidence } from './print-query.ts'
import { NO_LINK, searchRanked } from './ranked-search.ts'
import type { ScoreBound } from './ranked-search.ts'
import { subsetsOf } from './subsets.ts'

export class QueryEvaluator {
  readonly #finder: PathFinder
  /** Searches so far. */
  searches = 0

  /** @param finder - gives the k cheapest paths, no others among them */
  constructor (finder: PathFinder = new AlternativesFinder()) {
    this.#finder = finder
  }

  /**
   * Best first; none where no path is eligible. Where the query says nothing of alternatives and several paths are asked for, one that
   * shares no forwarder with the first is among them, if there is any.
   *
   * @throws UnsupportedQueryError - confidence is asked for, and nobody says how sure the RSP is
   */
  evaluate (compiled: CompiledQuery, ask: Ask): RankedPath[] {
    const asked = { ...ask, avoid: avoidedBy(compiled, ask) }
    const { alternatives } = compiled
    if (alternatives?.isDisjoint === true) {
      return this.#disjoint(compiled, asked, alternatives.count + 1)
    }
    if (alternatives !== undefined) {
      return this.#sure(compiled, asked, alternatives.count + 1)
    }
    const paths = this.#sure(compiled, asked, ask.paths)
    if (ask.paths === 1 || paths.length === 0 || paths.some(({ path }) => areDisjoint(path.nodes, paths[0].path.nodes))) {
      return paths
    }
    const [backup] = this.#sure(compiled, without(asked, paths[0].path.nodes), 1)
    return backup === undefined ? paths : [...paths.slice(0, ask.paths - 1), backup]
  }

  /** Each of them the best past all before it. */
  #disjoint (compiled: CompiledQuery, ask: Ask, count: number): RankedPath[] {
    const paths: RankedPath[] = []
    let left = ask
    while (paths.length < count) {
      const [best] = this.#sure(compiled, left, 1)
      if (best === undefined) {
        break
      }
      paths.push(best)
      left = without(left, best.path.nodes)
    }
    return paths
  }

  /** Of the first eight those that the RSP is sure enough of. */
  #sure (compiled: CompiledQuery, ask: Ask, count: number): RankedPath[] {
    const { confidencePpm } = compiled
    if (confidencePpm === undefined) {
      return this.#best(compiled, ask, count)
    }
    const { confidenceOf } = ask
    if (confidenceOf === undefined) {
      throw new UnsupportedQueryError([printConfidence(confidencePpm)])
    }
    return this.#best(compiled, ask, MAX_PATHS).filter(({ path }) => confidenceOf(path) * 1e6 >= confidencePpm).slice(0, count)
  }

  #best (compiled: CompiledQuery, ask: Ask, count: number): RankedPath[] {
    const merit = new PathMerit(compiled, ask)
    const byScore = this.#byScore(compiled, ask, count, merit)
    if (compiled.nearlyEqual === undefined || byScore.length === 0) {
      return byScore
    }
    const first = this.#nearlyEqual(compiled, compiled.nearlyEqual, ask, count, merit, byScore[0])
    const known = new Set(first.map(keyOf))
    return [...first, ...byScore.filter((ranked) => !known.has(keyOf(ranked)))].slice(0, count)
  }

  #byScore (compiled: CompiledQuery, ask: Ask, count: number, merit: PathMerit): RankedPath[] {
    const { ordered, penalized, ranking } = compiled
    const pool = new Map<string, RankedPath>()
    for (const broken of subsetsOf(ordered)) {
      const kept = ordered.filter((soft) => !broken.includes(soft))
      let least: number | undefined
      for (const { paid, penalty } of penaltiesOf(penalized)) {
        // no path that breaks these is better than the best of all, at their price
        if (least !== undefined && betterThan(pool, least + penalty) >= count) {
          continue
        }
        const keptNow = [...kept, ...penalized.filter((soft) => !paid.includes(soft))]
        const found = this.#search(compiled, ranking, keptNow, ask, count)
        found.map((path) => merit.rank(path)).forEach((ranked) => pool.set(keyOf(ranked), ranked))
        least ??= found.length === 0 ? Number.POSITIVE_INFINITY : found[0].cost
        if (least === Number.POSITIVE_INFINITY) {
          break
        }
      }
      if (pool.size >= count) {
        break
      }
    }
    return [...pool.values()].sort((a, b) => merit.compare(a, b)).slice(0, count)
  }

  /** Of the best one's class, those within the margin, best by the preferred metric first; those of which it is not known are not among them. */
  #nearlyEqual (compiled: CompiledQuery, { preference, ranking }: NonNullable<CompiledQuery['nearlyEqual']>, ask: Ask, count: number, merit: PathMerit, best: RankedPath): RankedPath[] {
    const { ordered, penalized } = compiled
    const share = preference.withinPpm / 1e6
    const kept = ordered.filter((soft) => !best.broken.includes(soft))
    const pool = new Map<string, { ranked: RankedPath, value: number }>()
    for (const { paid, penalty } of penaltiesOf(penalized)) {
      const bound = boundOf(compiled.ranking, best.score, share, penalty, ask)
      if (bound !== undefined) {
        const keptNow = [...kept, ...penalized.filter((soft) => !paid.includes(soft))]
        for (const path of this.#search(compiled, ranking, keptNow, ask, count, bound)) {
          const ranked = merit.rank(path)
          pool.set(keyOf(ranked), { ranked, value: ranking.kind === 'rate' ? -(path.bytesPerSecond ?? Number.POSITIVE_INFINITY) : path.cost })
        }
      }
    }
    return [...pool.values()]
      .sort((a, b) => a.value === b.value ? merit.compareTies(a.ranked.path, b.ranked.path) : a.value - b.value)
      .map(({ ranked }) => ranked).slice(0, count)
  }

  #search (compiled: CompiledQuery, ranking: Ranking, kept: readonly Soft[], ask: Ask, count: number, bound?: ScoreBound): ReturnType<typeof searchRanked> {
    if (ask.patience?.mustStop() === true) {
      return []
    }
    this.searches++
    const eligibility = kept.length === 0 ? compiled.eligibility : join([compiled.eligibility, ...kept.map((soft) => soft.eligibility)], compiled.nodeCount)
    return searchRanked(this.#finder, ranking, eligibility, ask, count, bound)
  }
}

/** What may be broken at which price: everything first, which tells what the rest can gain; then the cheaper first. */
function penaltiesOf (penalized: readonly Soft[]): Array<{ paid: Soft[], penalty: number }> {
  const priced = subsetsOf(penalized).map((paid) => ({ paid, penalty: paid.reduce((sum, { preference }) => sum + (preference.penalty ?? 0), 0) }))
  const all = priced.pop() as { paid: Soft[], penalty: number }
  return [all, ...priced.sort((a, b) => a.penalty - b.penalty)]
}

function betterThan (pool: ReadonlyMap<string, RankedPath>, score: number): number {
  return [...pool.values()].filter((ranked) => ranked.score <= score).length
}

/** Of the scores nearly equal to the best one, the penalty paid already; undefined where there is none. */
function boundOf (ranking: Ranking, best: number, share: number, penalty: number, { relayCostUs }: Ask): ScoreBound | undefined {
  if (ranking.kind === 'rate') {
    return { leastBytesPerSecond: share === 1 ? 0 : Math.min(best * (1 - share), NO_LINK) }
  }
  const most = best * (1 + share) - penalty
  return most < 0 ? undefined : { cost: { weights: ranking.weights, relayCostUs, most } }
}

function avoidedBy ({ nodeCount, ast }: CompiledQuery, { graph, avoid = new Set() }: Ask): ReadonlySet<number> {
  const knowsNodes = [...ast.constraints, ...ast.preferences].some(({ kind }) => kind !== 'limit' && kind !== 'metric')
  if (!knowsNodes || graph.nodeCount <= nodeCount) {
    return avoid
  }
  return new Set([...avoid, ...Array.from({ length: graph.nodeCount - nodeCount }, (_, i) => nodeCount + i)])
}

function without (ask: Ask, nodes: readonly number[]): Ask {
  return { ...ask, avoid: new Set([...ask.avoid ?? [], ...nodes]) }
}

function keyOf ({ path }: RankedPath): string {
  return path.nodes.join()
}
