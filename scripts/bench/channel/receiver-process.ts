// The receiving end of a lane: counts what comes, and sends back what a stream that says so brings.
import { answerParent, machine } from '../child-process.ts'
import { CARRIERS } from './lanes.ts'
import { ECHO_BYTES } from './echo.ts'
import type { Pipe, EndInit } from './carriers/carrier.ts'
import type { CarrierName } from './lanes.ts'

export interface ReceiverInit extends EndInit {
  carrier: CarrierName
}

let receivedBytes = 0

/** Who begins with a single echo is answered; who begins with more is counted. */
function take (pipe: Pipe): void {
  let isEcho: boolean | undefined
  const echo = new Uint8Array(ECHO_BYTES)
  let cameBytes = 0
  pipe.onBytes = (bytes) => {
    isEcho ??= bytes === ECHO_BYTES
    if (!isEcho) {
      receivedBytes += bytes
      return
    }
    cameBytes += bytes
    for (; cameBytes >= ECHO_BYTES; cameBytes -= ECHO_BYTES) {
      pipe.send(echo)
    }
  }
}

answerParent({
  start: async (argument) => {
    const { carrier, ...init } = argument as ReceiverInit
    const { peer, addresses } = await CARRIERS[carrier].startReceiver(init, take)
    return { peer: peer.toString(), addresses }
  },
  receivedBytes: () => receivedBytes,
  cpuUs: () => machine().cpuUs
})
