import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { NoticeCode, PayloadType } from '../../protocols/forward/constants.ts'
import { encodeNotice } from '../../protocols/forward/notice.ts'
import { At, encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { isNodeAt, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import { packetOf } from '../protocols/forward/samples.ts'
import type { Link } from '../../src/link/link.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { RouteChange } from '../../src/host/channel.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { PeerId } from '@libp2p/interface'

/** Longer than a notice takes over loopback, and than a channel takes to leave a route. */
const HEARD_MS = 300

describe('a channel over a path', () => {
  let net: Testnet
  let outgoing: OutgoingChannel

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'], hosts: 3 })
    await net.ready()
    const [a, b] = net.hosts
    outgoing = await a.services.byway.open(b.peerId, { selector: { preferPath: true } })
    await outgoing.settled()
    await until(() => outgoing.status.active?.isDefault === false, 'a path is used')
  })

  after(async () => { await net.stop() })

  it('regression: stays there whatever strangers say, though they know its tag and its session', async () => {
    const [a, , stranger] = net.hosts
    const [entry] = pathInUse()
    const changes: string[] = []
    outgoing.addEventListener('route', ({ detail }) => { changes.push(detail.reason) })
    await stranger.dial(a.getMultiaddrs())
    const { links } = stranger.services.byway
    send(await links.open(a.peerId), forged([a.peerId, stranger.peerId, entry], 1))
    send(await links.open(entry), forged([a.peerId, entry, stranger.peerId, net.hosts[1].peerId], 2))
    await new Promise((resolve) => setTimeout(resolve, HEARD_MS))
    assert.deepEqual(changes.filter((reason) => reason.includes('says')), [])
  })

  it('leaves it when one of its forwarders says that it is broken', async () => {
    const [a, b] = net.hosts
    const path = pathInUse()
    const left = pEvent<'route', CustomEvent<RouteChange>>(outgoing, 'route', { timeout: 20_000, filter: saysBroken })
    const entry = net.forwarders.find(({ peerId }) => peerId.equals(path[0])) as Testnet['forwarders'][0]
    send(entry.services.byway.links.get(a.peerId) as Link, forged([a.peerId, ...path, b.peerId], 1))
    await left
  })

  it('leaves it when its last forwarder finds that it has no link to the destination, and says so over the first', async () => {
    const [a, b] = net.hosts
    const [first, last] = net.forwarders
    const channel = await a.services.byway.open(b.peerId, { query: `minimize delay via forwarder ${first.peerId}, forwarder ${last.peerId}`, selector: { preferPath: true } })
    await until(() => channel.status.active?.path.length === 2, 'the path over both is used', 20_000)
    const left = pEvent<'route', CustomEvent<RouteChange>>(channel, 'route', { timeout: 20_000, filter: saysBroken })
    const { links } = last.services.byway
    const getAt = links.getAt.bind(links)
    links.getAt = (buffer, at) => isNodeAt(buffer, at, nodeIdOf(b.peerId)) ? undefined : getAt(buffer, at)
    try {
      await left
    } finally {
      links.getAt = getAt
    }
  })

  function pathInUse (): readonly PeerId[] {
    return offered().forwarders
  }

  function offered (): { forwarders: readonly PeerId[], tag: Uint8Array } {
    const used = outgoing.status.active?.path.join()
    const path = outgoing.status.answers.flatMap(({ paths }) => paths).find(({ forwarders }) => forwarders.join() === used)
    assert.ok(path !== undefined, 'the path in use was offered')
    return path
  }

  /** A notice about a packet of the channel along these nodes, made by the one at an entry. */
  function forged (nodes: readonly PeerId[], reporter: number): Uint8Array {
    const header = encodeSourceRoute({ nodes: nodes.map(nodeIdOf), expiryS: Math.floor(Date.now() / 1_000) + 60, pathTag: offered().tag })
    const packet = packetOf(header, Uint8Array.of(PayloadType.envelopeSealed, 0, 0, 0, ...outgoing.sessionId as Uint8Array, ...new Uint8Array(40)))
    packet[At.hopIndex] = reporter
    return encodeNotice(packet, 0, packet.length, NoticeCode.noSuchNeighbour) as Uint8Array
  }
})

function send (link: Link, packet: Uint8Array): void {
  const at = link.reserve(packet.length, false)
  link.buffer.set(packet, at)
}

/** Other reasons may come first: it is a running overlay. */
function saysBroken ({ detail }: CustomEvent<RouteChange>): boolean {
  return /a forwarder says noSuchNeighbour/.test(detail.reason)
}
