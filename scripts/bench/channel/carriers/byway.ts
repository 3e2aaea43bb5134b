// byway: reliable streams of a channel, on the default route or on a path over a forwarder.
//
// The offer of that path is made here: an RSP's own promises a rate that forwarders keep to, and none is what is measured. The path is preferred to the default
// route whatever is measured of the two, since which route a channel takes is another question than what it carries.
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { forwarder } from '../../../../src/forwarder/forwarder.ts'
import { host } from '../../../../src/host/host.ts'
import { NETWORK, startNode, until } from '../../nodes.ts'
import { OfferMaker } from '../../set-up/offers.ts'
import type { Carrier, EndInit, Pipe } from './carrier.ts'
import type { ChannelStream } from '../../../../src/host/stream/channel-stream.ts'
import type { Host } from '../../../../src/host/host.ts'
import type { BywayNode } from '../../../../src/node/libp2p.ts'
import type { PeerId } from '@libp2p/interface'

/** More than a machine can do: what is measured is not a quota. */
const CAPACITY_BYTES_PER_SECOND = 1e11
const SETTLE_DEADLINE_MS = 20_000

export const byway: Carrier = {
  startRelay: async (listen) => {
    const role = forwarder({ network: NETWORK, capacityBytesPerSecond: CAPACITY_BYTES_PER_SECOND, policy: { rspLinkShare: 1 } })
    return (await startNode({ ownsProcess: true, role, servesDht: true, listen })).getMultiaddrs().map(String)
  },

  startReceiver: async (init, onPipe) => {
    const node = await startHost(init)
    node.services.byway.addEventListener('channel', ({ detail: channel }) => {
      channel.addEventListener('stream', ({ detail }) => { onPipe(pipeOf(detail)) })
    })
    return { peer: node.peerId, addresses: node.getMultiaddrs().map(String) }
  },

  startSender: async (init, { peer, addresses }) => {
    const node = await startHost(init)
    await node.dial(addresses.map((address) => multiaddr(address)))
    const { byway: self } = node.services
    const forwarders = init.relay.slice(0, 1).map(peerOf)
    if (forwarders.length > 0) {
      const [offers, rsp] = [new OfferMaker(), peerOf(init.relay[0])]
      self.providers.ask = async () => [{ rsp, mapKind: 'made', elapsedMs: 0, paths: [await offers.offer({ forwarders, source: node.peerId, destination: peer })] }]
    }
    const isByPath = forwarders.length > 0
    const channel = await self.open(peer, { selector: { preferPath: isByPath }, primitive: 'authenticators' })
    let strayed: string | undefined
    const goesRight = (text: string): boolean => text.startsWith('via ') === isByPath
    const ready = async (): Promise<void> => {
      await until(() => goesRight(channel.status.text), `the channel goes ${isByPath ? 'over the forwarder' : 'directly'}`, SETTLE_DEADLINE_MS)
      strayed = undefined
    }
    await ready()
    channel.addEventListener('route', ({ detail: { text, reason } }) => {
      strayed ??= goesRight(text) ? undefined : `${text}: ${reason}`
    })
    return {
      open: async () => pipeOf(channel.openStream()),
      ready,
      strayed: () => strayed
    }
  }
}

async function startHost ({ listen, relay }: EndInit): Promise<BywayNode<Host>> {
  const node = await startNode({ ownsProcess: true, role: host({ network: NETWORK, bootstrap: relay.map((address) => multiaddr(address)) }), servesDht: false, listen })
  if (relay.length > 0) {
    await until(() => node.services.byway.access.points.some(({ attached }) => attached), 'a host is attached to the forwarder')
  }
  return node
}

function peerOf (address: string): PeerId {
  return peerIdFromString(multiaddr(address).getComponents().findLast(({ name }) => name === 'p2p')?.value as string)
}

function pipeOf (stream: ChannelStream): Pipe {
  const pipe: Pipe = { send: (bytes) => stream.send(bytes), onDrain: () => {}, onBytes: () => {} }
  stream.addEventListener('drain', () => { pipe.onDrain() })
  stream.addEventListener('message', ({ detail }) => { pipe.onBytes(detail.length) })
  return pipe
}
