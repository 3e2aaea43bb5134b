// Several RSPs with different abilities are asked the same query: what each says of its clauses, side by side, and what that makes of their offers.
// An offer that breaks a hard clause is none; of the others those come first that keep more of the soft ones, in the order of the query; what a
// soft clause costs by its penalty is cost like any other. A clause counts as kept where the RSP says so and the host does not know better.
import type { AskedClause, AskedText } from './asked-text.ts'
import type { Prediction } from '../../protocols/route/path.ts'
import type { Verdict } from '../../protocols/route/verdict.ts'
import type { PeerId } from '@libp2p/interface'

interface JudgedPath {
  forwarders: readonly PeerId[]
  prediction: Prediction
}

/** What of an RSP's answer counts here. */
export interface JudgedAnswer<Path extends JudgedPath> {
  rsp: PeerId
  paths: Path[]
  /** What was asked, if it had a text. */
  asked?: AskedText
  /** Of `paths`, in their order. */
  verdict?: Verdict
}

export type ClauseOutcome = 'kept' | 'broken' | 'unsupported' | 'not read'

export interface ComparedClause {
  clause: string
  isMandatory: boolean
  /** What is to be said of each RSP's best offer, in the order of the answers; `not read`: it does not know the language, or has not answered. */
  outcomes: Array<{ rsp: string, outcome: ClauseOutcome, note?: string }>
}

/** More than any path costs, ms. */
const CLASS_MS = 1e9

/** In the order of the query; none where no RSP has read it. */
export function compareClauses (answers: ReadonlyArray<JudgedAnswer<JudgedPath>>): ComparedClause[] {
  const asked = answers.find(({ verdict }) => verdict !== undefined)?.asked
  return (asked?.clauses ?? []).map((clause) => ({
    clause: clause.name,
    isMandatory: clause.isMandatory,
    outcomes: answers.map((answer) => ({ rsp: answer.rsp.toString(), ...outcomeOf(answer, clause) }))
  }))
}

/** Why an offer is no answer to the text that was asked; undefined where it is one. */
export function brokenBy<Path extends JudgedPath> (answer: JudgedAnswer<Path>, path: Path): string | undefined {
  const { verdict, asked, paths } = answer
  if (asked === undefined) {
    return undefined
  }
  if (verdict === undefined) {
    return 'its RSP does not know the query language'
  }
  const at = paths.indexOf(path)
  for (const clause of asked.clauses.filter(({ isMandatory }) => isMandatory)) {
    const said = saysOf(verdict, clause)
    if (said.length === 0) {
      return `its RSP does not say whether it keeps: ${clause.name}`
    }
    if (said.some(({ kept }) => kept[at] !== true)) {
      return `it does not keep: ${clause.name}`
    }
    if (asked.isBroken(clause, path.forwarders)) {
      return `it does not keep, though its RSP says so: ${clause.name}`
    }
  }
  return undefined
}

/** The answers once for each set of soft clauses without a penalty that are kept, the best set first, with the offers that keep it. */
export function bySoftClauses<Path extends JudgedPath, Answer extends JudgedAnswer<Path>> (answers: ReadonlyArray<Answer & JudgedAnswer<Path>>): Answer[][] {
  const tiers = new Map<string, Answer[]>()
  for (const answer of answers) {
    const fit = answer.paths.filter((path) => brokenBy(answer, path) === undefined)
    for (const [tier, paths] of Map.groupBy(fit, (path) => tierOf(answer, path))) {
      tiers.set(tier, [...tiers.get(tier) ?? [], withPaths<Path, Answer>(answer, paths)])
    }
  }
  return [...tiers].sort(([a], [b]) => a < b ? -1 : 1).map(([, tier]) => tier)
}

/** Of the offers, these; what is said of the others goes with them. */
function withPaths<Path extends JudgedPath, Answer extends JudgedAnswer<Path>> (answer: Answer & JudgedAnswer<Path>, paths: Path[]): Answer {
  const places = paths.map((path) => answer.paths.indexOf(path))
  const verdict = answer.verdict === undefined
    ? undefined
    : { ...answer.verdict, clauses: answer.verdict.clauses.map((clause) => ({ ...clause, kept: places.map((at) => clause.kept[at]) })) }
  return { ...answer, paths, ...(verdict === undefined ? {} : { verdict }) }
}

/** What the query holds against an offer besides what is measured of it, in ms: what its objective weighs, and the penalties of what it breaks. */
export function otherCostMs<Path extends JudgedPath> (answer: JudgedAnswer<Path>, path: Path): number {
  return answer.asked === undefined ? 0 : answer.asked.otherCostMs(path) + penaltiesMs(answer, path)
}

/** The same for a flow that could change from one path to another: one that breaks a preferred constraint without a penalty costs more than any that keeps it. */
export function surchargeMs<Path extends JudgedPath> (answer: JudgedAnswer<Path>, path: Path): number {
  const preferred = (answer.asked?.clauses ?? []).filter(({ isMandatory, constraint, penaltyMs }) => !isMandatory && constraint !== undefined && penaltyMs === undefined)
  const rank = preferred.reduce((bits, clause) => 2 * bits + (keeps(answer, path, clause) ? 0 : 1), 0)
  return rank * CLASS_MS + Math.min(CLASS_MS - 1, (answer.asked?.lastingCostMs(path) ?? 0) + penaltiesMs(answer, path))
}

function penaltiesMs<Path extends JudgedPath> (answer: JudgedAnswer<Path>, path: Path): number {
  return answer.asked?.clauses.reduce((sum, clause) => sum + (keeps(answer, path, clause) ? 0 : clause.penaltyMs ?? 0), 0) ?? 0
}

/** A digit for each soft clause; the lower text is the better one. */
function tierOf<Path extends JudgedPath> (answer: JudgedAnswer<Path>, path: Path): string {
  const soft = answer.asked?.clauses.filter(({ isMandatory, penaltyMs }) => !isMandatory && penaltyMs === undefined) ?? []
  return soft.map((clause) => keeps(answer, path, clause) ? '0' : '1').join('')
}

/** What an RSP says nothing of is not kept. */
function keeps<Path extends JudgedPath> (answer: JudgedAnswer<Path>, path: Path, clause: AskedClause): boolean {
  const said = saysOf(answer.verdict, clause)
  const at = answer.paths.indexOf(path)
  return said.length > 0 && said.every(({ kept }) => kept[at]) && answer.asked?.isBroken(clause, path.forwarders) !== true
}

function outcomeOf (answer: JudgedAnswer<JudgedPath>, clause: AskedClause): { outcome: ClauseOutcome, note?: string } {
  const [said] = saysOf(answer.verdict, clause)
  const [best] = answer.paths
  if (said === undefined) {
    return { outcome: 'not read' }
  }
  const outcome = !said.isSupported ? 'unsupported' : best !== undefined && !keeps(answer, best, clause) ? 'broken' : 'kept'
  return { outcome, ...(said.note === undefined ? {} : { note: said.note }) }
}

/** Two clauses may be called the same. */
function saysOf (verdict: Verdict | undefined, { name, isMandatory }: AskedClause): Verdict['clauses'] {
  return verdict?.clauses.filter((said) => said.clause === name && said.isMandatory === isMandatory) ?? []
}
