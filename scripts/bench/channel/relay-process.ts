// What stands between the ends of a lane: a forwarder or a circuit relay.
import { answerParent, machine } from '../child-process.ts'
import { CARRIERS } from './lanes.ts'
import type { CarrierName } from './lanes.ts'

export interface RelayInit {
  carrier: CarrierName
  listen: readonly string[]
}

answerParent({
  start: async (argument) => {
    const { carrier, listen } = argument as RelayInit
    return CARRIERS[carrier].startRelay(listen)
  },
  cpuUs: () => machine().cpuUs
})
