// The query language's one tree: what the text form, the JSON form, the evaluation and `explain` all speak of. It is plain data,
// and equal trees mean the same: units are converted to base units, aliases to names, lists of clauses taken apart.
// The language itself is described in protocols/route/query-language.md.

/** What quantities are kept in: microseconds, millionths, bytes per second, and plain numbers. */
export type BaseUnit = 'us' | 'ppm' | 'B/s' | ''

export interface Quantity {
  /** Finite, not negative. */
  value: number
  unit: BaseUnit
}

/** One summand of what is minimized: `weight` × the metric in its ranking unit (metrics.ts). */
export interface Term {
  weight: number
  /** In lower case; may be one that nobody here knows. */
  metric: string
}

/** Ranking. Only `rate` can be maximized, and by itself. */
export type Objective =
  | { kind: 'minimize', terms: Term[] }
  | { kind: 'maximize', metric: string }

/** Whether a forwarder is meant, by what it says of itself. */
export type NodeSelector =
  | { kind: 'operator' | 'country' | 'region' | 'forwarder', value: string }
  | { kind: 'asn', value: number }
  /** With a value, a tag of exactly this name and value; without, one whose name or whose value it is. */
  | { kind: 'tag', name: string, value?: string }
  | { kind: 'not', of: NodeSelector }
  | { kind: 'and' | 'or', of: NodeSelector[] }

/** Bounds a metric of the whole path. */
export interface LimitConstraint extends Quantity {
  kind: 'limit'
  metric: string
  op: '<=' | '>='
}

/** `avoid`: no such forwarder; `only`: no other; `via`: at least one, in the order of all `via`. */
export interface NodeConstraint {
  kind: 'avoid' | 'only' | 'via'
  nodes: NodeSelector
}

/** Something this language has no word for; an answer needs an RSP that knows it. */
export interface ExtensionConstraint {
  kind: 'with'
  name: string
  argument?: string
}

export type Constraint = LimitConstraint | NodeConstraint | ExtensionConstraint

/** A constraint that may be broken: at the price of the penalty, in units of the objective, or without one only where no path keeps to it. */
export interface SoftConstraint {
  kind: 'constraint'
  constraint: Constraint
  penalty?: number
}

/** Which of nearly equal paths: of those whose score is within the margin of the best's, the one with the better value of the metric. */
export interface MetricPreference {
  kind: 'metric'
  metric: string
  withinPpm: number
}

export type Preference = SoftConstraint | MetricPreference

export interface Alternatives {
  /** Paths besides the best one, 1 to 7. */
  count: number
  /** Whether each shares no forwarder with any path before it. */
  isDisjoint: boolean
}

export interface RouteAst {
  objective: Objective
  /** Eligibility: all of them hold. */
  constraints: Constraint[]
  /** Those without a penalty in order of importance. */
  preferences: Preference[]
  /** Undefined: as many as who asks is used to. */
  alternatives?: Alternatives
  /** How sure the RSP must be of what it predicts, in millionths. */
  confidencePpm?: number
}
