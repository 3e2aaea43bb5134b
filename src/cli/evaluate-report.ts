// What an evaluation says, as numbers and as text.
import { percentText, table } from './output.ts'
import { pooled } from './evaluate-calibration.ts'
import type { CalibrationReport, IntervalReport } from './evaluate-calibration.ts'
import type { ExchangeCounts } from './evaluate-exchange.ts'

/** Gains are shares of what somebody gains who knows the whole slice; with several relays they can exceed 1 of what one relay gives. */
export interface SliceReport {
  /** Place of its file on the command line, from 1. */
  slice: number
  /** Share of all links that was measured, 0 to 1. */
  measuredShare: number
  /** With a host that goes back to the default route where that is better; of the best with at most one relay per path. */
  gainOverOneRelay: number
  /** The same, of the best with any number of relays. */
  gainOverAny: number
  /** With a host that uses every path it is given, better or worse. */
  netGainOverOneRelay: number
  /** What was chosen in the slice before, used in this one with such a host as gainOverOneRelay has; null for the first. */
  staleGainOverOneRelay: number | null
  /** Shares of the ordered pairs, 0 to 1, whose path is better or worse than the default route. */
  improvedShare: number
  worseShare: number
  /** Over all ordered pairs. */
  meanGainMs: number
  /** How the 80 % intervals that were promised in the slice before have held in this one; null for the first, and for schemes that promise none. */
  calibration: CalibrationReport | null
}

/** Means over the slices. */
export type Summary = Omit<SliceReport, 'slice' | 'calibration'> & {
  /** Of the intervals of all slices. */
  calibration: { paths: IntervalReport | null, links: IntervalReport | null }
  slices: number
  /** What is left of the gain when a choice is used one slice later; null without a second slice. */
  staleShare: number | null
}

export interface SchemeReport {
  /** Of one of several RSPs its name: rsp-1, rsp-1-alone, one-rsp. */
  scheme: string
  slices: SliceReport[]
  summary: Summary
}

export interface EvaluateReport extends SchemeReport {
  nodes: number
  /** Share of all links that could be measured per slice. */
  budget: number
  warmUp: 'sweep' | 'cold'
  relayCostMs: number
  seed: number
  /** Other schemes under the same budget. */
  compared: SchemeReport[]
  /** Of several RSPs. */
  rsps?: RspsReport
}

/** What several RSPs, each with the budget, reach of what one reaches with the budgets of all; means over the slices. */
export interface RspsReport {
  exchange: boolean
  /** Of the one that has all budgets. */
  wholeGain: number
  each: Array<{
    rsp: number
    gain: number
    shareOfWhole: number
    /** Without exchange; null where there is none. */
    aloneGain: number | null
    aloneShareOfWhole: number | null
    /** Per slice: links that others have measured for it, links of others measured to know whether to believe them, and all links that others measured too. */
    givenLinks: number
    auditedLinks: number
    twiceMeasuredLinks: number
    /** Least trust in another one at the end of the last slice, from 0 to 1; null without exchange. */
    trust: number | null
  }>
}

interface PlayedRsp {
  name: string
  rsp?: number
  slices: readonly SliceReport[]
  exchanged: readonly ExchangeCounts[]
}

export function exchangeReport (exchange: boolean, players: readonly PlayedRsp[]): RspsReport {
  const gainOf = (name: string): number | null => {
    const slices = players.find((player) => player.name === name)?.slices
    return slices === undefined ? null : summarize(slices).gainOverOneRelay
  }
  const wholeGain = gainOf('one-rsp') ?? 0
  const shareOf = <Gain extends number | null> (gain: Gain): Gain => (gain === null ? null : gain / wholeGain) as Gain
  const each = players.flatMap(({ name, rsp, exchanged }) => {
    const gain = gainOf(name) ?? 0
    const mean = (of: (counts: ExchangeCounts) => number): number => exchanged.reduce((sum, counts) => sum + of(counts), 0) / Math.max(1, exchanged.length)
    const aloneGain = exchange ? gainOf(`${name}-alone`) : null
    return rsp === undefined
      ? []
      : [{
          rsp,
          gain,
          shareOfWhole: shareOf(gain),
          aloneGain,
          aloneShareOfWhole: shareOf(aloneGain),
          givenLinks: mean(({ given }) => given),
          auditedLinks: mean(({ audited }) => audited),
          twiceMeasuredLinks: mean(({ twice }) => twice),
          trust: exchanged.length === 0 ? null : Math.min(...exchanged[exchanged.length - 1].trust)
        }]
  })
  return { exchange, wholeGain, each }
}

export function summarize (slices: readonly SliceReport[]): Summary {
  const mean = (of: (slice: SliceReport) => number): number => slices.reduce((sum, slice) => sum + of(slice), 0) / slices.length
  const later = slices.filter(({ staleGainOverOneRelay }) => staleGainOverOneRelay !== null)
  const staleGain = later.reduce((sum, slice) => sum + (slice.staleGainOverOneRelay ?? 0), 0)
  const sameSliceGain = later.reduce((sum, slice) => sum + slice.gainOverOneRelay, 0)
  return {
    slices: slices.length,
    measuredShare: mean((slice) => slice.measuredShare),
    gainOverOneRelay: mean((slice) => slice.gainOverOneRelay),
    gainOverAny: mean((slice) => slice.gainOverAny),
    netGainOverOneRelay: mean((slice) => slice.netGainOverOneRelay),
    staleGainOverOneRelay: later.length === 0 ? null : staleGain / later.length,
    improvedShare: mean((slice) => slice.improvedShare),
    worseShare: mean((slice) => slice.worseShare),
    meanGainMs: mean((slice) => slice.meanGainMs),
    calibration: {
      paths: pooled(slices.flatMap(({ calibration }) => calibration?.paths ?? [])),
      links: pooled(slices.flatMap(({ calibration }) => calibration?.links ?? []))
    },
    staleShare: sameSliceGain === 0 ? null : staleGain / sameSliceGain
  }
}

export function evaluateText (report: EvaluateReport): string[] {
  const { nodes, budget, warmUp, relayCostMs, summary, compared } = report
  return [
    `${nodes} nodes, ${percentText(budget)} of the links measured per slice, ${warmUp === 'sweep' ? 'after a sweep of all links' : 'from a cold start'}, ${relayCostMs} ms per relay.`,
    'Gains are shares of what the best choice with one relay gains.',
    '',
    ...table([
      ['slice', 'measured', 'gain', 'of any', 'net', 'a slice later', 'better', 'worse', 'mean gain'],
      ...report.slices.map((slice) => [String(slice.slice), ...cells(slice)]),
      ['mean', ...cells(summary)]
    ]),
    ...calibrationText(summary.calibration),
    ...rspsText(report),
    ...(compared.length === 0
      ? []
      : ['', ...table([
          ['scheme', 'measured', 'gain', 'of any', 'net', 'a slice later', 'better', 'worse', 'mean gain'],
          ...[report, ...compared].map((scheme) => [scheme.scheme, ...cells(scheme.summary)])
        ])])
  ]
}

function rspsText ({ rsps }: EvaluateReport): string[] {
  if (rsps === undefined) {
    return []
  }
  const share = (value: number | null): string => value === null ? '–' : value.toFixed(3)
  return [
    '',
    `${rsps.each.length} RSPs with that budget each${rsps.exchange ? ', which exchange what they measure' : ''}; one with all their budgets gains ${rsps.wholeGain.toFixed(3)}.`,
    ...table([
      ['RSP', 'gain', 'of that', ...(rsps.exchange ? ['alone', 'of that', 'given', 'audited', 'twice', 'trust'] : [])],
      ...rsps.each.map((row) => [
        String(row.rsp), row.gain.toFixed(3), share(row.shareOfWhole),
        ...(rsps.exchange
          ? [share(row.aloneGain), share(row.aloneShareOfWhole), row.givenLinks.toFixed(0), row.auditedLinks.toFixed(0), row.twiceMeasuredLinks.toFixed(0), share(row.trust)]
          : [])
      ])
    ])
  ]
}

function calibrationText ({ paths, links }: Summary['calibration']): string[] {
  const of = (name: string, { coverage, meanMarginMs }: IntervalReport): string => `${percentText(coverage)} of the ${name} (± ${meanMarginMs.toFixed(1)} ms in the mean)`
  return paths === null || links === null
    ? []
    : ['', `Intervals of 80 % contained in the next slice the round trips of ${of('paths', paths)} and ${of('links', links)}.`]
}

function cells (figures: Omit<SliceReport, 'slice' | 'calibration'>): string[] {
  return [
    percentText(figures.measuredShare),
    figures.gainOverOneRelay.toFixed(3),
    figures.gainOverAny.toFixed(3),
    figures.netGainOverOneRelay.toFixed(3),
    figures.staleGainOverOneRelay?.toFixed(3) ?? '–',
    percentText(figures.improvedShare),
    percentText(figures.worseShare),
    `${figures.meanGainMs.toFixed(1)} ms`
  ]
}
