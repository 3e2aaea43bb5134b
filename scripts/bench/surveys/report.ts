// What the surveys found, beside what is true and what reports say, and whether the goals are met.
import { median, percentile, rounded } from '../statistics.ts'
import type { LinkEstimate } from '../../../src/rsp/link-view.ts'
import type { SurveyStatus } from '../../../src/rsp/survey/surveyor.ts'

export interface Belief {
  lossPercent: number
  megabytesPerSecond: number | null
  /** It carries that much at least. */
  isFloor: boolean
}

export interface SurveyedRow {
  link: string
  truth: { lossPercent: number, megabytesPerSecond: number }
  survey: Belief | null
  /** Of the forwarders; only over real nodes. */
  report?: Belief | null
}

export interface SurveyFigures {
  links: number
  /** Of them, without any measurement. */
  unknown: number
  lossErrorPoints: { median: number, p90: number }
  /** Of links whose bandwidth was found, not only a floor of it. */
  rateErrorPercent: { median: number, p90: number }
  exactRates: number
  floors: number
  /** Floors above what is true by more than a tenth. */
  falseFloors: number
  cost: Pick<SurveyStatus, 'packetsPerSecond' | 'bytesPerSecond' | 'packetsPerLinkMinute' | 'bytesPerLinkMinute'>
}

export interface SurveyGoal {
  figure: string
  value: number
  atMost: number
  isMet: boolean
}

const GOALS = { lossErrorPoints: 1, rateErrorPercent: 20, falseFloors: 0, unknown: 0, unfoundRates: 0.5 }
/** A floor may be that much too high. */
const FLOOR_TOLERANCE = 1.1

export function beliefOf (estimate: LinkEstimate | undefined): Belief | null {
  return estimate === undefined
    ? null
    : {
        lossPercent: rounded(estimate.lossPpm / 1e4, 2),
        megabytesPerSecond: estimate.forth.bytesPerSecond === undefined ? null : rounded(estimate.forth.bytesPerSecond / 1e6),
        isFloor: estimate.forth.rateIsFloor
      }
}

/** Of what comes back over a link that loses this share in either direction. */
export function roundTripLossPercent (loss: number): number {
  return rounded(100 * (1 - (1 - loss) ** 2), 2)
}

export function figuresOf (rows: readonly SurveyedRow[], status: SurveyStatus): SurveyFigures {
  const found = rows.flatMap(({ truth, survey }) => survey === null ? [] : [{ truth, survey }])
  const lossErrors = found.map(({ truth, survey }) => Math.abs(survey.lossPercent - truth.lossPercent))
  const rates = found.flatMap(({ truth, survey: { megabytesPerSecond, isFloor } }) =>
    megabytesPerSecond === null ? [] : [{ share: megabytesPerSecond / truth.megabytesPerSecond, isFloor }])
  const exact = rates.filter(({ isFloor }) => !isFloor).map(({ share }) => 100 * Math.abs(share - 1))
  const floors = rates.filter(({ isFloor }) => isFloor)
  const { packetsPerSecond, bytesPerSecond, packetsPerLinkMinute, bytesPerLinkMinute } = status
  return {
    links: rows.length,
    unknown: rows.length - found.length,
    lossErrorPoints: { median: rounded(median(lossErrors), 2), p90: rounded(percentile(lossErrors, 0.9), 2) },
    rateErrorPercent: { median: rounded(median(exact), 1), p90: rounded(percentile(exact, 0.9), 1) },
    exactRates: exact.length,
    floors: floors.length,
    falseFloors: floors.filter(({ share }) => share > FLOOR_TOLERANCE).length,
    cost: { packetsPerSecond, bytesPerSecond, packetsPerLinkMinute, bytesPerLinkMinute }
  }
}

/** Where much is not found, what was found says little. */
export function goalsOf (scene: string, { links, unknown, exactRates, lossErrorPoints, rateErrorPercent, falseFloors }: SurveyFigures): SurveyGoal[] {
  return [
    goal(`${scene}: loss error, percentage points, median`, lossErrorPoints.median, GOALS.lossErrorPoints),
    goal(`${scene}: bandwidth error, %, median`, rateErrorPercent.median, GOALS.rateErrorPercent),
    goal(`${scene}: floors that are too high`, falseFloors, GOALS.falseFloors),
    goal(`${scene}: links of which nothing is known`, unknown, GOALS.unknown),
    goal(`${scene}: links without a bandwidth that is more than a floor, share`, rounded(1 - exactRates / links, 2), GOALS.unfoundRates)
  ]
}

function goal (figure: string, value: number, atMost: number): SurveyGoal {
  return { figure, value, atMost, isMet: value <= atMost }
}

export function tableOf (scene: string, rows: readonly SurveyedRow[], figures: SurveyFigures): string {
  const withReports = rows.some(({ report }) => report !== undefined)
  const lines = rows.map(({ link, truth, survey, report }) => [
    link.padEnd(6), lossText(truth.lossPercent), lossText(survey?.lossPercent), ...(withReports ? [lossText(report?.lossPercent)] : []),
    rateText({ ...truth, isFloor: false }), rateText(survey), ...(withReports ? [rateText(report ?? null)] : [])
  ].join('  '))
  const { cost } = figures
  return [
    scene,
    `link    loss %: truth  survey${withReports ? '  report' : ''}   MB/s: truth  survey${withReports ? '  report' : ''}`,
    ...lines,
    `loss: off by ${figures.lossErrorPoints.median} points in the median (p90 ${figures.lossErrorPoints.p90}); bandwidth: by ${figures.rateErrorPercent.median} % (p90 ${figures.rateErrorPercent.p90}), ${figures.exactRates} found, ${figures.floors} floors, ${figures.falseFloors} of them too high`,
    `cost: ${cost.packetsPerSecond} packets and ${cost.bytesPerSecond} bytes per second sent by the RSP; ${cost.packetsPerLinkMinute} packets and ${cost.bytesPerLinkMinute} bytes per link and minute, each way`
  ].join('\n')
}

function lossText (percent: number | undefined): string {
  return (percent === undefined ? '–' : percent.toFixed(2)).padStart(6)
}

function rateText (belief: Pick<Belief, 'megabytesPerSecond' | 'isFloor'> | null): string {
  const rate = belief?.megabytesPerSecond ?? null
  return (rate === null ? '–' : `${belief?.isFloor === true ? '≥ ' : ''}${rate.toFixed(2)}`).padStart(8)
}
