// Why these paths: each clause is left out in turn, and what would then be first is what the clause costs.
import { MAX_PATHS } from '../path-finding/path-finder.ts'
import type { Abilities, Unsupported } from './abilities.ts'
import type { Ask, RankedPath } from './ask.ts'
import type { Constraint, Preference, RouteAst } from './ast.ts'
import { compileQuery, eligibilities } from './compile-query.ts'
import type { CompiledQuery, EligibilityOf } from './compile-query.ts'
import { eligibilityOf } from './eligibility.ts'
import type { QueryEvaluator } from './evaluate-query.ts'
import { explainPath } from './explain-path.ts'
import type { ExplainNames, ExplainedPath } from './explain-path.ts'
import { countOf } from './node-facts.ts'
import type { Population } from './node-facts.ts'
import type { NodeSet } from '../topology/node-set.ts'
import { isLinkOpen } from '../path-finding/path-limits.ts'
import { PathMerit, isEligible } from './path-merit.ts'
import { printConfidence, printConstraint, printPreference, printQuery } from './print-query.ts'
import { printQuantity } from './units.ts'

export interface ExplainedClause {
  /** As it is printed. */
  clause: string
  isHard: boolean
  /** Forwarders or links that it keeps out by itself, or that it must visit one of; undefined for limits of a whole path. */
  concerns?: { what: 'forwarders kept out' | 'forwarders to visit' | 'links kept out', count: number, of: number }
  /** How many of the eight best paths without the clause are better than the best one with it; all of them, where there is none with it. */
  betterWithout: number
  /** What would be first without it, where that is another path. */
  without?: ExplainedPath
  /** How much better the score of that one is; negative where the clause is a preference and has chosen a path of better score. */
  gain?: number
  /** The same limit as wide as that path needs it. */
  relaxed?: string
  /** There was no time to look what it does. */
  isSkipped?: boolean
  /** Without it nothing would be found: what it keeps out comes first then, and the RSP is not sure enough of it. */
  noneWithout?: boolean
}

export interface Explanation {
  query: string
  /** Best first; none where no path is eligible. */
  paths: ExplainedPath[]
  /** In the order of the query. */
  clauses: ExplainedClause[]
  /** What is answered without. */
  unsupported: Unsupported[]
  /** Whether there is a path at all, whatever the query says. */
  isConnected: boolean
  /** There was no time to look at all: there may be better paths, or some where there are none, and nothing can be said of the clauses. */
  isCutShort?: boolean
}

export interface LookInit {
  evaluator: Pick<QueryEvaluator, 'evaluate'>
  population: Population
  abilities?: Abilities
  /** What was answered, best first. Default: it is found here. */
  paths?: readonly RankedPath[]
  /** The answer is what was found by when there was no more time: it is compared with nothing. Default false. */
  isCutShort?: boolean
}

export interface ExplainInit extends LookInit {
  names: ExplainNames
}

/** What was found with all of a query, and without each of its clauses: all that takes time. */
export interface QueryFindings {
  ast: RouteAst
  ask: Ask
  compiled: CompiledQuery
  paths: readonly RankedPath[]
  clauses: ClauseFindings[]
  isConnected: boolean
  isCutShort: boolean
}

interface ClauseFindings extends Clause {
  concerns?: ExplainedClause['concerns']
  /** Undefined: there was no time to look. */
  without?: { compiled: CompiledQuery, paths: RankedPath[] }
}

/** @throws UnsupportedQueryError */
export function explainQuery (ast: RouteAst, ask: Ask, init: ExplainInit): Explanation {
  return explanationOf(lookAtClauses(ast, ask, init), init.names)
}

/**
 * Clauses for which `ask.patience` does not last are passed over.
 *
 * @throws UnsupportedQueryError
 */
export function lookAtClauses (ast: RouteAst, ask: Ask, init: LookInit): QueryFindings {
  const { evaluator, population, abilities, isCutShort = false } = init
  const eligible = eligibilities(population)
  const compiled = compileQuery(ast, population, abilities, eligible)
  const paths = init.paths ?? evaluator.evaluate(compiled, ask)
  const clauses = clausesOf(ast).map((clause): ClauseFindings => {
    if (ask.patience?.mustStop() === true) {
      return clause
    }
    const concerns = clause.constraint === undefined ? undefined : concernsOf(clause.constraint, eligible, population.nodeCount, ask)
    const findings = { ...clause, ...(concerns === undefined ? {} : { concerns }) }
    if (isCutShort) {
      return findings
    }
    const relaxed = compileQuery({ ...clause.rest, alternatives: { count: MAX_PATHS - 1, isDisjoint: false } }, population, abilities, eligible)
    const others = evaluator.evaluate(relaxed, ask)
    // half of what would be found tells nothing of a clause
    return ask.patience?.isCutShort === true ? findings : { ...findings, without: { compiled: relaxed, paths: others } }
  })
  const isConnected = paths.length > 0 || evaluator.evaluate(compileQuery(UNCONSTRAINED, population), { ...ask, paths: 1, patience: undefined }).length > 0
  return { ast, ask, compiled, paths, clauses, isConnected, isCutShort }
}

export function explanationOf ({ ast, ask, compiled, paths, clauses, isConnected, isCutShort }: QueryFindings, names: ExplainNames): Explanation {
  const describe = (ranked: RankedPath, by: CompiledQuery): ExplainedPath => explainPath(ranked, by, ask, names)
  const unknown = new Set(compiled.unsupported.map(({ clause }) => clause))
  return {
    query: printQuery(ast),
    paths: paths.map((ranked) => describe(ranked, compiled)),
    clauses: clauses.map(({ clause, constraint, preference, concerns, without }): ExplainedClause => {
      const said = { clause, isHard: preference === undefined, ...(concerns === undefined ? {} : { concerns }) }
      if (without === undefined) {
        return { ...said, betterWithout: 0, isSkipped: true }
      }
      const outcome = outcomeOf(without.paths, paths.at(0), without.compiled, ask)
      return {
        ...said,
        betterWithout: outcome.better,
        ...(outcome.first === undefined ? {} : { without: describe(outcome.first, without.compiled) }),
        ...(outcome.gain === undefined ? {} : { gain: outcome.gain }),
        ...(outcome.first === undefined || unknown.has(clause) ? {} : relaxedLimit(constraint, outcome.first, ask)),
        ...(without.paths.length === 0 && paths.length > 0 ? { noneWithout: true } : {})
      }
    }),
    unsupported: compiled.unsupported,
    isConnected,
    ...(isCutShort ? { isCutShort } : {})
  }
}

const UNCONSTRAINED: RouteAst = { objective: { kind: 'minimize', terms: [{ weight: 1, metric: 'delay' }] }, constraints: [], preferences: [] }

interface Clause {
  clause: string
  constraint?: Constraint
  preference?: Preference
  /** The query without it. */
  rest: RouteAst
}

function clausesOf (ast: RouteAst): Clause[] {
  const clauses: Clause[] = []
  for (const constraint of ast.constraints) {
    clauses.push({ clause: printConstraint(constraint), constraint, rest: { ...ast, constraints: ast.constraints.filter((other) => other !== constraint) } })
  }
  for (const preference of ast.preferences) {
    const constraint = preference.kind === 'constraint' ? preference.constraint : undefined
    clauses.push({ clause: printPreference(preference), constraint, preference, rest: { ...ast, preferences: ast.preferences.filter((other) => other !== preference) } })
  }
  if (ast.confidencePpm !== undefined) {
    const { confidencePpm, ...rest } = ast
    clauses.push({ clause: printConfidence(confidencePpm), rest })
  }
  return clauses
}

interface Outcome {
  better: number
  first?: RankedPath
  gain?: number
}

/** What is found without a clause, compared with the best path with it, under the query without it. */
function outcomeOf (others: readonly RankedPath[], best: RankedPath | undefined, relaxed: CompiledQuery, ask: Ask): Outcome {
  if (best === undefined) {
    return { better: others.length, ...(others.length === 0 ? {} : { first: others[0] }) }
  }
  const merit = new PathMerit(relaxed, ask)
  const same = merit.rank(best.path)
  const place = others.findIndex(({ path }) => path.nodes.join() === best.path.nodes.join())
  const better = place === -1 ? others.length : place
  if (better === 0) {
    return { better }
  }
  const gain = relaxed.ranking.kind === 'rate' ? others[0].score - same.score : same.score - others[0].score
  return { better, first: others[0], ...(Number.isFinite(gain) ? { gain } : {}) }
}

function concernsOf (constraint: Constraint, eligible: EligibilityOf, of: number, { graph, nowMs }: Ask): ExplainedClause['concerns'] {
  if (constraint.kind === 'with') {
    return undefined
  }
  if (constraint.kind === 'limit') {
    if (!['rate', 'load', 'age'].includes(constraint.metric)) {
      return undefined
    }
    const { limits, maxAgeMs } = eligible(constraint)
    const perLink = maxAgeMs === undefined ? limits : { measuredSinceMs: nowMs - maxAgeMs }
    let count = 0
    for (let link = 0; link < graph.linkCount; link++) {
      count += isLinkOpen(graph, perLink, link) ? 0 : 1
    }
    return { what: 'links kept out', count, of: graph.linkCount }
  }
  const { avoidSet, waypoints } = eligible(constraint)
  return avoidSet === undefined
    ? { what: 'forwarders to visit', count: countOf(waypoints[0] as NodeSet), of }
    : { what: 'forwarders kept out', count: countOf(avoidSet), of }
}

/** Only where the path breaks the limit: what it would have to be. */
function relaxedLimit (constraint: Constraint | undefined, { path }: RankedPath, ask: Ask): { relaxed?: string } {
  if (constraint?.kind !== 'limit' || isEligible(eligibilityOf(constraint, NOBODY), ask, path)) {
    return {}
  }
  const { rttUs, lossPpm, jitterUs, price, bytesPerSecond, loadPpm, oldestMs, nodes } = path
  const values: Record<string, number | undefined> = {
    delay: rttUs, loss: lossPpm, jitter: Math.ceil(jitterUs), price, rate: bytesPerSecond, load: loadPpm, hops: nodes.length, age: (ask.nowMs - oldestMs) * 1_000
  }
  const value = values[constraint.metric]
  return value === undefined ? {} : { relaxed: `${constraint.metric} ${constraint.op} ${printQuantity({ value, unit: constraint.unit })}` }
}

const NOBODY: Population = { nodeCount: 0, attributes: [] }
