// What we have measured of a link, or heard of it from its ends, as rivals are told it: the worse of what both ends say, and who said it.
import { worseOf } from '../link-view.ts'
import type { DirectionEstimate } from '../link-direction.ts'
import type { KeptView, LinkEstimate } from '../link-view.ts'
import type { LinkReading } from '../../measurement/link-estimator.ts'
import type { MeasuringMethod, SharedMeasurement, SharedRate } from '../../../protocols/exchange/measurement.ts'
import { MAX_MEASUREMENT_AGE_MS, MAX_RATE, MAX_RTT_US, PPM } from '../../../protocols/exchange/constants.ts'
import type { PeerId } from '@libp2p/interface'

/** A first look may be far off, and what is told is held against us. */
const SETTLED_SAMPLES = 5

/** What each end says; undefined: nothing. */
export interface OwnViews {
  ofA: KeptView | undefined
  ofB: KeptView | undefined
}

/** When we have nothing to tell, or nothing young enough: undefined. */
export function ownMeasurement ({ ofA, ofB }: OwnViews, ends: { a: PeerId, b: PeerId }, mapKind: 'reports' | 'surveys', nowMs: number): SharedMeasurement | undefined {
  const [one, other] = [living(ofA), living(ofB)]
  const estimate = worseOf(one, other)
  if (estimate === undefined || nowMs - estimate.measuredAtMs > MAX_MEASUREMENT_AGE_MS || !(estimate.rttUs >= 1)) {
    return undefined
  }
  const samples = Math.min(one?.samples ?? Number.POSITIVE_INFINITY, other?.samples ?? Number.POSITIVE_INFINITY)
  const forth = rateOf(estimate.forth)
  const back = rateOf(estimate.back)
  return {
    ...ends,
    method: mapKind === 'surveys' ? 'SURVEYED' : methodOf(one, other),
    down: false,
    rttUs: bounded(estimate.rttUs, MAX_RTT_US),
    rttSpreadUs: bounded(Math.sqrt(estimate.varianceUs2), MAX_RTT_US),
    jitterUs: bounded(estimate.jitterUs, MAX_RTT_US),
    lossPpm: bounded(estimate.lossPpm, PPM),
    lossSpreadPpm: samples === 0 ? 0 : bounded(Math.sqrt(estimate.lossVariancePpm2 ?? 0), PPM),
    samples,
    ageMs: bounded(Math.max(0, nowMs - estimate.measuredAtMs), MAX_MEASUREMENT_AGE_MS),
    ...(forth === undefined ? {} : { forth }),
    ...(back === undefined ? {} : { back })
  }
}

/** Has somebody looked often enough that others may be told, and judged by it? */
export function isSettled ({ samples, reports }: Pick<KeptView, 'samples' | 'reports'>): boolean {
  return Math.max(samples, reports) >= SETTLED_SAMPLES
}

/** Undefined where we know nothing of it but from before a restart. */
export function ownEstimate ({ ofA, ofB }: OwnViews): LinkEstimate | undefined {
  return worseOf(living(ofA), living(ofB))
}

/** That a link is down: nothing else is said of it. */
export function downMeasurement (ends: { a: PeerId, b: PeerId }, method: MeasuringMethod): SharedMeasurement {
  return { ...ends, method, down: true, rttUs: 0, rttSpreadUs: 0, jitterUs: 0, lossPpm: 0, lossSpreadPpm: 0, samples: 0, ageMs: 0 }
}

/** In the form in which moves are told from jitter; a link of which we have nothing is down. */
export function ownReading (views: OwnViews): LinkReading {
  const estimate = ownEstimate(views)
  return estimate === undefined
    ? { state: 'down', rttUs: undefined, jitterUs: 0, lossPpm: 0, samples: 0, outcomes: 0 }
    : { state: 'up', rttUs: estimate.rttUs, jitterUs: estimate.jitterUs, lossPpm: estimate.lossPpm, samples: 1, outcomes: 1 }
}

/** From before a restart it is no news. */
function living (view: KeptView | undefined): KeptView | undefined {
  return view === undefined || view.isRemembered ? undefined : view
}

function methodOf (one: KeptView | undefined, other: KeptView | undefined): MeasuringMethod {
  return one === undefined ? 'REPORTED_BY_B' : other === undefined ? 'REPORTED_BY_A' : 'REPORTED_BY_BOTH'
}

function rateOf ({ bytesPerSecond, rateIsFloor }: DirectionEstimate): SharedRate | undefined {
  return bytesPerSecond === undefined ? undefined : { bytesPerSecond: Math.max(1, bounded(bytesPerSecond, MAX_RATE)), spreadBytesPerSecond: 0, isFloor: rateIsFloor }
}

function bounded (value: number, max: number): number {
  return Math.min(max, Math.round(value))
}
