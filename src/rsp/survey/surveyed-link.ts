// What a survey keeps of one link between two forwarders, and what it says of it.
import { LossDifference } from '../../measurement/loss-difference.ts'
import { RateRecord } from './rate-record.ts'
import type { LinkView } from '../link-view.ts'
import type { ProbeOutcome } from '../../measurement/loss-difference.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'

/** A link that did not answer so often in a row is down, if by chance that happens to it once in ten thousand times at most. */
const MIN_MISSES = 3
const MAX_MISSES = 24
const CHANCE_OF_MISSES = 1e-4
/** As many outcomes as a forwarder remembers: so much a link without loss is known to be without. */
const MAX_CLEAN_SAMPLES = 64

export interface Surveyed {
  key: string
  node: NodeId
}

export class SurveyedLink {
  /** Probes in a row that did not answer. */
  misses = 0
  /** Its near end is being asked whether it answers at all. */
  isChecked = false
  isDown = false
  /** How often what was measured of it came to hold no more. */
  lapses = 0
  /** Of the estimate before; undefined where nothing is known: before the first, and since it was down or out of reach. */
  rttUs: number | undefined
  jitterUs = 0
  /** Unix time, ms: of that estimate. */
  measuredAtMs = 0
  /** Looks in a row at which it has not moved. */
  steady = 0
  /** Rounds that it is left out of yet. */
  skips = 0
  /** Probes in a row that did come back. */
  backInARow = 0
  /** Since when none of its ends has answered, monotonic ms, and in which round that was seen; undefined: one does. */
  unreached: { sinceMs: number, round: number } | undefined
  /** Since it was down last: what is said of it. */
  loss = new LossDifference()
  /** Ever: it tells a link that is down from one that loses much, and the one is soon taken for the other where it is forgotten each time. */
  readonly everLoss = new LossDifference()
  readonly rate = new RateRecord()

  constructor (readonly a: Surveyed, readonly b: Surveyed) {}

  /** As `LossDifference.pair`, of a pair that was sent after so many lapses: what is lost is known only seconds later. */
  pair (near: ProbeOutcome, far: ProbeOutcome, nowMs: number, lapses: number): void {
    this.everLoss.pair(near, far, nowMs)
    if (lapses === this.lapses) {
      this.loss.pair(near, far, nowMs)
    }
  }

  /** What was measured does not hold any more. */
  lapse (): void {
    this.lapses++
    this.misses = 0
    this.rttUs = undefined
    this.backInARow = 0
    this.loss = new LossDifference()
    this.rate.forget()
  }

  /** So many probes in a row that were lost show that it is down. */
  missesIfDown (nowMs: number): number {
    const { lossPpm } = this.everLoss.reading(nowMs) ?? { lossPpm: 0 }
    const misses = lossPpm === 0 ? MIN_MISSES : Math.ceil(Math.log(CHANCE_OF_MISSES) / Math.log(Math.min(0.9, lossPpm / 1e6)))
    return Math.max(MIN_MISSES, Math.min(MAX_MISSES, misses))
  }

  /**
   * What is known of it; undefined: nothing.
   *
   * @param nowMs - monotonic
   * @param latestMs - Unix time, ms: nothing is younger, whatever the clock was when it was measured
   */
  view (nowMs: number, latestMs: number): LinkView | undefined {
    const { rttUs, jitterUs, measuredAtMs } = this
    if (rttUs === undefined) {
      return undefined
    }
    const loss = this.loss.reading(nowMs) ?? { lossPpm: 0, samples: Math.min(MAX_CLEAN_SAMPLES, this.backInARow) }
    const rate = this.rate.found(nowMs)
    return {
      rttUs,
      jitterUs,
      lossPpm: loss.lossPpm,
      samples: loss.samples,
      measuredAtMs: Math.min(measuredAtMs, latestMs),
      ...(rate === undefined
        ? {}
        // a burst crosses the link in both directions: what is said is the lesser of both
        : { bytesPerSecond: rate.bytesPerSecond, rateIsFloor: rate.isFloor, mostReceivedBytesPerSecond: rate.bytesPerSecond, mostReceivedIsFloor: rate.isFloor })
    }
  }

  /** The two ends, beginning with the one to measure it through. */
  from (key: string): [near: Surveyed, far: Surveyed] {
    return key === this.a.key ? [this.a, this.b] : [this.b, this.a]
  }
}
