// From tree to text, in one way for each tree: reading it gives the same tree again.
import type { Constraint, NodeSelector, Objective, Preference, RouteAst } from './ast.ts'
import { BARE_WORD } from './keywords.ts'
import { DEFAULT_WITHIN_PPM } from './query-limits.ts'
import { printQuantity } from './units.ts'

export function printQuery (ast: RouteAst): string {
  const parts = [printObjective(ast.objective), ...printConstraints(ast.constraints)]
  if (ast.preferences.length > 0) {
    parts.push(`prefer ${ast.preferences.map(printPreferred).join(', ')}`)
  }
  if (ast.alternatives !== undefined) {
    parts.push(printAlternatives(ast.alternatives))
  }
  if (ast.confidencePpm !== undefined) {
    parts.push(printConfidence(ast.confidencePpm))
  }
  return parts.join(' ')
}

export function printObjective (objective: Objective): string {
  if (objective.kind === 'maximize') {
    return `maximize ${objective.metric}`
  }
  const terms = objective.terms.map(({ weight, metric }) => weight === 1 ? metric : `${weight} * ${metric}`)
  return `minimize ${terms.join(' + ')}`
}

/** As a clause of its own: `where hops <= 4`, `avoid country xx`. */
export function printConstraint (constraint: Constraint): string {
  return constraint.kind === 'limit' ? `where ${printBody(constraint)}` : printWithVerb(constraint)
}

/** As a clause of its own: `prefer price within 10 %`. */
export function printPreference (preference: Preference): string {
  return `prefer ${printPreferred(preference)}`
}

export function printAlternatives ({ count, isDisjoint }: { count: number, isDisjoint: boolean }): string {
  return `${count} ${isDisjoint ? 'disjoint ' : ''}alternatives`
}

export function printConfidence (confidencePpm: number): string {
  return `confidence >= ${confidencePpm / 1e6}`
}

/** Neighbours of one kind share a keyword. */
function printConstraints (constraints: readonly Constraint[]): string[] {
  const clauses: string[] = []
  constraints.forEach((constraint, rank) => {
    const { kind } = constraint
    const isFirst = constraints[rank - 1]?.kind !== kind || kind === 'only' || kind === 'with'
    if (isFirst) {
      clauses.push(printConstraint(constraint))
    } else {
      clauses[clauses.length - 1] += `${kind === 'limit' ? ' and' : ','} ${printBody(constraint)}`
    }
  })
  return clauses
}

function printPreferred (preference: Preference): string {
  if (preference.kind === 'metric') {
    const { metric, withinPpm } = preference
    return withinPpm === DEFAULT_WITHIN_PPM ? metric : `${metric} within ${withinPpm / 10_000}%`
  }
  const { constraint, penalty } = preference
  const text = constraint.kind === 'limit' ? printBody(constraint) : printWithVerb(constraint)
  return penalty === undefined ? text : `${text} penalty ${penalty}`
}

function printWithVerb (constraint: Constraint): string {
  return `${constraint.kind} ${printBody(constraint)}`
}

function printBody (constraint: Constraint): string {
  switch (constraint.kind) {
    case 'limit':
      return `${constraint.metric} ${constraint.op} ${printQuantity(constraint)}`
    case 'with':
      return constraint.argument === undefined ? printValue(constraint.name) : `${printValue(constraint.name)} ${quoted(constraint.argument)}`
    default:
      return printSelector(constraint.nodes)
  }
}

/** What binds less tightly than what is around it stands in parentheses. */
export function printSelector (selector: NodeSelector, around: 'or' | 'and' | 'not' = 'or'): string {
  switch (selector.kind) {
    case 'not':
      return `not ${printSelector(selector.of, 'not')}`
    case 'or': {
      const text = selector.of.map((each) => printSelector(each, 'or')).join(' or ')
      return around === 'or' ? text : `(${text})`
    }
    case 'and': {
      const text = selector.of.map((each) => printSelector(each, 'and')).join(' and ')
      return around === 'not' ? `(${text})` : text
    }
    case 'tag':
      return `tag ${printValue(selector.name)}${selector.value === undefined ? '' : `=${printValue(selector.value)}`}`
    case 'asn':
      return `asn ${selector.value}`
    default:
      return `${selector.kind} ${printValue(selector.value)}`
  }
}

function printValue (value: string): string {
  return BARE_WORD.test(value) ? value : quoted(value)
}

function quoted (value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
