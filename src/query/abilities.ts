// What an RSP can do of the language, and what of a query it cannot. Nothing is passed over in silence: a hard clause that is not
// supported means no answer, a soft one is answered without and named in the answer (as PCEP's processing rules, RFC 5440, section 7.2).
import type { Constraint, RouteAst } from './ast.ts'
import { METRICS, metricNamed } from './metrics.ts'
import { printAlternatives, printConfidence, printConstraint, printObjective, printPreference } from './print-query.ts'

export const CLAUSE_KINDS = ['maximize', 'limit', 'avoid', 'only', 'via', 'prefer', 'alternatives', 'disjoint', 'confidence'] as const

export type ClauseKind = typeof CLAUSE_KINDS[number]

export interface Abilities {
  /** Names of the metrics that it knows of links. */
  metrics: readonly string[]
  clauses: readonly ClauseKind[]
}

/** All that this folder can evaluate. */
export const ALL_ABILITIES: Abilities = { metrics: METRICS.map(({ name }) => name), clauses: CLAUSE_KINDS }

export interface Unsupported {
  /** The clause as it is printed. */
  clause: string
  /** True where the query cannot be answered without it. */
  isMandatory: boolean
}

export function unsupportedIn (ast: RouteAst, abilities: Abilities): Unsupported[] {
  const unsupported: Unsupported[] = []
  const note = (isSupported: boolean, isMandatory: boolean, print: () => string): void => {
    if (!isSupported) {
      unsupported.push({ clause: print(), isMandatory })
    }
  }
  note(canRank(ast, abilities), true, () => printObjective(ast.objective))
  for (const constraint of ast.constraints) {
    note(canKeepTo(constraint, abilities), true, () => printConstraint(constraint))
  }
  for (const preference of ast.preferences) {
    note(canPrefer(preference, abilities), false, () => printPreference(preference))
  }
  const { alternatives, confidencePpm } = ast
  if (alternatives !== undefined) {
    note(canGive(alternatives, abilities), false, () => printAlternatives(alternatives))
  }
  if (confidencePpm !== undefined) {
    note(abilities.clauses.includes('confidence'), true, () => printConfidence(confidencePpm))
  }
  return unsupported
}

export function canPrefer (preference: RouteAst['preferences'][number], abilities: Abilities): boolean {
  return abilities.clauses.includes('prefer') &&
    (preference.kind === 'metric' ? knows(preference.metric, abilities) : canKeepTo(preference.constraint, abilities))
}

export function canGive ({ isDisjoint }: { isDisjoint: boolean }, { clauses }: Abilities): boolean {
  return clauses.includes('alternatives') && (!isDisjoint || clauses.includes('disjoint'))
}

function canRank ({ objective }: RouteAst, abilities: Abilities): boolean {
  return objective.kind === 'minimize'
    ? objective.terms.every(({ metric }) => knows(metric, abilities))
    : abilities.clauses.includes('maximize') && knows(objective.metric, abilities)
}

function canKeepTo (constraint: Constraint, abilities: Abilities): boolean {
  return constraint.kind !== 'with' && abilities.clauses.includes(constraint.kind) &&
    (constraint.kind !== 'limit' || knows(constraint.metric, abilities))
}

/** An RSP may claim what it likes: what is evaluated here are the metrics of the table. */
function knows (metric: string, { metrics }: Abilities): boolean {
  return metrics.includes(metric) && metricNamed(metric) !== undefined
}
