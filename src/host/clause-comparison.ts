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

/**
 * Why an offer is no answer to the text that was asked; undefined where it is one.
 *
 * @param round - all that answered the same text: what most of them say is demanded, each of them must say that it keeps
 */
export function brokenBy<Path> (answer: JudgedAnswer<Path>, path: Path, round: ReadonlyArray<JudgedAnswer<unknown>> = [answer]): string | undefined {
  const { verdict, text, paths } = answer
  if (text === undefined) {
    return undefined
  }
  if (verdict === undefined) {
    return 'its RSP does not know the query language'
  }
  if (verdict.clauses.length === 0) {
    return 'its RSP says nothing of any clause'
  }
  const at = paths.indexOf(path)
  const broken = verdict.clauses.find(({ isMandatory, kept }) => isMandatory && kept[at] !== true)
  if (broken !== undefined) {
    return `it does not keep: ${broken.clause}`
  }
  const untold = namedByMost(round, text, true).find((clause) => !verdict.clauses.some((own) => own.isMandatory && own.clause === clause))
  return untold === undefined ? undefined : `its RSP does not say whether it keeps: ${untold}`
}

/** The answers once for each set of soft clauses that are kept, the best set first, with the offers that keep it. */
export function bySoftClauses<Path, Answer extends JudgedAnswer<Path>> (answers: ReadonlyArray<Answer & JudgedAnswer<Path>>): Answer[][] {
  const tiers = new Map<string, Answer[]>()
  for (const answer of answers) {
    const fit = answer.paths.filter((path) => brokenBy(answer, path, answers) === undefined)
    const softClauses = answer.text === undefined ? [] : namedByMost(answers, answer.text, false)
    for (const [tier, paths] of Map.groupBy(fit, (path) => tierOf(softClauses, answer.verdict, answer.paths.indexOf(path)))) {
      tiers.set(tier, [...tiers.get(tier) ?? [], { ...answer, paths }])
    }
  }
  return [...tiers].sort(([a], [b]) => a < b ? -1 : 1).map(([, tier]) => tier)
}

/**
 * The clauses of a text as more than half of those name them that have read it, in order: one RSP alone can neither leave a clause out to its
 * advantage nor make one up.
 */
function namedByMost (round: ReadonlyArray<JudgedAnswer<unknown>>, asked: string, isMandatory: boolean): string[] {
  const readings = round.flatMap(({ text, verdict }) => text === asked && verdict !== undefined && verdict.clauses.length > 0
    ? [new Set(verdict.clauses.flatMap((clause) => clause.isMandatory === isMandatory ? [clause.clause] : []))]
    : [])
  return [...new Set(readings.flatMap((reading) => [...reading]))].filter((clause) => 2 * readings.filter((reading) => reading.has(clause)).length > readings.length)
}

/** A digit for each soft clause; the lower text is the better one. What an RSP says nothing of is not kept. */
function tierOf (softClauses: readonly string[], verdict: Verdict | undefined, at: number): string {
  return softClauses.map((soft) => verdict?.clauses.find(({ clause, isMandatory }) => !isMandatory && clause === soft)?.kept[at] === true ? '0' : '1').join('')
}
