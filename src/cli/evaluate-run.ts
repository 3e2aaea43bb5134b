// Plays slices of a latency matrix to the engine, or to a scheme that it is compared with, and judges the paths that come out. What the host would
// get if it used a choice one slice later is judged too.
import { CalibrationReplay } from './evaluate-calibration.ts'
import { ChosenPaths, anyRelaysGainMs, oneRelayGainMs, scorePaths } from '../simulation/replay-score.ts'
import { LinkMeter, countRows, loadSlice, shuffledRows } from '../simulation/replay.ts'
import { ExchangeGroup } from './evaluate-exchange.ts'
import { InvalidSettingError } from './errors.ts'
import { SCHEMES } from './evaluate-schemes.ts'
import { seededUint32 } from '../simulation/draw.ts'
import { exchangeReport, summarize } from './evaluate-report.ts'
import type { EvaluateReport, SchemeReport, SliceReport } from './evaluate-report.ts'
import type { ExchangeCounts } from './evaluate-exchange.ts'
import type { MeteredLink, ReplaySlice } from '../simulation/replay.ts'
import type { PathChoice } from '../rsp/measurement-plan/path-choice.ts'
import type { Scheme, SchemeName } from './evaluate-schemes.ts'

export type WarmUp = 'sweep' | 'cold'

export interface EvaluateInit {
  /** Matrix files, in the order of time; at least one, after a sweep two. */
  files: readonly string[]
  /** Share of all links that may be measured per slice, above 0, at most 1; with several RSPs by each. */
  budget: number
  /** So many RSPs instead of one, compared with one that has the budgets of all; default 1. */
  rsps?: number
  /** They exchange what they measure, and are compared with themselves when they do not. */
  exchange?: boolean
  /** sweep: the first slice is measured wholly, and not judged. */
  warmUp: WarmUp
  relayCostMs: number
  /** What an entry of 1 stands for; default 1. */
  msPerUnit?: number
  seed: number
  /** How many of the nodes take part, drawn by the seed; all of them where it is not given. */
  nodes?: number
  /** The first one is the engine that is evaluated, the others are compared with it; of no use with several RSPs. */
  schemes: readonly SchemeName[]
  signal: AbortSignal
  onProgress: (text: string) => void
  /** What the engine, or each of several RSPs, has measured and chosen in a slice, in rows of the matrix. */
  onSlice: (trace: SliceTrace) => void
}

export interface SliceTrace {
  slice: number
  /** From 1, of several. */
  rsp?: number
  /** Of the matrix, by node of the engine. */
  rows: readonly number[]
  measured: readonly MeteredLink[]
  paths: ChosenPaths
}

/** What is drawn to judge must not change what is drawn to measure. */
const CALIBRATION_SEED = 0x51ed270b
/** Several RSPs draw from others than the one they are compared with. */
const RSP_SEEDS = 16
/** Named as in the report: one RSP with the budgets of all. */
const ONE_RSP = 'one-rsp'

interface Player {
  name: string
  /** Lets it measure at most so many links. */
  measure: (slice: ReplaySlice, budgetLinks: number) => readonly MeteredLink[]
  choosePaths: () => PathChoice
  /** Share of all links that it may measure. */
  budget: number
  /** Which of several RSPs it is, from 1: what it measures and chooses is traced. */
  rsp?: number
  counts?: () => ExchangeCounts
  /** Of the engine alone. */
  calibration?: CalibrationReplay
  slices: SliceReport[]
  exchanged: ExchangeCounts[]
  /** What it chose in the slice before. */
  previous?: ChosenPaths
}

/** Throws InvalidSettingError for more nodes than there are, what loadSlice throws, and BudgetExceededError if a scheme does not keep to the budget. */
export async function evaluate (init: EvaluateInit): Promise<EvaluateReport> {
  const { files, warmUp, signal } = init
  const size = await countRows(files[0])
  if (init.nodes !== undefined && init.nodes > size) {
    throw new InvalidSettingError('--nodes', `the matrix has ${size}, fewer than ${init.nodes}`)
  }
  const rows = shuffledRows(size, init.seed, init.nodes)
  const players = (init.rsps ?? 1) > 1 ? rspPlayers(rows.length, init) : schemePlayers(rows.length, init)
  for (const [at, file] of files.entries()) {
    signal.throwIfAborted()
    const slice = await loadSlice(file, size, rows, init.msPerUnit)
    if (at === 0 && warmUp === 'sweep') {
      for (const player of players) {
        player.measure(slice, slice.size ** 2)
      }
    } else {
      playSlice(players, slice, at + 1, rows, init)
    }
  }
  const [engine, ...compared] = players.map(reportOf)
  const { budget, relayCostMs, seed } = init
  const report = { nodes: rows.length, budget, warmUp, relayCostMs, seed, ...engine, compared }
  return init.rsps === undefined ? report : { ...report, rsps: exchangeReport(init.exchange === true, players) }
}

function schemePlayers (nodeCount: number, init: EvaluateInit): Player[] {
  // each scheme draws from numbers of its own, whoever else takes part
  return init.schemes.map((name, at) => playerOf(name, { scheme: name, at, budget: init.budget }, nodeCount, init))
}

/** Several RSPs, one that has the budgets of all, and where they exchange the same ones without. */
function rspPlayers (nodeCount: number, init: EvaluateInit): Player[] {
  const { rsps = 1, exchange, budget } = init
  const [engine] = init.schemes
  const numbers = Array.from({ length: rsps }, (_, at) => at)
  const whole = playerOf(ONE_RSP, { scheme: engine, at: 0, budget: Math.min(1, rsps * budget) }, nodeCount, init)
  const alone = numbers.map((at) => playerOf(`rsp-${at + 1}${exchange === true ? '-alone' : ''}`, { scheme: engine, at: at + RSP_SEEDS, budget }, nodeCount, init))
  const players = exchange === true ? [...exchangingPlayers(nodeCount, init), whole, ...alone] : [...alone.map((player, at) => ({ ...player, rsp: at + 1 })), whole]
  players[0].calibration = new CalibrationReplay(nodeCount, randomFrom(init.seed + CALIBRATION_SEED))
  return players
}

function exchangingPlayers (nodeCount: number, { rsps = 1, budget, relayCostMs, seed }: EvaluateInit): Player[] {
  const numbers = Array.from({ length: rsps }, (_, at) => at)
  const group = new ExchangeGroup({ nodeCount, relayCostMs, randoms: numbers.map((at) => randomOf(seed, at + RSP_SEEDS)) })
  return numbers.map((at) => ({
    name: `rsp-${at + 1}`,
    measure: (slice, budgetLinks) => {
      // the first one has the turn of all
      if (at === 0) {
        group.play(slice, budgetLinks)
      }
      return group.measured(at)
    },
    choosePaths: () => group.choosePaths(at),
    counts: () => group.counts(at),
    budget,
    rsp: at + 1,
    slices: [],
    exchanged: []
  }))
}

function playerOf (name: string, { scheme: schemeName, at, budget }: { scheme: SchemeName, at: number, budget: number }, nodeCount: number, { relayCostMs, seed }: EvaluateInit): Player {
  const scheme = SCHEMES[schemeName]({ nodeCount, relayCostMs, random: randomOf(seed, at) })
  const calibration = at === 0 ? { calibration: new CalibrationReplay(nodeCount, randomFrom(seed + CALIBRATION_SEED)) } : {}
  return { name, measure: (slice, budgetLinks) => play(scheme, slice, budgetLinks), choosePaths: () => scheme.choosePaths(), budget, slices: [], exchanged: [], ...calibration }
}

function randomOf (seed: number, at: number): () => number {
  return randomFrom(seed + 0x9e3779b9 * (at + 1))
}

/** From 0 to 1. */
function randomFrom (seed: number): () => number {
  const nextUint32 = seededUint32(seed >>> 0)
  return () => nextUint32() / 2 ** 32
}

function playSlice (players: readonly Player[], slice: ReplaySlice, number: number, rows: readonly number[], init: EvaluateInit): void {
  const { relayCostMs } = init
  const oracle = { oneMs: oneRelayGainMs(slice, relayCostMs), anyMs: anyRelaysGainMs(slice, relayCostMs) }
  const links = slice.size * (slice.size - 1) / 2
  for (const [at, player] of players.entries()) {
    const startedMs = performance.now()
    const measured = player.measure(slice, Math.floor(player.budget * links))
    const paths = new ChosenPaths(slice.size, player.choosePaths())
    const score = scorePaths(paths, slice, relayCostMs)
    const stale = player.previous === undefined ? undefined : scorePaths(player.previous, slice, relayCostMs)
    player.previous = paths
    player.exchanged.push(...player.counts === undefined ? [] : [player.counts()])
    player.slices.push({
      slice: number,
      measuredShare: measured.length / links,
      gainOverOneRelay: shareOf(score.gainMs, oracle.oneMs),
      gainOverAny: shareOf(score.gainMs, oracle.anyMs),
      netGainOverOneRelay: shareOf(score.netGainMs, oracle.oneMs),
      staleGainOverOneRelay: stale === undefined ? null : shareOf(stale.gainMs, oracle.oneMs),
      improvedShare: score.improvedShare,
      worseShare: score.worseShare,
      meanGainMs: score.gainMs / (2 * links),
      calibration: player.calibration?.play(slice, measured, paths) ?? null
    })
    init.onProgress(`slice ${number}, ${player.name}: ${player.slices[player.slices.length - 1].gainOverOneRelay.toFixed(3)} of the gain with one relay, ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`)
    if (at === 0 || player.rsp !== undefined) {
      init.onSlice({ slice: number, ...(player.rsp === undefined ? {} : { rsp: player.rsp }), rows, measured, paths })
    }
  }
}

/** Lets the scheme measure for one round. */
function play (scheme: Scheme, slice: ReplaySlice, budgetLinks: number): readonly MeteredLink[] {
  const meter = new LinkMeter(slice, budgetLinks)
  const round = scheme.round(budgetLinks)
  for (let step = round.next(); step.done !== true;) {
    step = round.next(step.value.map(([a, b]) => meter.measure(a, b)))
  }
  return meter.measured
}

/** Where nothing can be gained, nothing is missed. */
function shareOf (gainMs: number, oracleMs: number): number {
  return oracleMs === 0 ? 1 : gainMs / oracleMs
}

function reportOf ({ name, slices }: Player): SchemeReport {
  return { scheme: name, slices, summary: summarize(slices) }
}
