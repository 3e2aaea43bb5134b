// What makes one RSP differ from another on the same engine: what it answers who has no wish of his own, what of the query language it
// takes, and how it measures.
import type { Abilities } from '../../query/abilities.ts'

export interface RspProfile {
  name: string
  /** What it is good for, in a line. */
  about: string
  /** The query that is answered where a host sends none, in the language. */
  query: string
  abilities: Abilities
  /** What its operator has not decided otherwise. */
  measures: { mapKind?: 'reports' | 'surveys', linksPerForwarder?: number, surveyProbesPerSecond?: number }
}
