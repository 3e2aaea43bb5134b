// What the demo prints: one JSON object, or the same as text.
import type { DemoPair } from './demo-overlay.ts'
import type { FailingReport } from './failing-report.ts'
import type { PlacedId } from './place-node.ts'
import type { OutgoingChannel } from '../../host/outgoing-channel.ts'
import type { RouteStatus } from '../../host/channel-status.ts'

export interface OfferReport {
  rsp: string
  kind: string
  path: string[]
  predictedRttMs: number | null
  confidence: number | null
  /** Measured end to end on this very path; null where it was not tried or does not answer. */
  measuredRttMs: number | null
  /** Why there is no offer. */
  error?: string
}

export interface PairReport {
  source: PlacedId
  destination: PlacedId
  defaultRttMs: number | null
  oracleRttMs: number
  offers: OfferReport[]
  chosen: { rsp: string, path: string[], measuredRttMs: number | null, route: string }
}

export interface FailoverReport {
  stopped: string
  pair: number
  detectedMs: number | null
  route: string
  path: string[]
  measuredRttMs: number | null
  /** What it went over before. */
  before: { path: string[], measuredRttMs: number | null }
}

export interface DemoReport {
  forwarders: PlacedId[]
  rsps: Array<PlacedId & { kind: string, links: number, medianErrorMs: number, medianRelativeError: number, withinTolerance: number }>
  pairs: PairReport[]
  /** Pairs that the oracle makes faster by more than 5 ms. */
  oracleImproved: number
  /** Those of them whose measured gain is at least half the oracle's. */
  improved: number
  /** Pairs that are slower than their default route by more than 5 ms. */
  worse: number
  /** Share of measured offers whose prediction was within 15 % or 5 ms. */
  predictedWell: number | null
  meanDefaultRttMs: number
  meanChosenRttMs: number
  /** Null where no path was in use, or forwarders failed at random. */
  failover: FailoverReport | null
  /** Null unless forwarders failed at random. */
  failing: FailingReport | null
  /** False: the machine was too busy when maps or routes were measured, and round trips contain its waiting. */
  isQuiet: boolean
  seconds: number
}

/** Gains of less than this are not counted. */
const NOTICEABLE_MS = 5
const PREDICTION_SHARE = 0.15
const PREDICTION_MS = 5
/** Maps made in a quiet time are off by 0.4 to 2 ms in the median; beside a test run it was 6 to 13. */
const BUSY_ERROR_MS = 4

export function reportPair (pair: DemoPair, channel: OutgoingChannel, oracleRttMs: number): PairReport {
  const { routes, active, default: fallback, answers, text } = channel.status
  return {
    source: { id: pair.source.node.peerId.toString(), node: pair.source.row },
    destination: { id: pair.destination.node.peerId.toString(), node: pair.destination.row },
    defaultRttMs: rounded(fallback?.measuredRttMs),
    oracleRttMs: rounded(oracleRttMs) as number,
    offers: answers.map(({ rsp, mapKind, paths, error }) => {
      const path = paths[0]?.forwarders.map((peer) => peer.toString()) ?? []
      const measured = routes.find((route) => !route.isDefault && route.path.join() === path.join())
      return {
        rsp: rsp.toString(),
        kind: mapKind,
        path,
        predictedRttMs: rounded(paths[0] === undefined ? null : paths[0].prediction.rttUs / 1_000),
        confidence: paths[0]?.prediction.confidence ?? null,
        measuredRttMs: rounded(measured?.alive === true ? measured.measuredRttMs : null),
        ...(paths.length === 0 && error !== undefined ? { error: error.message } : {})
      }
    }),
    chosen: {
      rsp: active?.rsp ?? 'default',
      path: active?.path ?? [],
      measuredRttMs: rounded(active?.measuredRttMs),
      route: text
    }
  }
}

export function summarize (pairs: readonly PairReport[]): Pick<DemoReport, 'oracleImproved' | 'improved' | 'worse' | 'predictedWell' | 'meanDefaultRttMs' | 'meanChosenRttMs'> {
  const gains = pairs.map(({ defaultRttMs, oracleRttMs, chosen }) => ({
    oracle: (defaultRttMs ?? 0) - oracleRttMs,
    ours: (defaultRttMs ?? 0) - (chosen.measuredRttMs ?? Infinity)
  }))
  const measured = pairs.filter(({ defaultRttMs, chosen }) => defaultRttMs !== null && chosen.measuredRttMs !== null)
  const improvable = gains.filter(({ oracle }) => oracle > NOTICEABLE_MS)
  const judged = pairs.flatMap(({ offers }) => offers).filter(({ predictedRttMs, measuredRttMs }) => predictedRttMs !== null && measuredRttMs !== null)
  const well = judged.filter((offer) => {
    const measured = offer.measuredRttMs as number
    return Math.abs(measured - (offer.predictedRttMs as number)) <= Math.max(PREDICTION_MS, PREDICTION_SHARE * measured)
  })
  return {
    oracleImproved: improvable.length,
    improved: improvable.filter(({ oracle, ours }) => ours >= oracle / 2).length,
    worse: gains.filter(({ ours }) => ours < -NOTICEABLE_MS).length,
    predictedWell: judged.length === 0 ? null : rounded(well.length / judged.length),
    meanDefaultRttMs: rounded(mean(measured.map(({ defaultRttMs }) => defaultRttMs as number))) as number,
    meanChosenRttMs: rounded(mean(measured.map(({ chosen }) => chosen.measuredRttMs as number))) as number
  }
}

/** Were the maps made in a quiet time? Only a machine that waits makes them wrong by so much. */
export function areMapsQuiet (rsps: DemoReport['rsps']): boolean {
  return rsps.every(({ medianErrorMs }) => medianErrorMs <= BUSY_ERROR_MS)
}

export function measuredOn (route: RouteStatus | undefined): number | null {
  return rounded(route?.measuredRttMs)
}

/** To a hundredth. */
export function rounded (value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value * 100) / 100
}

function mean (values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length
}
