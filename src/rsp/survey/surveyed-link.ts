// What a survey keeps of one link between two forwarders.
import { LossDifference } from '../../measurement/loss-difference.ts'
import { RateRecord } from './rate-record.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'

export interface Surveyed {
  key: string
  node: NodeId
}

export class SurveyedLink {
  /** Probes in a row that did not answer. */
  misses = 0
  isDown = false
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
  readonly loss = new LossDifference()
  readonly rate = new RateRecord()

  constructor (readonly a: Surveyed, readonly b: Surveyed) {}

  /** Nothing that was measured holds any more. */
  wentDown (): void {
    this.isDown = true
    this.rttUs = undefined
    this.backInARow = 0
  }

  /** The two ends, beginning with the one to measure it through. */
  from (key: string): [near: Surveyed, far: Surveyed] {
    return key === this.a.key ? [this.a, this.b] : [this.b, this.a]
  }
}
