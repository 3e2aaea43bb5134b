// What a survey keeps of one link between two forwarders.
import { LossDifference } from '../../measurement/loss-difference.ts'
import { RateRecord } from './rate-record.ts'
import type { ProbeOutcome } from '../../measurement/loss-difference.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'

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
  /** How often it went down. */
  downs = 0
  /** Of the estimate before; undefined before the first. */
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
  /** Since when none of its ends has answered, monotonic ms; undefined: one does. */
  unreachedSinceMs: number | undefined
  /** Since it was down last: what is said of it. */
  loss = new LossDifference()
  /** Ever: it tells a link that is down from one that loses much, and the one is soon taken for the other where it is forgotten each time. */
  readonly everLoss = new LossDifference()
  readonly rate = new RateRecord()

  constructor (readonly a: Surveyed, readonly b: Surveyed) {}

  /** As `LossDifference.pair`, of a pair that was sent when it had been down so often: what is lost is known only seconds later. */
  pair (near: ProbeOutcome, far: ProbeOutcome, nowMs: number, downs: number): void {
    this.everLoss.pair(near, far, nowMs)
    if (downs === this.downs) {
      this.loss.pair(near, far, nowMs)
    }
  }

  /** What was measured does not hold any more. */
  wentDown (): void {
    this.isDown = true
    this.downs++
    this.rttUs = undefined
    this.backInARow = 0
    this.loss = new LossDifference()
    this.rate.forget()
  }

  /** The two ends, beginning with the one to measure it through. */
  from (key: string): [near: Surveyed, far: Surveyed] {
    return key === this.a.key ? [this.a, this.b] : [this.b, this.a]
  }
}
