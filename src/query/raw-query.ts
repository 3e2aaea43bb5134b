// What the generated parser gives: clauses as they stand in the text, each with the offset it begins at.

export interface RawName { at: number, name: string }
export interface RawQuantity { number: number, unit: string | null }
export interface RawTerm { at: number, weight: number, metric: RawName }

export type RawSelector =
  | { kind: 'operator' | 'country' | 'region' | 'forwarder', at: number, value: string }
  | { kind: 'asn', at: number, value: number }
  | { kind: 'tag', at: number, name: string, value: string | null }
  | { kind: 'not', at: number, of: RawSelector }
  | { kind: 'and' | 'or', at: number, of: RawSelector[] }

export type RawNodes = { kind: 'avoid' | 'only' | 'via', at: number, nodes: RawSelector }
export type RawExtension = { kind: 'with', at: number, name: string, argument: string | null }
export type RawLimit = { kind: 'limit', at: number, metric: RawName, op: '<=' | '>=' } & RawQuantity
export type RawConstraint = RawNodes | RawExtension | RawLimit

/** A soft limit has an operator and a quantity, a preferred metric has neither, and all others have a constraint. */
export interface RawPreference {
  kind: 'prefer'
  at: number
  metric?: RawName
  op?: '<=' | '>='
  quantity?: RawQuantity
  constraint?: RawNodes | RawExtension
  penalty?: number | null
  within?: number | null
}

export type RawClause =
  | RawConstraint
  | RawPreference
  | { kind: 'alternatives', at: number, count: number, isDisjoint: boolean }
  | { kind: 'confidence', at: number, ppm: number }

export interface RawQuery {
  objective: { kind: 'minimize', at: number, terms: RawTerm[] } | { kind: 'maximize', at: number, metric: RawName } | null
  clauses: RawClause[]
}
