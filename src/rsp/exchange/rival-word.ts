// What one rival said last of a link, and how it compares with what we see ourselves.
import type { DirectionEstimate } from '../link-direction.ts'
import type { LinkEstimate } from '../link-view.ts'
import type { MeasuringMethod, SharedMeasurement } from '../../../protocols/exchange/measurement.ts'

/** Of the link from the first of its ends, in the order of their keys, to the other. */
export interface RivalWord {
  /** Peer id of the RSP, as text. */
  rival: string
  method: MeasuringMethod
  rttUs: number
  rttSpreadUs: number
  jitterUs: number
  lossPpm: number
  /** As follows from the samples: what the rival says of it would excuse any lie. */
  lossSpreadPpm: number
  samples: number
  /** Unix time by our clock. */
  measuredAtMs: number
  forth: DirectionEstimate
  back: DirectionEstimate
  /** We had told nobody of this link, so it is no echo. */
  isBlind: boolean
  /** When it, or what the rival had said before, was compared last with what we measured; -Infinity: never. */
  judgedAtMs: number
}

/** Of a link that is named beside it. */
export type SaidOfLink = Omit<SharedMeasurement, 'a' | 'b'>

/** Two honest values differ by less than one of these: what probes of two RSPs over one link were seen to differ by, generously. */
const SAME_RTT_US = 2_000
const SAME_RTT_SHARE = 0.15
const SAME_LOSS_PPM = 20_000
/** Who says that a value may be anything has said nothing: its own spread excuses no more than this share. */
const MAX_EXCUSED_SHARE = 0.3
/** Who does not say how many are behind its loss is held to it as if it were so many. */
const UNSAID_SAMPLES = 50
/** Rates of full links differ by less than so many times. */
const SAME_RATE_FACTOR = 2
/** Values of different times are no lies. */
const SAME_TIME_MS = 30_000
/** Once a link in so long: those that are measured often must not decide alone, and who was honest once may not be now. */
const REJUDGE_MS = 300_000

/** @param isReversed - the rival's `a` is the second of the two in the order of their keys */
export function wordOf (rival: string, said: SaidOfLink, isReversed: boolean, options: { measuredAtMs: number, isBlind: boolean, judgedAtMs?: number }): RivalWord {
  const { rttUs, rttSpreadUs, jitterUs, lossPpm, samples } = said
  const [forth, back] = isReversed ? [said.back, said.forth] : [said.forth, said.back]
  return {
    rival,
    method: isReversed ? reversed(said.method) : said.method,
    rttUs,
    rttSpreadUs,
    jitterUs,
    lossPpm,
    lossSpreadPpm: lossSpreadPpm(lossPpm, samples),
    samples,
    forth: directionOf(forth),
    back: directionOf(back),
    measuredAtMs: options.measuredAtMs,
    isBlind: options.isBlind,
    judgedAtMs: options.judgedAtMs ?? Number.NEGATIVE_INFINITY
  }
}

/** It is to be compared with what we measure: it is no echo, and has not been lately. Judged long after it was said it can be only by a clock that was set back since. */
export function isOpen ({ isBlind, judgedAtMs, measuredAtMs }: RivalWord): boolean {
  return isBlind && Math.abs(measuredAtMs - judgedAtMs) >= REJUDGE_MS
}

export function isSameTime (oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) <= SAME_TIME_MS
}

/**
 * Does it agree with what we have measured, in round trip, loss and rates? Jitter is not compared. Undefined: it says nothing of the same time.
 *
 * @param own - in the direction from the first end to the other
 */
export function isTrue (word: RivalWord, own: LinkEstimate): boolean | undefined {
  if (!isSameTime(word.measuredAtMs, own.measuredAtMs)) {
    return undefined
  }
  const excusedUs = Math.min(2 * Math.hypot(word.rttSpreadUs, Math.sqrt(own.varianceUs2)), MAX_EXCUSED_SHARE * own.rttUs)
  const isRttTrue = Math.abs(word.rttUs - own.rttUs) <= Math.max(SAME_RTT_US, SAME_RTT_SHARE * own.rttUs, excusedUs)
  return isRttTrue && isLossTrue(word, own) && isRateTrue(word.forth, own.forth) && isRateTrue(word.back, own.back)
}

function isLossTrue (word: RivalWord, own: LinkEstimate): boolean {
  if (own.lossVariancePpm2 === undefined) {
    return true
  }
  const spreadPpm = Math.hypot(word.lossSpreadPpm, Math.sqrt(own.lossVariancePpm2))
  return Math.abs(word.lossPpm - own.lossPpm) <= Math.max(SAME_LOSS_PPM, 3 * spreadPpm)
}

/** Of a link that was never full neither side says how much it can carry at most. */
function isRateTrue (said: DirectionEstimate, own: DirectionEstimate): boolean {
  if (said.bytesPerSecond === undefined || own.bytesPerSecond === undefined) {
    return true
  }
  const isTooHigh = !own.rateIsFloor && said.bytesPerSecond > SAME_RATE_FACTOR * own.bytesPerSecond
  const isTooLow = !said.rateIsFloor && SAME_RATE_FACTOR * said.bytesPerSecond < own.bytesPerSecond
  return !isTooHigh && !isTooLow
}

/** Of the posterior under a uniform prior, as for our own losses. */
function lossSpreadPpm (lossPpm: number, samples: number): number {
  const count = samples === 0 ? UNSAID_SAMPLES : samples
  const lost = (lossPpm / 1e6 * count + 1) / (count + 2)
  return Math.sqrt(lost * (1 - lost) / (count + 3)) * 1e6
}

function directionOf (rate: SharedMeasurement['forth']): DirectionEstimate {
  return { bytesPerSecond: rate?.bytesPerSecond, rateIsFloor: rate?.isFloor ?? false, loadBytesPerSecond: undefined }
}

function reversed (method: MeasuringMethod): MeasuringMethod {
  return method === 'REPORTED_BY_A' ? 'REPORTED_BY_B' : method === 'REPORTED_BY_B' ? 'REPORTED_BY_A' : method
}
