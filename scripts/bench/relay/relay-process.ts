// The relay of a lane, and the CPU time of its process.
import { answerParent } from '../child-process.ts'
import { CARRIERS } from './lanes.ts'
import { nowNs } from './packets.ts'
import type { CarrierName } from './lanes.ts'

/** At a time of the shared clock. */
export interface Sample { value: number, atNs: number }

answerParent({
  start: async (carrier) => CARRIERS[carrier as CarrierName].startRelay(),
  /** Of all threads, in µs since the process began. */
  cpu: (): Sample => {
    const { user, system } = process.cpuUsage()
    return { value: user + system, atNs: nowNs() }
  }
})
