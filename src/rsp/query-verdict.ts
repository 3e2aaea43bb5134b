// What an RSP says of each clause of a query: whether it can do it, and which of its offers keep it.
import { areDisjoint } from '../topology/path.ts'
import { delayAndLossOf } from '../query/objective-weights.ts'
import { printAlternatives, printConfidence, printConstraint, printObjective, printPreference } from '../query/print-query.ts'
import type { ClauseVerdict } from '../../protocols/route/verdict.ts'
import type { RankedPath } from '../query/ask.ts'
import type { RouteAst } from '../query/ast.ts'
import type { Unsupported } from '../query/abilities.ts'

const CUT_SHORT = 'the search took too long and was cut short: there may be better paths, or some where there are none'

/**
 * @param offers - in their order; what an offer is there for keeps every hard clause
 * @param isCutShort - not all was looked at
 */
export function clauseVerdicts (ast: RouteAst, unsupported: readonly Unsupported[], offers: readonly RankedPath[], isCutShort = false): ClauseVerdict[] {
  const cannot = new Set(unsupported.map(({ clause }) => clause))
  const verdict = (clause: string, isMandatory: boolean, keeps: (offer: RankedPath, at: number) => boolean = () => true): ClauseVerdict => {
    const isSupported = !cannot.has(clause)
    return {
      clause,
      isMandatory,
      isSupported,
      kept: offers.map((offer, at) => isSupported && keeps(offer, at)),
      ...(isSupported ? {} : { note: 'this RSP does not know it' })
    }
  }
  const { objective, constraints, preferences, alternatives, confidencePpm } = ast
  return [
    { ...verdict(printObjective(objective), true), ...(isCutShort ? { note: CUT_SHORT } : {}) },
    ...constraints.map((constraint) => verdict(printConstraint(constraint), true)),
    ...preferences.map((preference) => verdict(printPreference(preference), false, ({ broken }) => !broken.some((soft) => soft.preference === preference))),
    ...(alternatives === undefined
      ? []
      : [verdict(printAlternatives(alternatives), false, () => offers.length > alternatives.count && (!alternatives.isDisjoint || allDisjoint(offers)))]),
    ...(confidencePpm === undefined ? [] : [verdict(printConfidence(confidencePpm), true)])
  ]
}

/** Of a query for who measures delay and loss alone: a path of the greatest rate is one of the least delay to him. */
export function weightsOf ({ objective }: RouteAst): { delay: number, loss: number } {
  return objective.kind === 'maximize' ? { delay: 1, loss: 0 } : delayAndLossOf(objective)
}

function allDisjoint (offers: readonly RankedPath[]): boolean {
  return offers.every(({ path }, at) => offers.slice(at + 1).every((other) => areDisjoint(path.nodes, other.path.nodes)))
}
