// What the failover benchmark says, and its goals.
import { median, percentile, rounded } from '../statistics.ts'
import type { Arrivals } from './destination-process.ts'
import type { SourceState } from './source-process.ts'
import type { Strike } from './strikes.ts'

export interface Spread {
  p50: number
  p90: number
  max: number
}

export interface StrikeFigures {
  strikes: number
  pauseMs: Spread | null
  detectMs: Spread | null
  /** Of the paths that failed, median. */
  rttMs: number | null
  /** Before how many of them there was another path that shares no forwarder with the one in use. */
  withBackup: number
  /** Where the flow was some time later. */
  toAnotherPath: number
  toDefault: number
  /** How it was noticed → how often. */
  reasons: Record<string, number>
}

/** What stands here is null where it is not known: nothing of the kind was measured, or who knows it does not answer. */
export interface FailoverReport extends StrikeFigures {
  lostConnections: number | null
  corrupt: number | null
  repeated: number | null
  datagrams: { sent: number, received: number, lost: number } | null
  defaultRttMs: number | null
  /** The same for forwarders that fell silent and kept their connections. */
  silent: StrikeFigures | null
}

export interface Goal {
  figure: string
  /** Null: not known, so the goal is not met. */
  value: number | null
  atMost: number
  isMet: boolean
}

const MAX_PAUSE_MS = 1_000
const EXTRA_MS = 100
const RTTS = 3
const MIN_SILENT_MS = 300
/** A flow that did not leave the path while it was looked at. */
const NEVER_MS = 1e6

/** Of what was measured; `state` and `arrivals` are of the end. */
export function reportOf (strikes: readonly Strike[], state?: SourceState, arrivals?: Arrivals): FailoverReport {
  const silent = strikes.filter(({ signal }) => signal === 'SIGSTOP')
  const ends = state === undefined || arrivals === undefined ? undefined : { state, arrivals }
  return {
    ...figuresOf(strikes.filter(({ signal }) => signal === 'SIGKILL')),
    lostConnections: ends === undefined ? null : ends.arrivals.closed + ends.arrivals.channels - 1 + (ends.state.isClosed ? 1 : 0),
    corrupt: arrivals?.corrupt ?? null,
    repeated: arrivals?.repeated ?? null,
    datagrams: ends === undefined ? null : { sent: ends.state.sent, received: ends.arrivals.received, lost: ends.state.sent - ends.arrivals.received },
    defaultRttMs: roundedOrNull(state?.defaultRttMs),
    silent: silent.length === 0 ? null : figuresOf(silent)
  }
}

export function goalsOf ({ pauseMs, rttMs, lostConnections, corrupt, silent }: FailoverReport): Goal[] {
  return [
    { figure: 'pauseMs.max', value: pauseMs?.max ?? null, atMost: MAX_PAUSE_MS },
    { figure: 'pauseMs.p50', value: pauseMs?.p50 ?? null, atMost: rounded(RTTS * (rttMs ?? 0) + EXTRA_MS, 1) },
    { figure: 'lostConnections', value: lostConnections, atMost: 0 },
    { figure: 'corrupt', value: corrupt, atMost: 0 },
    ...(silent === null
      ? []
      : [
          { figure: 'silent.pauseMs.max', value: silent.pauseMs?.max ?? null, atMost: MAX_PAUSE_MS },
          { figure: 'silent.detectMs.p50', value: silent.detectMs?.p50 ?? null, atMost: rounded(Math.max(MIN_SILENT_MS, RTTS * (silent.rttMs ?? 0) + EXTRA_MS), 1) }
        ])
  ].map((goal) => ({ ...goal, isMet: goal.value !== null && goal.value <= goal.atMost }))
}

export function tableOf (report: FailoverReport, goals: readonly Goal[]): string {
  const line = (name: string, figures: StrikeFigures): string =>
    `${name.padEnd(22)} ${String(figures.strikes).padStart(3)}   pause ${spreadText(figures.pauseMs)}   noticed ${spreadText(figures.detectMs)}   ` +
    `on paths of ${figures.rttMs} ms; then ${figures.toAnotherPath} on another path, ${figures.toDefault} on the default route`
  return [
    line('killed forwarders', report),
    ...(report.silent === null ? [] : [line('silent forwarders', report.silent)]),
    `lost connections ${report.lostConnections}, corrupt datagrams ${report.corrupt}, lost ${report.datagrams?.lost} of ${report.datagrams?.sent}; the default route takes ${report.defaultRttMs} ms`,
    '',
    ...goals.map(({ figure, value, atMost, isMet }) => `${isMet ? 'met   ' : 'MISSED'} ${figure} ${value} (at most ${atMost})`)
  ].join('\n')
}

function figuresOf (strikes: readonly Strike[]): StrikeFigures {
  const reasons: Record<string, number> = {}
  for (const { reason } of strikes) {
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  return {
    strikes: strikes.length,
    pauseMs: spreadOf(strikes.map(({ pauseMs }) => pauseMs)),
    detectMs: spreadOf(strikes.map(({ detectMs }) => detectMs ?? NEVER_MS)),
    rttMs: roundedOrNull(strikes.length === 0 ? null : median(strikes.map(({ rttMs }) => rttMs))),
    withBackup: strikes.filter(({ hadBackup }) => hadBackup).length,
    toAnotherPath: strikes.filter(({ text }) => text.startsWith('via')).length,
    toDefault: strikes.filter(({ text }) => !text.startsWith('via')).length,
    reasons
  }
}

function spreadOf (values: readonly number[]): Spread | null {
  return values.length === 0 ? null : { p50: rounded(median(values), 1), p90: rounded(percentile(values, 0.9), 1), max: rounded(Math.max(...values), 1) }
}

function spreadText (spread: Spread | null): string {
  return spread === null ? 'not measured' : `p50 ${spread.p50} max ${spread.max} ms`
}

function roundedOrNull (value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : rounded(value, 1)
}
