// A tree laid over a population of forwarders: all that can be worked out before a map and two ends are given. Selectors become
// sets of nodes, limits the path finder's. To be done again when forwarders' attributes change, not when links do.
import type { Weights } from '../path-finding/path-finder.ts'
import { ALL_ABILITIES, canGive, canPrefer, unsupportedIn } from './abilities.ts'
import type { Abilities, Unsupported } from './abilities.ts'
import type { Alternatives, Constraint, MetricPreference, Objective, RouteAst, SoftConstraint } from './ast.ts'
import { eligibilityOf, join } from './eligibility.ts'
import type { Eligibility } from './eligibility.ts'
import { UnsupportedQueryError } from './errors.ts'
import type { Population } from './node-facts.ts'

/** What paths are put in order by. */
export type Ranking = { kind: 'cost', weights: Weights } | { kind: 'rate' }

export interface Soft {
  preference: SoftConstraint
  eligibility: Eligibility
}

export interface CompiledQuery {
  ast: RouteAst
  /** Nodes from this number on came later, and are not told apart. */
  nodeCount: number
  ranking: Ranking
  /** Of the hard constraints. */
  eligibility: Eligibility
  /** Those without a penalty in order of importance; those with one. */
  ordered: Soft[]
  penalized: Soft[]
  nearlyEqual?: { preference: MetricPreference, ranking: Ranking }
  alternatives?: Alternatives
  confidencePpm?: number
  /** Soft clauses that are answered without: to be said with the answer. */
  unsupported: Unsupported[]
}

/** What makes a path eligible under one constraint. */
export type EligibilityOf = (constraint: Constraint) => Eligibility

/** Works each constraint out once, however many queries it is part of. */
export function eligibilities (population: Population): EligibilityOf {
  const known = new Map<Constraint, Eligibility>()
  return (constraint) => {
    const eligibility = known.get(constraint) ?? eligibilityOf(constraint, population)
    known.set(constraint, eligibility)
    return eligibility
  }
}

/**
 * @param eligible - of the same population
 * @throws UnsupportedQueryError
 */
export function compileQuery (ast: RouteAst, population: Population, abilities: Abilities = ALL_ABILITIES, eligible = eligibilities(population)): CompiledQuery {
  const unsupported = unsupportedIn(ast, abilities)
  const mandatory = unsupported.filter(({ isMandatory }) => isMandatory)
  if (mandatory.length > 0) {
    throw new UnsupportedQueryError(mandatory.map(({ clause }) => clause))
  }
  const { alternatives, confidencePpm, objective } = ast
  const preferences = ast.preferences.filter((preference) => canPrefer(preference, abilities))
  const soft = preferences.filter((preference) => preference.kind === 'constraint')
    .map((preference): Soft => ({ preference, eligibility: eligible(preference.constraint) }))
  const metric = preferences.find((preference) => preference.kind === 'metric')
  return {
    ast,
    nodeCount: population.nodeCount,
    ranking: rankingOf(objective),
    eligibility: join(ast.constraints.map((constraint) => eligible(constraint)), population.nodeCount),
    ordered: soft.filter(({ preference }) => preference.penalty === undefined),
    penalized: soft.filter(({ preference }) => preference.penalty !== undefined),
    ...(metric === undefined ? {} : { nearlyEqual: { preference: metric, ranking: rankingBy(metric.metric) } }),
    ...(alternatives === undefined || !canGive(alternatives, abilities) ? {} : { alternatives }),
    ...(confidencePpm === undefined ? {} : { confidencePpm }),
    unsupported
  }
}

function rankingOf (objective: Objective): Ranking {
  if (objective.kind === 'maximize') {
    return { kind: 'rate' }
  }
  const weights: Weights = { delay: 0, loss: 0 }
  for (const { metric, weight } of objective.terms) {
    weights[metric as keyof Weights] = weight
  }
  return { kind: 'cost', weights }
}

function rankingBy (metric: string): Ranking {
  return metric === 'rate' ? { kind: 'rate' } : { kind: 'cost', weights: { delay: 0, loss: 0, [metric]: 1 } }
}
