import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createInit } from '../../protocols/envelope/handshake.ts'
import { encodeSourceRoute, packetBytes, writePacket } from '../../protocols/forward/source-route.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { rawStream } from '../link/link-nodes.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Host, HostInit } from '../../src/host/host.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

describe('host', () => {
  /** Peers that asked the picky one for a channel. */
  const asked: string[] = []
  let net: Testnet
  let source: BywayNode<Host>
  let picky: BywayNode<Host>
  let narrow: BywayNode<Host>
  let brief: BywayNode<Host>
  let first: BywayNode<Host>
  let second: BywayNode<Host>
  let crowded: BywayNode<Host>

  before(async () => {
    const accepts = (peer: PeerId): boolean => { asked.push(peer.toString()); return false }
    const inits: HostInit[] = [{}, { accepts }, { maxChannels: 2 }, { idleMs: 1_500 }, {}, {}, { maxChannels: 2, maxCandidates: 2 }]
    net = await createTestnet({ forwarders: 2 });
    [source, picky, narrow, brief, first, second, crowded] = await Promise.all(inits.map(async (init) => net.addHost(init)))
    await net.ready()
  })

  afterEach(() => {
    for (const { services } of net.hosts) {
      for (const channel of services.byway.channels) {
        channel.close()
      }
    }
  })

  after(async () => {
    await net.stop()
  })

  it('describes where it can be reached, nearest first', async () => {
    const { self, verification } = source.services.byway.discovery
    const { host } = await openDescriptor(await self.get(), verification)
    const rtts = host?.access.map(({ rttUs }) => rttUs) ?? []
    assert.equal(rtts.length, 2)
    assert.deepEqual(rtts, [...rtts].sort((a, b) => a - b))
  })

  it('opens no channel to itself, and says that it was told its own id', async () => {
    await assert.rejects(source.services.byway.open(source.peerId), { name: 'InvalidRouteError', message: /is this host itself/ })
  })

  it('opens no channel for a peer that it does not accept, however often it is asked', async () => {
    const { send } = await stranger(picky)
    for (let i = 0; i < 3; i++) {
      await send()
    }
    await until(() => asked.length > 0, 'consent is asked for')
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual(picky.services.byway.channels, [])
    assert.equal(asked.length, 1)
  })

  it('regression: gives up on a peer that does not accept it, instead of taking a copy of the answer for consent', async () => {
    const signal = AbortSignal.timeout(1_600)
    await assert.rejects(source.services.byway.open(picky.peerId, { signal }), { name: 'TimeoutError' })
    assert.deepEqual(source.services.byway.channels, [])
  })

  it('opens one channel for an init that comes several times, and none for it when that has ended', async () => {
    let opened = 0
    first.services.byway.addEventListener('channel', () => { opened++ })
    const { send } = await stranger(first)
    await send()
    await send()
    await until(() => opened > 0, 'the channel is open')
    await send()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(first.services.byway.channels.length, 1)
    first.services.byway.channels[0].close()
    await send()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(opened, 1)
    assert.equal(first.services.byway.channels.length, 0)
  })

  it('refuses an init that was altered on the way, and one for another host', async () => {
    const before = first.services.byway.refusedPayloads
    const altered = await stranger(first)
    altered.init[100] ^= 1
    await altered.send()
    await until(() => first.services.byway.refusedPayloads > before, 'the altered one is refused')
    const misdirected = await stranger(first)
    await misdirected.send(second)
    await until(() => second.services.byway.refusedPayloads > 0, 'the misdirected one is refused')
    assert.deepEqual([first, second].map(({ services }) => services.byway.channels.length), [0, 0])
  })

  it('drops payloads of no session and of random bytes, and goes on', async () => {
    const attacker = await stranger(first)
    for (const type of [1, 2, 3, 4, 255]) {
      for (const length of [1, 20, 37, 400]) {
        await attacker.send(first, new Uint8Array(length).map((_, i) => i === 0 ? type : (i * 31 + length) & 0xff))
      }
    }
    const channel = await source.services.byway.open(first.peerId)
    assert.equal(channel.isClosed, false)
    assert.ok(first.services.byway.refusedPayloads > 0)
  })

  it('opens no more channels than it may, in either direction, and more again when some have ended', async () => {
    const one = await source.services.byway.open(narrow.peerId)
    await source.services.byway.open(narrow.peerId)
    await assert.rejects(narrow.services.byway.open(source.peerId), { name: 'OverQuotaError' })
    await assert.rejects(source.services.byway.open(narrow.peerId, { signal: AbortSignal.timeout(300) }), { name: 'TimeoutError' })
    assert.equal(narrow.services.byway.channels.length, 2)
    one.close()
    await until(() => narrow.services.byway.channels.length === 1, 'one has ended')
    await narrow.services.byway.open(source.peerId)
    assert.equal(narrow.services.byway.channels.length, 2)
  })

  it('regression: reaches its peers directly although strangers have taken all links', async () => {
    const { links, access } = crowded.services.byway
    try {
      while (links.refusedStreams === 0) {
        await rawStream(await createNode({ addresses: { listen: [] } }), crowded)
      }
      const channel = await crowded.services.byway.open(source.peerId)
      await until(() => (channel.status.default?.answered ?? 0) > 0, 'the default route answers')
      assert.deepEqual(access.points.map(({ attached }) => attached), [true, true])
    } finally {
      await stopNodes()
    }
  })

  it('regression: counts channels that are being opened', async () => {
    const results = await Promise.allSettled(Array.from({ length: 6 }, async () => narrow.services.byway.open(source.peerId)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2)
    assert.deepEqual(results.filter(({ status }) => status === 'rejected').map((result) => (result as PromiseRejectedResult).reason.name), Array(4).fill('OverQuotaError'))
  })

  it('ends its channels when it stops', async () => {
    const channel = await source.services.byway.open(second.peerId)
    await until(() => (channel.status.default?.answered ?? 0) > 0, 'it has answered')
    const closed = pEvent(channel, 'close', { timeout: 10_000 })
    await second.stop()
    await closed
    net.hosts.splice(net.hosts.indexOf(second), 1)
  })

  it('regression: ends a channel over which nothing comes any more, because the peer died or forgot the session', async () => {
    const channel = await brief.services.byway.open(first.peerId)
    await until(() => (channel.status.default?.answered ?? 0) > 0, 'it has answered')
    const closed = pEvent(channel, 'close', { timeout: 20_000 })
    await kill(first)
    await closed
    net.hosts.splice(net.hosts.indexOf(first), 1)
  })

  /** Somebody with a key and a connection, who sends the bytes of one init, or others, to hosts. */
  async function stranger (to: BywayNode<Host>): Promise<{ init: Uint8Array, send: (host?: BywayNode<Host>, payload?: Uint8Array) => Promise<void> }> {
    const { services: { byway: { links } }, peerId } = source
    const privateKey: PrivateKey = await generateKeyPair('Ed25519')
    const flowLabel = crypto.getRandomValues(new Uint8Array(16))
    const { message: init } = await createInit({ privateKey, remote: to.peerId, flowLabel, nowMs: Date.now() })
    const send = async (host = to, payload = init): Promise<void> => {
      await source.dial(host.getMultiaddrs())
      const link = await links.open(host.peerId)
      const header = encodeSourceRoute({ nodes: [nodeIdOf(peerId), nodeIdOf(host.peerId)], expiryS: Math.floor(Date.now() / 1_000) + 60 })
      const at = link.reserve(packetBytes(header, payload), false)
      writePacket(link.buffer, at, header, payload, 0)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return { init, send }
  }
})
