// What an evaluation says, as numbers and as text.
import { percentText, table } from './output.ts'
import { pooled } from './evaluate-calibration.ts'
import type { CalibrationReport, IntervalReport } from './evaluate-calibration.ts'
import type { SchemeName } from './evaluate-schemes.ts'

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
  scheme: SchemeName
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
    ...(compared.length === 0
      ? []
      : ['', ...table([
          ['scheme', 'measured', 'gain', 'of any', 'net', 'a slice later', 'better', 'worse', 'mean gain'],
          ...[report, ...compared].map((scheme) => [scheme.scheme, ...cells(scheme.summary)])
        ])])
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
