// `byway route DEST`: what every RSP offers to a destination, side by side, beside the default route.
import { InvalidArgumentError } from 'commander'
import { brokenBy, bySoftClauses, compareClauses } from '../host/clause-comparison.ts'
import { clauseTable } from './clause-table.ts'
import { explanationText } from '../query/explanation-text.ts'
import { parseDestination } from './destination.ts'
import { printQuery } from '../query/print-query.ts'
import { readExplanation, withShortIds } from './explanation-json.ts'
import { readQuery } from './query-text.ts'
import { InvalidSettingError } from './errors.ts'
import { ExitCode, isNoRoute } from './exit-codes.ts'
import { measureDefault } from './measured-rtt.ts'
import { legend, msText, pathText, percentText, printable, rounded, short, table } from './output.ts'
import { bytesText, durationText } from './number-text.ts'
import { reach } from './reach.ts'
import { addHostSettings, readHostSettings, withHost } from './short-lived-host.ts'
import type { ComparedClause } from '../host/clause-comparison.ts'
import type { Explanation } from '../query/explain-query.ts'
import type { Host } from '../host/host.ts'
import type { OfferedPath, ProviderAnswer } from '../host/provider-set.ts'
import type { PeerId } from '@libp2p/interface'
import type { Command } from 'commander'
import type { Terminal } from './output.ts'

export interface OfferRow {
  rsp: string
  /** How its map is filled: `reports` or `surveys`. */
  kind: string
  path: string[]
  predictedRttMs: number | null
  marginMs: number | null
  /** 0–1. */
  loss: number
  /** Half the widths of the intervals in which four fifths of what is measured next should be; null where none is given. */
  lossMargin: number | null
  jitterMs: number | null
  /** What every link delivers at least. */
  bytesPerSecond: number | null
  bytesPerSecondMargin: number | null
  /** Of the link that is loaded most, 0–1 and above. */
  load: number | null
  price: number | null
  /** Share of its promises that the RSP expects to keep, 0–1. */
  confidence: number
  /** Of the oldest measurement behind it. */
  dataAgeMs: number
  expiresAt: string
  /** Only with a query: why a host would not take it; null where it would. */
  unfit?: string | null
}

export interface RouteReport {
  destination: string
  default: { rttMs: number | null, error?: string }
  /** Best first, of each RSP; with a query those first that keep more of it. */
  offers: OfferRow[]
  failures: Array<{ rsp: string, kind: string, error: string }>
  /** Only with a query: what it was, what each RSP says of each clause of its best offer, and why it offers what it offers. */
  query?: string
  clauses?: ComparedClause[]
  explanations?: Array<{ rsp: string, explanation: Explanation }>
  /** Why no RSP could be asked. */
  error?: string
}

const MAX_PATHS = 8
const OFFERS_DEADLINE_MS = 15_000
const MORE_SETTINGS = ['query', 'queries'] as const
const HELP = `
A query says what is wanted: what to minimize, what must hold, and what is preferred. All that are asked get the same one; offers that keep
all that must hold come first, and it is said what each RSP makes of each clause. The language: protocols/route/query-language.md.

Examples:
  byway route --bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… 12D3KooW…
  byway route 12D3KooW… --query "minimize delay + 20 * loss where hops <= 3 avoid country xx" --explain
  byway route 12D3KooW… --query @gaming      with [queries] gaming = "minimize delay + 2 * jitter" in the config file`

export function registerRoute (program: Command, terminal: Terminal): void {
  const command = program.command('route')
    .description('show what RSPs offer for a destination, side by side: up to eight, those that a host would ask first')
    .argument('<DEST>', 'peer id, or multiaddr ending in /p2p/ID')
    .option('--paths <n>', `ask each RSP for so many paths, 1 to ${MAX_PATHS}; more where the query asks for alternatives`, parsePaths, 3)
    .option('--explain', 'with --query: let each RSP say why it offers what it offers')
  addHostSettings(command, MORE_SETTINGS)
    .addHelpText('after', HELP)
    .action(async (dest: string, flags: Record<string, unknown>) => {
      const destination = parseDestination(dest)
      const { query, queries, ...settings } = await readHostSettings(flags, terminal, MORE_SETTINGS)
      const read = readQuery({ query, queries })
      const asked = { paths: flags.paths as number, query: read, explain: flags.explain === true }
      if (asked.explain && asked.query === undefined) {
        throw new InvalidSettingError('--explain', 'there is nothing to explain without a --query')
      }
      const report = await withHost(settings, destination, terminal, async (host) => routeReport(host, destination.peer, asked, terminal.signal))
      terminal.out(settings.json === true ? JSON.stringify(report) : routeText(report, Date.now()).join('\n'))
      terminal.exit(report.default.rttMs === null && report.offers.length === 0 ? ExitCode.noRoute : ExitCode.done)
    })
}

interface Asked {
  paths: number
  query: string | undefined
  explain: boolean
}

async function routeReport (host: Host, peer: PeerId, { paths, query, explain }: Asked, stop: AbortSignal): Promise<RouteReport> {
  const [direct, answers] = await Promise.all([
    measureDefault(host, peer, stop),
    reach(peer, OFFERS_DEADLINE_MS, stop, async (signal) => host.offers(peer, { paths, query, explain, signal })).catch((error: unknown) => {
      if (!isNoRoute(error)) {
        throw error
      }
      return error as Error
    })
  ])
  return {
    destination: peer.toString(),
    default: { ...direct, rttMs: rounded(direct.rttMs) },
    ...(answers instanceof Error ? { offers: [], failures: [], error: answers.message } : offersOf(answers, query))
  }
}

/** @param query - the text that was asked */
export function offersOf (answers: readonly ProviderAnswer[], query?: string): Pick<RouteReport, 'offers' | 'failures' | 'query' | 'clauses' | 'explanations'> {
  const unfit = answers.map((answer) => ({ ...answer, paths: answer.paths.filter((path) => brokenBy(answer, path) !== undefined) }))
  const inOrder = query === undefined ? answers : [...bySoftClauses(answers).flat(), ...unfit]
  const whyUnfit = new Map(answers.flatMap((answer) => answer.paths.map((path) => [path, brokenBy(answer, path) ?? null] as const)))
  return {
    ...(query === undefined ? {} : { query, clauses: compareClauses(answers), explanations: explanationsOf(answers) }),
    offers: inOrder.flatMap(({ rsp, mapKind, paths }) => paths.map((path) => ({ ...offerRow(rsp, mapKind, path), ...(query === undefined ? {} : { unfit: whyUnfit.get(path) ?? null }) }))),
    failures: answers.flatMap(({ rsp, mapKind, paths, error, verdict }) => paths.length > 0 && error === undefined
      ? []
      : [{ rsp: rsp.toString(), kind: mapKind, error: error?.message ?? whyNothing(verdict) }])
  }
}

function whyNothing (verdict: ProviderAnswer['verdict']): string {
  const missing = verdict?.clauses.filter(({ isMandatory, isSupported }) => isMandatory && !isSupported) ?? []
  return missing.length > 0
    ? `it does not know ${missing.map(({ clause }) => `"${clause}"`).join(', ')}`
    : verdict === undefined ? 'it has no path to offer' : 'it has no path that keeps to the query'
}

function explanationsOf (answers: readonly ProviderAnswer[]): Array<{ rsp: string, explanation: Explanation }> {
  return answers.flatMap(({ rsp, verdict, asked, paths }) => {
    const explanation = verdict?.explanation === undefined || asked === undefined
      ? undefined
      : readExplanation(verdict.explanation, { query: printQuery(asked.ast), paths: paths.map(({ forwarders }) => forwarders.map(String)) })
    return explanation === undefined ? [] : [{ rsp: rsp.toString(), explanation }]
  })
}

function offerRow (rsp: PeerId, mapKind: string, { forwarders, prediction, expiresAtMs }: OfferedPath): OfferRow {
  return {
    rsp: rsp.toString(),
    kind: mapKind,
    path: forwarders.map(String),
    predictedRttMs: rounded(prediction.rttUs / 1_000),
    marginMs: rounded(prediction.rttMarginUs / 1_000),
    loss: prediction.lossPpm / 1e6,
    lossMargin: shareOf(prediction.lossMarginPpm),
    jitterMs: rounded(prediction.jitterUs === undefined ? null : prediction.jitterUs / 1_000),
    bytesPerSecond: prediction.bytesPerSecond ?? null,
    bytesPerSecondMargin: prediction.rateMarginBytesPerSecond ?? null,
    load: shareOf(prediction.loadPpm),
    price: prediction.price ?? null,
    confidence: prediction.confidence,
    dataAgeMs: prediction.dataAgeMs,
    expiresAt: new Date(expiresAtMs).toISOString()
  }
}

function shareOf (ppm: number | undefined): number | null {
  return ppm === undefined ? null : ppm / 1e6
}

export function routeText ({ destination, default: direct, offers, failures, error, query, clauses = [], explanations = [] }: RouteReport, nowMs: number): string[] {
  const rows = offers.map((offer) => [
    short(offer.rsp),
    offer.kind,
    pathText(offer.path),
    `${msText(offer.predictedRttMs)} ± ${msText(offer.marginMs)}`,
    percentText(offer.loss),
    offer.bytesPerSecond === null ? '–' : `${bytesText(offer.bytesPerSecond)}/s`,
    offer.load === null ? '–' : percentText(offer.load),
    percentText(offer.confidence),
    durationText(offer.dataAgeMs),
    `in ${Math.max(0, Math.round((Date.parse(offer.expiresAt) - nowMs) / 1_000))} s`,
    ...(offer.unfit == null ? [] : [offer.unfit])
  ])
  return [
    `to ${destination}`,
    `default route: ${direct.rttMs === null ? `none (${direct.error ?? 'no answer'})` : msText(direct.rttMs)}`,
    ...(query === undefined ? [] : [`asked: ${query}`]),
    ...(rows.length === 0 ? [] : ['', ...table([['RSP', 'map', 'path', 'predicted', 'loss', 'rate', 'load', 'confidence', 'data', 'expires'], ...rows])]),
    ...(failures.length === 0 ? [] : ['', ...failures.map((failure) => `RSP ${short(failure.rsp)} (${failure.kind}): ${failure.error}`)]),
    ...clauseTable(clauses),
    ...explanations.flatMap(({ rsp, explanation }) => ['', `RSP ${short(rsp)} explains:`, ...explanationText(withShortIds(explanation)).split('\n').map((line) => line === '' ? '' : `  ${line}`)]),
    ...(error === undefined ? [] : ['', `no RSP was asked: ${error}`]),
    ...(offers.length === 0 && failures.length === 0 ? [] : ['', ...legend([...offers, ...failures].flatMap((row) => [row.rsp, ...('path' in row ? row.path : [])]))])
  ].map(printable)
}

function parsePaths (text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > MAX_PATHS) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_PATHS}.`)
  }
  return n
}
