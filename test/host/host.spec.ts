import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { pEvent } from 'p-event'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createInit } from '../../protocols/envelope/handshake.ts'
import { encodeSourceRoute, packetBytes, writePacket } from '../../protocols/forward/source-route.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import { watchUncaught } from '../helpers/nodes.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Host, HostInit } from '../../src/host/host.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { PrivateKey } from '@libp2p/interface'

describe('host', () => {
  const uncaught = watchUncaught()
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 1 })
    await net.ready()
  })

  afterEach(() => {
    for (const { services } of net.hosts) {
      for (const channel of services.byway.channels) {
        channel.close()
      }
    }
    assert.equal(uncaught.count(), 0)
  })

  after(async () => {
    await net.stop()
    uncaught.stop()
  })

  it('describes where it can be reached, nearest first', async () => {
    const { self, verification } = net.hosts[0].services.byway.discovery
    const { host } = await openDescriptor(await self.get(), verification)
    const rtts = host?.access.map(({ rttUs }) => rttUs) ?? []
    assert.equal(rtts.length, 3)
    assert.deepEqual(rtts, [...rtts].sort((a, b) => a - b))
  })

  it('opens no channel for a peer that it does not accept, however often it is asked', async () => {
    const asked: string[] = []
    const picky = await addHost({ accepts: (peer) => { asked.push(peer.toString()); return false } })
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
    const picky = await addHost({ accepts: () => false })
    const signal = AbortSignal.timeout(1_800)
    await assert.rejects(net.hosts[0].services.byway.open(picky.peerId, { signal }), { name: 'TimeoutError' })
    assert.deepEqual(net.hosts[0].services.byway.channels, [])
  })

  it('opens one channel for an init that comes several times, and none for it when that has ended', async () => {
    const host = await addHost()
    let opened = 0
    host.services.byway.addEventListener('channel', () => { opened++ })
    const { send } = await stranger(host)
    await send()
    await send()
    await until(() => opened > 0, 'the channel is open')
    await send()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(host.services.byway.channels.length, 1)
    host.services.byway.channels[0].close()
    await send()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(opened, 1)
    assert.equal(host.services.byway.channels.length, 0)
  })

  it('refuses an init that was altered on the way, and one for another host', async () => {
    const [host, other] = [await addHost(), await addHost()]
    const altered = await stranger(host)
    altered.init[100] ^= 1
    await altered.send()
    await until(() => host.services.byway.refusedPayloads === 1, 'the altered one is refused')
    const misdirected = await stranger(host)
    await misdirected.send(other)
    await until(() => other.services.byway.refusedPayloads === 1, 'the misdirected one is refused')
    assert.deepEqual([host, other].map(({ services }) => services.byway.channels.length), [0, 0])
  })

  it('drops payloads of no session and of random bytes, and goes on', async () => {
    const host = await addHost()
    const attacker = await stranger(host)
    for (const type of [1, 2, 3, 4, 255]) {
      for (const length of [1, 20, 37, 400]) {
        await attacker.send(host, new Uint8Array(length).map((_, i) => i === 0 ? type : (i * 31 + length) & 0xff))
      }
    }
    const channel = await net.hosts[0].services.byway.open(host.peerId)
    assert.equal(channel.isClosed, false)
    assert.ok(host.services.byway.refusedPayloads > 0)
  })

  it('opens no more channels than it may, in either direction, and more again when some have ended', async () => {
    const host = await addHost({ maxChannels: 2 })
    const [source] = net.hosts
    const first = await source.services.byway.open(host.peerId)
    await source.services.byway.open(host.peerId)
    await assert.rejects(host.services.byway.open(source.peerId), { name: 'OverQuotaError' })
    await assert.rejects(source.services.byway.open(host.peerId, { signal: AbortSignal.timeout(1_000) }), { name: 'TimeoutError' })
    assert.equal(host.services.byway.channels.length, 2)
    first.close()
    await until(() => host.services.byway.channels.length === 1, 'one has ended')
    await host.services.byway.open(source.peerId)
    assert.equal(host.services.byway.channels.length, 2)
  })

  it('regression: counts channels that are being opened', async () => {
    const host = await addHost({ maxChannels: 2 })
    const results = await Promise.allSettled(Array.from({ length: 6 }, async () => host.services.byway.open(net.hosts[0].peerId)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2)
    assert.deepEqual(results.filter(({ status }) => status === 'rejected').map((result) => (result as PromiseRejectedResult).reason.name), Array(4).fill('OverQuotaError'))
  })

  it('attaches to an exit when a peer asks for it, and leaves it after the channel', async () => {
    const host = await addHost({ maxAccess: 1 })
    const { access } = host.services.byway
    await until(() => access.points.length === 3 && attachedPoints(host) === 1, 'it is attached to the nearest only')
    await until(async () => (await openDescriptor(await host.services.byway.discovery.self.get(), host.services.byway.discovery.verification)).host?.access.filter(({ attached }) => !attached).length === 2, 'it says so')
    const channel = await net.hosts[0].services.byway.open(host.peerId, { selector: { preferPath: true } })
    await channel.settled()
    await until(() => attachedPoints(host) > 1, 'it is attached to what was offered as an exit')
    const exits = channel.status.routes.filter(({ isDefault, alive, measuredRttMs }) => !isDefault && alive && measuredRttMs !== null).map(({ path }) => path[path.length - 1])
    assert.ok(new Set(exits).size > 1, 'paths over several exits answer')
    channel.close()
    await until(() => attachedPoints(host) === 1, 'it has left them').catch(e => { console.log(host.services.byway.channels.length, access.points.map(p => [p.rttUs, p.attached]), access.unmeasured); throw e })
  })

  it('does not attach to what a stranger describes: only descriptors that hold count', async () => {
    const host = await addHost({ maxAccess: 1 })
    await until(() => host.services.byway.access.points.length === 3 && attachedPoints(host) === 1, 'it is attached to the nearest only')
    const { directory } = net.hosts[0].services.byway.discovery
    const genuine = directory.get.bind(directory)
    let forged = 0
    directory.get = (peer) => {
      const found = genuine(peer)
      return found?.roles.has('forwarder') === true ? { ...found, bytes: found.bytes.map((byte, i) => i === found.bytes.length - 1 ? byte ^ ++forged : byte) } : found
    }
    try {
      const channel = await net.hosts[0].services.byway.open(host.peerId)
      await until(() => forged > 0, 'the peer is asked')
      await new Promise((resolve) => setTimeout(resolve, 500))
      assert.equal(channel.isClosed, false)
      assert.equal(attachedPoints(host), 1)
      assert.ok(channel.status.routes.every(({ path }) => path.length === 0 || host.services.byway.access.isAttached(peerIdFromString(path[path.length - 1]))))
    } finally {
      directory.get = genuine
    }
  })

  it('ends its channels when it stops', async () => {
    const host = await addHost()
    const channel = await net.hosts[0].services.byway.open(host.peerId)
    await until(() => (channel.status.default?.answered ?? 0) > 0, 'it has answered')
    const closed = pEvent(channel, 'close', { timeout: 1_000 })
    await host.stop()
    await closed
    net.hosts.splice(net.hosts.indexOf(host), 1)
  })

  it('regression: ends a channel over which nothing comes any more, because the peer died or forgot the session', async () => {
    const [host, other] = [await addHost({ idleMs: 700 }), await addHost({ idleMs: 700 })]
    const channel = await host.services.byway.open(other.peerId)
    await until(() => (channel.status.default?.answered ?? 0) > 0, 'it has answered')
    const closed = pEvent(channel, 'close', { timeout: 3_000 })
    await kill(other)
    await closed
    net.hosts.splice(net.hosts.indexOf(other), 1)
  })

  async function addHost (init?: HostInit): Promise<BywayNode<Host>> {
    const added = await net.addHost(init)
    await until(() => added.services.byway.access.points.length > 0, 'the host is attached')
    return added
  }

  /** Somebody with a key and a connection, who sends the bytes of one init, or others, to hosts. */
  async function stranger (to: BywayNode<Host>): Promise<{ init: Uint8Array, send: (host?: BywayNode<Host>, payload?: Uint8Array) => Promise<void> }> {
    const [{ services: { byway: { links } }, peerId }] = net.hosts
    const privateKey: PrivateKey = await generateKeyPair('Ed25519')
    const flowLabel = crypto.getRandomValues(new Uint8Array(16))
    const { message: init } = await createInit({ privateKey, remote: to.peerId, flowLabel, nowMs: Date.now() })
    const send = async (host = to, payload = init): Promise<void> => {
      await net.hosts[0].dial(host.getMultiaddrs())
      const link = await links.open(host.peerId)
      const header = encodeSourceRoute({ nodes: [nodeIdOf(peerId), nodeIdOf(host.peerId)], expiryS: Math.floor(Date.now() / 1_000) + 60 })
      const at = link.reserve(packetBytes(header, payload), false)
      writePacket(link.buffer, at, header, payload, 0)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return { init, send }
  }
})

function attachedPoints ({ services }: BywayNode<Host>): number {
  return services.byway.access.points.filter(({ attached }) => attached).length
}
