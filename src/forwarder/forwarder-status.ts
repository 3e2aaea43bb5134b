// What a forwarder says of itself, for `byway status` and metrics.
import type { RelayCounters } from './relay-counters.ts'
import type { SetUpStatus, TableStatus } from './set-up.ts'

export interface ForwarderStatus extends RelayCounters {
  links: number
  neighbours: number
  attachments: number
  watchingRsps: number
  measuredLinks: number
  subscribers: number
  loadBytesPerSecond: number
  refusedStreams: number
  table: TableStatus
  setUps: SetUpStatus
}
