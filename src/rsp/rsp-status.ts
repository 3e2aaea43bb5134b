// What an RSP says of itself, for `byway status` and metrics.
import type { CalibrationStatus } from './predictor.ts'
import type { ExchangeStatus } from './exchange/rsp-exchange.ts'
import type { LivePlanStatus } from './live-plan.ts'
import type { SurveyStatus } from './survey/surveyor.ts'
import type { RecorderStatus } from './map-recorder.ts'
import type { Watches } from './standing/watches.ts'

export interface RouteProviderStatus {
  mapKind: 'reports' | 'surveys'
  forwarders: number
  links: number
  /** What is being measured. */
  plan: LivePlanStatus
  answered: number
  unanswered: number
  /** Signatures made, and answers under them. */
  signing: { signatures: number, answers: number }
  /** Standing queries now, of how many hosts; since the start: looks, changes seen, searches, and what was told. */
  watches: Watches['status']
  /** How its promises have held. */
  calibration: CalibrationStatus
  /** What its surveys find and cost; undefined where it maps by reports. */
  survey?: SurveyStatus
  /** Undefined where nothing is exchanged. */
  exchange?: ExchangeStatus
  /** Undefined where the map is not kept. */
  archive?: RecorderStatus
}
