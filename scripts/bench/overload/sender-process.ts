// The host of one flow of the overload benchmark. It offers packets at a steady rate, whatever becomes of them. Of those who offer too much, what their link
// has no credit for does not enter, so that the age of a packet is the time from entry to exit; who stays under its share waits at its own link, and that counts too.
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { writePacket } from '../../../protocols/forward/source-route.ts'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode, until } from '../nodes.ts'
import { pathEnd } from '../relay/carriers/path-end.ts'
import { OWN, OWN_STREAM } from '../../../src/link/packet-queue.ts'
import { OfferMaker } from '../set-up/offers.ts'
import { packetOf, stampNow } from './flow.ts'
import type { FlowName } from './flow.ts'
import type { PathHold } from '../../../src/host/path-hold.ts'
import type { PathEnd } from '../relay/carriers/path-end.ts'

export interface SenderInit {
  name: FlowName
  relay: string[]
  receiver: string
  rspKey: Uint8Array
}

export interface SenderLoad {
  /** Of payload; Infinity: as much as enters. */
  bytesPerSecond: number
  durationMs: number
}

export interface Sent {
  offeredPackets: number
  enteredPackets: number
  enteredBytes: number
}

const TURN_MS = 1
/** A turn that comes late does not make a burst of more than so long. */
const MOST_DUE_MS = 10

let flow: { end: PathEnd, hold: PathHold, packet: Uint8Array, isModest: boolean } | undefined

function send (waits: boolean): boolean {
  const { end: { links }, hold: { way: { header, neighbour } }, packet } = flow as NonNullable<typeof flow>
  const link = links.getAt(neighbour, 0)
  const at = link === undefined || (link.ownStreamBytes > 0 && !waits) ? -1 : link.reserve(header.length + packet.length, true, OWN, OWN_STREAM)
  if (link === undefined || at < 0) {
    return false
  }
  stampNow(packet)
  writePacket(link.buffer, at, header, packet, 1)
  return true
}

answerParent({
  start: async (argument) => {
    const { name, relay, receiver, rspKey } = argument as SenderInit
    const node = await startNode({
      role: pathEnd({ network: NETWORK, bootstrap: relay.map((address) => multiaddr(address)), takes: () => false }), servesDht: false, ownsProcess: true
    })
    const end = node.services.byway
    await until(() => end.isAttached, 'a sender is attached to the forwarder')
    const destination = peerIdFromString(receiver)
    const forwarders = [peerIdFromString(multiaddr(relay[0]).getComponents().findLast(({ name }) => name === 'p2p')?.value as string)]
    const offer = await new OfferMaker([privateKeyFromRaw(rspKey)]).offer({ forwarders, source: node.peerId, destination })
    flow = { end, hold: await end.hold(offer, 'one-pass', destination), packet: packetOf(name), isModest: name === 'modest' }
  },
  run: async (argument): Promise<Sent> => {
    const { bytesPerSecond, durationMs } = argument as SenderLoad
    const { packet, isModest } = flow as NonNullable<typeof flow>
    const packetBytes = packet.length
    const waits = isModest && bytesPerSecond < Infinity
    const sent = { offeredPackets: 0, enteredPackets: 0, enteredBytes: 0 }
    const untilMs = performance.now() + durationMs
    let dueBytes = 0
    for (let beforeMs = performance.now(); beforeMs < untilMs;) {
      await new Promise((resolve) => setTimeout(resolve, TURN_MS))
      const nowMs = performance.now()
      dueBytes += Math.min(MOST_DUE_MS, nowMs - beforeMs) * bytesPerSecond / 1_000
      beforeMs = nowMs
      let isFull = false
      for (; dueBytes >= packetBytes && !(isFull && bytesPerSecond === Infinity); dueBytes -= packetBytes) {
        sent.offeredPackets++
        isFull = !send(waits)
        if (!isFull) {
          sent.enteredPackets++
          sent.enteredBytes += packetBytes
        }
      }
    }
    return sent
  }
})
