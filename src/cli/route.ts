// `byway route DEST`: what every RSP offers to a destination, side by side, beside the default route.
import { InvalidArgumentError } from 'commander'
import { parseDestination } from './destination.ts'
import { ExitCode, isNoRoute } from './exit-codes.ts'
import { measureDefault } from './measured-rtt.ts'
import { legend, msText, pathText, percentText, rounded, short, table } from './output.ts'
import { bytesText, durationText } from './number-text.ts'
import { addHostSettings, readHostSettings, withHost } from './short-lived-host.ts'
import type { Host } from '../host/host.ts'
import type { ProviderAnswer } from '../host/provider-set.ts'
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
}

export interface RouteReport {
  destination: string
  default: { rttMs: number | null, error?: string }
  /** Best first, of each RSP. */
  offers: OfferRow[]
  failures: Array<{ rsp: string, kind: string, error: string }>
  /** Why no RSP could be asked. */
  error?: string
}

const MAX_PATHS = 8
const OFFERS_DEADLINE_MS = 15_000

export function registerRoute (program: Command, terminal: Terminal): void {
  const command = program.command('route')
    .description('show the offers of all RSPs for a destination, side by side')
    .argument('<DEST>', 'peer id, or multiaddr ending in /p2p/ID')
    .option('--paths <n>', `ask each RSP for so many paths, 1 to ${MAX_PATHS}`, parsePaths, 3)
  addHostSettings(command)
    .addHelpText('after', '\nExample:\n  byway route --bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… 12D3KooW…')
    .action(async (dest: string, flags: Record<string, unknown>) => {
      const destination = parseDestination(dest)
      const settings = await readHostSettings(flags, terminal)
      const report = await withHost(settings, destination, terminal, async (host) => routeReport(host, destination.peer, flags.paths as number, terminal.signal))
      terminal.out(settings.json === true ? JSON.stringify(report) : routeText(report, Date.now()).join('\n'))
      terminal.exit(report.default.rttMs === null && report.offers.length === 0 ? ExitCode.noRoute : ExitCode.done)
    })
}

async function routeReport (host: Host, peer: PeerId, paths: number, stop: AbortSignal): Promise<RouteReport> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(OFFERS_DEADLINE_MS)])
  const [direct, answers] = await Promise.all([
    measureDefault(host, peer, stop),
    host.offers(peer, { paths, signal }).catch((error: unknown) => {
      if (!isNoRoute(error)) {
        throw error
      }
      return error as Error
    })
  ])
  return {
    destination: peer.toString(),
    default: { ...direct, rttMs: rounded(direct.rttMs) },
    ...(answers instanceof Error ? { offers: [], failures: [], error: answers.message } : offersOf(answers))
  }
}

function offersOf (answers: readonly ProviderAnswer[]): Pick<RouteReport, 'offers' | 'failures'> {
  return {
    offers: answers.flatMap(({ rsp, mapKind, paths }) => paths.map(({ forwarders, prediction, expiresAtMs }) => ({
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
    }))),
    failures: answers.flatMap(({ rsp, mapKind, paths, error }) => paths.length > 0 && error === undefined
      ? []
      : [{ rsp: rsp.toString(), kind: mapKind, error: error?.message ?? 'it has no path to offer' }])
  }
}

function shareOf (ppm: number | undefined): number | null {
  return ppm === undefined ? null : ppm / 1e6
}

export function routeText ({ destination, default: direct, offers, failures, error }: RouteReport, nowMs: number): string[] {
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
    `in ${Math.max(0, Math.round((Date.parse(offer.expiresAt) - nowMs) / 1_000))} s`
  ])
  return [
    `to ${destination}`,
    `default route: ${direct.rttMs === null ? `none (${direct.error ?? 'no answer'})` : msText(direct.rttMs)}`,
    ...(rows.length === 0 ? [] : ['', ...table([['RSP', 'map', 'path', 'predicted', 'loss', 'rate', 'load', 'confidence', 'data', 'expires'], ...rows])]),
    ...(failures.length === 0 ? [] : ['', ...failures.map((failure) => `RSP ${short(failure.rsp)} (${failure.kind}): ${failure.error}`)]),
    ...(error === undefined ? [] : ['', `no RSP was asked: ${error}`]),
    ...(offers.length === 0 && failures.length === 0 ? [] : ['', ...legend([...offers, ...failures].flatMap((row) => [row.rsp, ...('path' in row ? row.path : [])]))])
  ]
}

function parsePaths (text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > MAX_PATHS) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_PATHS}.`)
  }
  return n
}
