// What the measurement plan is held to on twelve slices of PlanetLab, as means over seeds.
import type { EvaluateReport, SliceReport } from '../../src/cli/evaluate-report.ts'
import type { WarmUp } from '../../src/cli/evaluate-run.ts'

export interface Setting {
  name: string
  warmUp: WarmUp
  budget: number
}

export interface Goal {
  setting: string
  figure: string
  /** At least, or between two. */
  required: number | [number, number]
  /** What would be better still. */
  reach?: number
  read: (report: EvaluateReport) => number
}

export const SETTINGS: readonly Setting[] = [
  { name: 'cold-5', warmUp: 'cold', budget: 0.05 },
  { name: 'sweep-5', warmUp: 'sweep', budget: 0.05 },
  { name: 'cold-2.5', warmUp: 'cold', budget: 0.025 },
  { name: 'sweep-2.5', warmUp: 'sweep', budget: 0.025 }
]

type Figure = 'gainOverOneRelay' | 'gainOverAny' | 'netGainOverOneRelay'

export const GOALS: readonly Goal[] = [
  { setting: 'cold-5', figure: 'gain, slice 1', required: 0.6, reach: 0.75, read: over('gainOverOneRelay', 1, 1) },
  { setting: 'cold-5', figure: 'gain, slices 2–6', required: 0.86, reach: 0.92, read: over('gainOverOneRelay', 2, 6) },
  { setting: 'cold-5', figure: 'gain, slices 7–12', required: 1, reach: 1.06, read: over('gainOverOneRelay', 7, 12) },
  { setting: 'cold-5', figure: 'of any number of relays, slices 7–12', required: 0.87, reach: 0.95, read: over('gainOverAny', 7, 12) },
  { setting: 'cold-5', figure: 'without knowing the default, slices 7–12', required: 0.93, reach: 1, read: over('netGainOverOneRelay', 7, 12) },
  { setting: 'cold-5', figure: 'a slice later, of the same slice', required: 0.92, read: stale },
  { setting: 'cold-5', figure: 'a slice later, of its own slice', required: 0.92, read: kept },
  { setting: 'cold-5', figure: 'paths within their 80 % intervals', required: [0.75, 0.85], read: ({ summary }) => summary.calibration.paths?.coverage ?? Number.NaN },
  { setting: 'cold-5', figure: 'links within their 80 % intervals', required: [0.75, 0.85], read: ({ summary }) => summary.calibration.links?.coverage ?? Number.NaN },
  { setting: 'sweep-5', figure: 'gain', required: 1.09, reach: 1.12, read: over('gainOverOneRelay', 2, 12) },
  { setting: 'sweep-5', figure: 'of any number of relays', required: 0.94, reach: 0.97, read: over('gainOverAny', 2, 12) },
  { setting: 'sweep-5', figure: 'a slice later, of the same slice', required: 0.92, read: stale },
  { setting: 'cold-2.5', figure: 'gain, slices 7–12', required: 0.92, reach: 1, read: over('gainOverOneRelay', 7, 12) },
  { setting: 'sweep-2.5', figure: 'gain', required: 1.05, read: over('gainOverOneRelay', 2, 12) }
]

function over (figure: Figure, first: number, last: number): Goal['read'] {
  return ({ slices }) => mean(slices.filter(({ slice }) => slice >= first && slice <= last).map((slice) => slice[figure]))
}

/** What the choices of the slices before gain, of what is chosen in the slices themselves: at first learning counts too. */
function stale ({ summary }: EvaluateReport): number {
  return summary.staleShare ?? Number.NaN
}

/** What a choice gains in the next slice, of what it gained in its own. */
function kept ({ slices }: EvaluateReport): number {
  const later = slices.slice(1)
  return mean(later.map((slice) => staleOf(slice))) / mean(slices.slice(0, -1).map(({ gainOverOneRelay }) => gainOverOneRelay))
}

function staleOf ({ staleGainOverOneRelay }: SliceReport): number {
  return staleGainOverOneRelay ?? Number.NaN
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
