// The sending end of a lane: fills one stream, and measures round trips on another of the same connection.
import { peerIdFromString } from '@libp2p/peer-id'
import { answerParent, machine } from '../child-process.ts'
import { ECHO_BYTES } from './echo.ts'
import { CARRIERS } from './lanes.ts'
import type { EndInit, Pipe, SenderEnd } from './carriers/carrier.ts'
import type { CarrierName } from './lanes.ts'

export interface SenderInit extends EndInit {
  carrier: CarrierName
  receiver: { peer: string, addresses: string[] }
}

const CHUNK = new Uint8Array(60_000)
const ECHO_INTERVAL_MS = 20

let sender: SenderEnd
let bulk: Pipe
let echoes: Pipe
let isFilling = false
let backBytes = 0
let onBack = (): void => {}

function fill (): void {
  while (isFilling && bulk.send(CHUNK)) { /* until it says wait */ }
}

/** One after the other; those that were begun in the time. */
async function roundTrips (durationMs: number): Promise<number[]> {
  const tripsMs: number[] = []
  const untilMs = performance.now() + durationMs
  while (performance.now() < untilMs) {
    const startMs = performance.now()
    const back = new Promise<void>((resolve) => { onBack = resolve })
    echoes.send(new Uint8Array(ECHO_BYTES))
    await back
    tripsMs.push(performance.now() - startMs)
    await new Promise((resolve) => setTimeout(resolve, ECHO_INTERVAL_MS))
  }
  return tripsMs
}

answerParent({
  start: async (argument) => {
    const { carrier, receiver, ...init } = argument as SenderInit
    sender = await CARRIERS[carrier].startSender(init, { peer: peerIdFromString(receiver.peer), addresses: receiver.addresses })
    bulk = await sender.open()
    bulk.onDrain = fill
    echoes = await sender.open()
    echoes.onBytes = (bytes) => {
      backBytes += bytes
      if (backBytes >= ECHO_BYTES) {
        backBytes -= ECHO_BYTES
        onBack()
      }
    }
  },
  fill: (is) => {
    isFilling = is as boolean
    fill()
  },
  ready: async () => sender.ready?.(),
  /** Since it was ready. */
  strayed: () => sender.strayed?.(),
  /** Round trips in ms. */
  roundTrips: async (durationMs) => roundTrips(durationMs as number),
  cpuUs: () => machine().cpuUs
})
