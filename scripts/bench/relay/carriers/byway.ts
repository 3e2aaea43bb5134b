// byway: a forwarder, and two ends between which a path is set up through it. The paths are real, signed and installed as for a host;
// the ends send and take packets without sealing them, since it is the forwarder that is measured.
//
// What the application sends is the payload: a labelled packet is 14 bytes longer, a source-routed one over one forwarder 92.
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { LABELLED_HEADER_BYTES } from '../../../../protocols/forward/constants.ts'
import { headerBytes, writePacket } from '../../../../protocols/forward/source-route.ts'
import { forwarder } from '../../../../src/forwarder/forwarder.ts'
import { NETWORK, startNode, until } from '../../nodes.ts'
import { OfferMaker } from '../../set-up/offers.ts'
import { BENCH_PAYLOAD } from '../packets.ts'
import { pathEnd } from './path-end.ts'
import type { Meter } from '../meter.ts'
import type { Outlet } from '../pump.ts'
import type { PathEnd } from './path-end.ts'
import type { Sender } from './carrier.ts'
import type { BywayNode } from '../../../../src/node/libp2p.ts'
import type { PathHold } from '../../../../src/host/path-hold.ts'
import type { Way } from '../../../../src/link/way.ts'

/** More than a machine can do: what is measured is not a quota. */
const CAPACITY_BYTES_PER_SECOND = 1e11

export async function startRelay (): Promise<string[]> {
  const node = await startNode({
    ownsProcess: true,
    role: forwarder({ network: NETWORK, capacityBytesPerSecond: CAPACITY_BYTES_PER_SECOND, policy: { rspLinkShare: 1 } }),
    servesDht: true
  })
  return node.getMultiaddrs().map(String)
}

export async function startReceiver (relay: string[], meter: Meter): Promise<string> {
  const { peerId } = await startEnd(relay, (buffer, at, length) => {
    const payload = buffer[at + 2] === 2 ? LABELLED_HEADER_BYTES : headerBytes(buffer, at)
    if (length <= payload || buffer[at + payload] !== BENCH_PAYLOAD) {
      return false
    }
    meter.take(buffer, at + payload, length - payload)
    return true
  })
  return peerId.toString()
}

export async function startSender (relay: string[], receiver: string): Promise<Sender> {
  const node = await startEnd(relay, () => false)
  const offers = new OfferMaker()
  const destination = peerIdFromString(receiver)
  let hold: PathHold | undefined
  return {
    outlet: async (lane) => {
      hold?.release()
      const forwarders = [peerIdFromString(multiaddr(relay[0]).getComponents().findLast(({ name }) => name === 'p2p')?.value as string)]
      const offer = await offers.offer({ forwarders, source: node.peerId, destination })
      hold = await node.services.byway.hold(offer, lane === 'labelled' ? 'one-pass' : 'authenticators', destination)
      return outletOn(node.services.byway, hold.way)
    }
  }
}

async function startEnd (relay: string[], takes: Parameters<typeof pathEnd>[0]['takes']): Promise<BywayNode<PathEnd>> {
  const node = await startNode({ role: pathEnd({ network: NETWORK, bootstrap: relay.map((address) => multiaddr(address)), takes }), servesDht: false })
  await until(() => node.services.byway.isAttached, 'an end is attached to the forwarder')
  return node
}

/** What does not fit into the window waits before the link: so the link never says no. */
function outletOn ({ links }: PathEnd, { header, neighbour }: Way): Outlet {
  return {
    send: (payload) => {
      const length = header.length + payload.length
      const link = links.getAt(neighbour, 0)
      const at = link?.reserve(length, false) ?? -1
      if (link === undefined || at < 0) {
        throw new Error('the link to the forwarder has no room')
      }
      writePacket(link.buffer, at, header, payload, 0)
      return true
    },
    onDrain: () => {}
  }
}
