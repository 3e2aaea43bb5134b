// Several RSPs with different abilities are asked the same query: what each says of its clauses, side by side, and what that makes
// of their offers. An offer that breaks a hard clause is none; of the others those come first that keep more of the soft ones, in the order of the query.
import type { PeerId } from '@libp2p/interface'
import type { Verdict } from '../../protocols/route/verdict.ts'

/** What of an RSP's answer counts here. */
export interface JudgedAnswer<Path> {
  rsp: PeerId
  paths: Path[]
  /** What was asked, if it had a text. */
  text?: string
  /** Of `paths`, in their order. */
  verdict?: Verdict
}

export type ClauseOutcome = 'kept' | 'broken' | 'unsupported' | 'not read'

export interface ComparedClause {
  clause: string
  isMandatory: boolean
  /** What each RSP says of its best offer, in the order of the answers; `not read`: it does not know the language, or has not answered. */
  outcomes: Array<{ rsp: string, outcome: ClauseOutcome, note?: string }>
}

/** In the order in which clauses first come up. */
export function compareClauses (answers: ReadonlyArray<Pick<JudgedAnswer<unknown>, 'rsp' | 'verdict'>>): ComparedClause[] {
  const clauses = new Map(answers.flatMap(({ verdict }) => verdict?.clauses ?? []).map(({ clause, isMandatory }) => [clause, isMandatory]))
  return [...clauses].map(([clause, isMandatory]) => ({
    clause,
    isMandatory,
    outcomes: answers.map(({ rsp, verdict }) => {
      const own = verdict?.clauses.find((other) => other.clause === clause)
      const outcome = own === undefined ? 'not read' : !own.isSupported ? 'unsupported' : own.kept[0] === false ? 'broken' : 'kept'
      return { rsp: rsp.toString(), outcome, ...(own?.note === undefined ? {} : { note: own.note }) }
    })
  }))
}

/** Why an offer is no answer to the text that was asked; undefined where it is one. */
export function brokenBy<Path> ({ verdict, text, paths }: JudgedAnswer<Path>, path: Path): string | undefined {
  if (text === undefined) {
    return undefined
  }
  if (verdict === undefined) {
    return 'its RSP does not know the query language'
  }
  const at = paths.indexOf(path)
  const broken = verdict.clauses.find(({ isMandatory, kept }) => isMandatory && kept[at] !== true)
  return broken === undefined ? undefined : `it does not keep: ${broken.clause}`
}

/** The answers once for each set of soft clauses that are kept, the best set first, with the offers that keep it. */
export function bySoftClauses<Path, Answer extends JudgedAnswer<Path>> (answers: ReadonlyArray<Answer & JudgedAnswer<Path>>): Answer[][] {
  const tiers = new Map<string, Answer[]>()
  for (const answer of answers) {
    for (const [tier, paths] of Map.groupBy(answer.paths.filter((path) => brokenBy(answer, path) === undefined), (path) => tierOf(answer.verdict, answer.paths.indexOf(path)))) {
      tiers.set(tier, [...tiers.get(tier) ?? [], { ...answer, paths }])
    }
  }
  return [...tiers].sort(([a], [b]) => a < b ? -1 : 1).map(([, tier]) => tier)
}

/** A digit for each soft clause; the lower text is the better one. */
function tierOf (verdict: Verdict | undefined, at: number): string {
  return verdict?.clauses.filter(({ isMandatory }) => !isMandatory).map(({ kept }) => kept[at] ? '0' : '1').join('') ?? ''
}
