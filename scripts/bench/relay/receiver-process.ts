// The receiver of a lane.
import { answerParent } from '../child-process.ts'
import { CARRIERS } from './lanes.ts'
import { feedbackTo } from './feedback.ts'
import { Meter } from './meter.ts'
import type { CarrierName } from './lanes.ts'
import type { Received } from './meter.ts'

export interface ReceiverInit {
  carrier: CarrierName
  relay: string[]
  feedbackPort: number
}

let meter: Meter

answerParent({
  start: async (argument) => {
    const { carrier, relay, feedbackPort } = argument as ReceiverInit
    meter = new Meter(await feedbackTo(feedbackPort))
    return CARRIERS[carrier].startReceiver(relay, meter)
  },
  begin: (argument) => {
    const { packetBytes, isRecording } = argument as { packetBytes: number, isRecording: boolean }
    meter.begin(packetBytes, isRecording)
  },
  end: (): Received => meter.received
})
