// What a forwarder says of itself, for `byway status` and metrics.
import type { RelayCounters } from './relay-counters.ts'
import type { SetUpStatus, TableStatus } from './set-up.ts'

export interface ForwarderStatus extends Omit<RelayCounters, 'dropped'> {
  /** Packets dropped, by reason. */
  dropped: RelayCounters['dropped'] & {
    queueFull: number
    /** They had waited for too long before a link, or in a queue that stood for long. */
    late: number
    linkDown: number
  }
  /** Packets that had to wait before a link: how many of them no longer than so many ms; `Infinity` has them all. */
  waits: Record<string, number>
  links: number
  neighbours: number
  attachments: number
  watchingRsps: number
  measuredLinks: number
  subscribers: number
  loadBytesPerSecond: number
  /** What it carries at most: what was configured, or what its processor can do. */
  limitBytesPerSecond: number
  refusedStreams: number
  table: TableStatus
  setUps: SetUpStatus
}
