// Makes the tree of what the parser read: names in lower case, aliases resolved, quantities in base units. Whether it means
// something is looked at afterwards (check-query.ts); only what the tree cannot hold is refused here.
import type { Constraint, NodeSelector, Objective, Preference, Quantity, RouteAst } from './ast.ts'
import { metricNamed } from './metrics.ts'
import { DEFAULT_WITHIN_PPM } from './query-limits.ts'
import type { RawClause, RawConstraint, RawPreference, RawQuantity, RawQuery, RawSelector } from './raw-query.ts'
import { inBaseUnits, unitNamed } from './units.ts'
import type { Unit } from './units.ts'

export interface BuiltAst {
  ast: RouteAst
  /** Where each part of the tree begins in the text. */
  offsets: Map<object, number>
}

/** @param refuse - throws: what stands at the offset cannot be in a query */
export function buildAst (raw: RawQuery, refuse: (offset: number, problem: string) => never): BuiltAst {
  const offsets = new Map<object, number>()
  const place = <Part extends object>(at: number, part: Part): Part => {
    offsets.set(part, at)
    return part
  }
  const ast: RouteAst = { objective: objectiveOf(raw.objective, place), constraints: [], preferences: [] }
  for (const clause of raw.clauses) {
    if (clause.kind === 'alternatives') {
      refuseSecond(ast.alternatives, clause, refuse)
      ast.alternatives = place(clause.at, { count: clause.count, isDisjoint: clause.isDisjoint })
    } else if (clause.kind === 'confidence') {
      refuseSecond(ast.confidencePpm, clause, refuse)
      ast.confidencePpm = Math.round(clause.ppm)
      offsets.set(ast, clause.at)
    } else if (clause.kind === 'prefer') {
      ast.preferences.push(place(clause.at, preferenceOf(clause, place)))
    } else {
      ast.constraints.push(constraintOf(clause, place))
    }
  }
  return { ast, offsets }
}

type Place = <Part extends object>(at: number, part: Part) => Part

function refuseSecond (first: unknown, { kind, at }: RawClause, refuse: (offset: number, problem: string) => never): void {
  if (first !== undefined) {
    refuse(at, `A query says \`${kind}\` once`)
  }
}

function objectiveOf (raw: RawQuery['objective'], place: Place): Objective {
  if (raw === null) {
    return { kind: 'minimize', terms: [{ weight: 1, metric: 'delay' }] }
  }
  if (raw.kind === 'maximize') {
    return place(raw.at, { kind: 'maximize', metric: nameOf(raw.metric.name) })
  }
  return place(raw.at, { kind: 'minimize', terms: raw.terms.map(({ at, weight, metric }) => place(at, { weight, metric: nameOf(metric.name) })) })
}

function constraintOf (raw: RawConstraint, place: Place): Constraint {
  if (raw.kind === 'limit') {
    const metric = nameOf(raw.metric.name)
    return place(raw.at, { kind: 'limit', metric, op: raw.op, ...quantityOf(metric, raw) })
  }
  if (raw.kind === 'with') {
    return place(raw.at, { kind: 'with', name: raw.name.toLowerCase(), ...(raw.argument === null ? {} : { argument: raw.argument }) })
  }
  return place(raw.at, { kind: raw.kind, nodes: selectorOf(raw.nodes, place) })
}

function preferenceOf ({ at, metric, op, quantity, constraint, penalty, within }: RawPreference, place: Place): Preference {
  if (metric !== undefined && op === undefined) {
    return { kind: 'metric', metric: nameOf(metric.name), withinPpm: within == null ? DEFAULT_WITHIN_PPM : Math.round(within * 10_000) }
  }
  const raw = constraint ?? { kind: 'limit', at, metric, op, ...quantity } as RawConstraint
  return { kind: 'constraint', constraint: constraintOf(raw, place), ...(penalty == null ? {} : { penalty }) }
}

function selectorOf (raw: RawSelector, place: Place): NodeSelector {
  switch (raw.kind) {
    case 'not':
      return place(raw.at, { kind: 'not', of: selectorOf(raw.of, place) })
    case 'and':
    case 'or':
      return place(raw.at, { kind: raw.kind, of: flatten(raw.kind, raw.of).map((each) => selectorOf(each, place)) })
    case 'tag':
      return place(raw.at, { kind: 'tag', name: raw.name.toLowerCase(), ...(raw.value === null ? {} : { value: raw.value.toLowerCase() }) })
    case 'asn':
      return place(raw.at, { kind: 'asn', value: raw.value })
    case 'country':
    case 'region':
      return place(raw.at, { kind: raw.kind, value: raw.value.toLowerCase() })
    default:
      return place(raw.at, { kind: raw.kind, value: raw.value })
  }
}

/** `(a or b) or c` is `a or b or c`. */
function flatten (kind: 'and' | 'or', of: readonly RawSelector[]): RawSelector[] {
  return of.flatMap((each) => each.kind === kind ? flatten(kind, each.of) : [each])
}

function quantityOf (metric: string, { number, unit }: RawQuantity): Quantity {
  const known = unitNamed(unit ?? metricNamed(metric)?.defaultUnit ?? '')
  return known === undefined ? { value: number, unit: '' } : quantityIn(number, known)
}

export function quantityIn (number: number, unit: Unit): Quantity {
  return { value: inBaseUnits(number, unit), unit: unit.base }
}

function nameOf (name: string): string {
  return metricNamed(name)?.name ?? name
}
