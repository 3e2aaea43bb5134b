// What each RSP makes of each clause of a query, as a table: for `byway route` and `byway why`.
import { short, table } from './output.ts'
import type { ClauseOutcome } from '../host/clause-comparison.ts'

const OUTCOMES: Record<ClauseOutcome, string> = { kept: 'yes', broken: 'no', unsupported: 'does not know it', 'not read': '–' }

export interface ClauseRow {
  clause: string
  isMandatory: boolean
  outcomes: ReadonlyArray<{ rsp: string, outcome: ClauseOutcome }>
}

/** Nothing where no clause was read. */
export function clauseTable (clauses: readonly ClauseRow[]): string[] {
  if (clauses.length === 0) {
    return []
  }
  const rows = clauses.map(({ clause, isMandatory, outcomes }) => [clause, isMandatory ? 'must' : 'wish', ...outcomes.map(({ outcome }) => OUTCOMES[outcome])])
  return ['', ...table([['clause', '', ...clauses[0].outcomes.map(({ rsp }) => short(rsp))], ...rows])]
}
