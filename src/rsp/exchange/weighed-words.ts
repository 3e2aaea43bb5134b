// What is believed of a link that we do not measure ourselves, from what credible rivals say of it: the weighted median, by trust and age.
// A liar among them must outweigh half of all to move it.
import type { DirectionEstimate } from '../link-direction.ts'
import type { LinkEstimate } from '../link-view.ts'
import type { RivalWord } from './rival-word.ts'

export interface WeighedWord {
  word: RivalWord
  /** From 0 to 1; all together 1. */
  share: number
}

/** Who has just become credible, at 0.6, weighs less than a third of one at 0.9. */
const TRUST_EXPONENT = 3
/** A word that is older by so much than the newest one weighs half. */
const HALF_LIFE_MS = 60_000
/** What is believed of somebody of no trust may be off by so much of itself; in proportion. */
const DISTRUST_SHARE = 0.3

export function weigh (words: readonly RivalWord[], trustOf: (rival: string) => number): WeighedWord[] {
  const newestMs = words.reduce((newest, { measuredAtMs }) => Math.max(newest, measuredAtMs), Number.NEGATIVE_INFINITY)
  const weights = words.map(({ rival, measuredAtMs }) => trustOf(rival) ** TRUST_EXPONENT * 2 ** ((measuredAtMs - newestMs) / HALF_LIFE_MS))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return words.map((word, at) => ({ word, share: total === 0 ? 0 : weights[at] / total }))
}

/** @param weighed - at least one, of one link */
export function combine (weighed: readonly WeighedWord[], trustOf: (rival: string) => number): LinkEstimate {
  const median = (of: (word: RivalWord) => number): number => weightedMedian(weighed, of)
  const rttUs = median((word) => word.rttUs)
  const spreadUs = median((word) => word.rttSpreadUs)
  const disagreementUs2 = weighed.reduce((sum, { word, share }) => sum + share * (word.rttUs - rttUs) ** 2, 0)
  const trust = weighed.reduce((sum, { word, share }) => sum + share * trustOf(word.rival), 0)
  const lossSpreadPpm = median((word) => word.lossSpreadPpm)
  return {
    rttUs,
    jitterUs: median((word) => word.jitterUs),
    lossPpm: median((word) => word.lossPpm),
    measuredAtMs: median((word) => word.measuredAtMs),
    varianceUs2: spreadUs ** 2 + disagreementUs2 + (DISTRUST_SHARE * (1 - trust) * rttUs) ** 2,
    lossVariancePpm2: weighed.some(({ word }) => word.samples === 0) ? undefined : lossSpreadPpm ** 2,
    forth: direction(weighed, ({ forth }) => forth),
    back: direction(weighed, ({ back }) => back)
  }
}

/** Of those who say a rate. */
function direction (weighed: readonly WeighedWord[], of: (word: RivalWord) => DirectionEstimate): DirectionEstimate {
  const saying = weighed.filter(({ word }) => of(word).bytesPerSecond !== undefined)
  if (saying.length === 0) {
    return { bytesPerSecond: undefined, rateIsFloor: false, loadBytesPerSecond: undefined }
  }
  const bytesPerSecond = weightedMedian(saying, (word) => of(word).bytesPerSecond as number)
  return { bytesPerSecond, rateIsFloor: saying.some(({ word }) => of(word).bytesPerSecond === bytesPerSecond && of(word).rateIsFloor), loadBytesPerSecond: undefined }
}

/** The least value that, with all below it, has half of the weight. */
function weightedMedian (weighed: readonly WeighedWord[], of: (word: RivalWord) => number): number {
  const sorted = weighed.toSorted((one, other) => of(one.word) - of(other.word))
  const half = weighed.reduce((sum, { share }) => sum + share, 0) / 2
  let weight = 0
  for (const { word, share } of sorted) {
    weight += share
    if (weight >= half) {
      return of(word)
    }
  }
  return of(sorted[sorted.length - 1].word)
}
