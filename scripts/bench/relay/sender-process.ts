// The sender of a lane.
import { answerParent } from '../child-process.ts'
import { CARRIERS } from './lanes.ts'
import { FeedbackListener } from './feedback.ts'
import { Pump } from './pump.ts'
import type { CarrierName } from './lanes.ts'
import type { Sender } from './carriers/carrier.ts'
import type { Load, Outlet } from './pump.ts'

export interface SenderInit {
  carrier: CarrierName
  relay: string[]
  receiver: string
}

const feedback = new FeedbackListener()
let sender: Sender
let outlet: Outlet

answerParent({
  /** @returns the port for what the receiver has to tell */
  listen: async () => feedback.listen(),
  start: async (argument) => {
    const { carrier, relay, receiver } = argument as SenderInit
    sender = await CARRIERS[carrier].startSender(relay, receiver)
  },
  choose: async (lane) => { outlet = await sender.outlet(lane as string) },
  /** @returns how many packets were sent */
  run: async (load) => new Pump(outlet, feedback, load as Load).run()
})
