// The relay of a lane, and the CPU time of its process.
import { answerParent } from '../child-process.ts'
import { CARRIERS } from './lanes.ts'
import { nowNs } from './packets.ts'
import type { CarrierName } from './lanes.ts'

export interface Sample {
  /** Of all threads, since the process began. */
  cpuUs: number
  /** By the clock that all processes share. */
  atNs: number
}

answerParent({
  start: async (carrier) => CARRIERS[carrier as CarrierName].startRelay(),
  cpu: (): Sample => {
    const { user, system } = process.cpuUsage()
    return { cpuUs: user + system, atNs: nowNs() }
  }
})
