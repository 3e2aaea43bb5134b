import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { isTransport, serviceCapabilities } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { pEvent } from 'p-event'
import { Uint8ArrayList } from 'uint8arraylist'
import { DelayLine } from '../../src/simulation/delay-line.ts'
import { delayed } from '../../src/simulation/delayed-transport.ts'
import type { Connection, MultiaddrConnection, Stream } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Libp2p } from 'libp2p'

const SINK = '/test/sink/1.0.0'

type Node = Libp2p<{ ping: Ping }>

/** What a stream to SINK brought, once it has ended. */
interface Received { bytes: Uint8Array, failed: boolean }

/** Where timers were late just before, a line makes up for it by so much, each way (delay-line.ts, MAX_LATE_MS, and half a millisecond). */
const SOONER_MS = 4

describe('delayed transport', () => {
  const nodes: Node[] = []
  let listener: Node
  let streams: Array<Promise<Received>> = []

  async function createNode (rttMs?: number): Promise<Node> {
    const node = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      // a line of its own, which does not make up for how late things were in the specs before
      transports: [delayed(tcp(), { rttMs: () => rttMs, line: new DelayLine() })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
      connectionMonitor: { enabled: false },
      services: { ping: ping() }
    })
    nodes.push(node)
    return node
  }

  before(async () => {
    listener = await createNode()
    await listener.handle(SINK, (stream) => { streams.push(readToEnd(stream)) })
  })
  afterEach(() => { streams = [] })
  after(async () => {
    await Promise.all(nodes.map(async node => { await node.stop() }))
  })

  async function dial (rttMs: number): Promise<{ node: Node, connection: Connection }> {
    const node = await createNode(rttMs)
    return { node, connection: await node.dial(listener.getMultiaddrs()) }
  }

  for (const rttMs of [5, 40, 150]) {
    it(`answers pings from either side within 3 ms and a tenth of the ${rttMs} ms it is given, as far as timers are in time`, async () => {
      const { node } = await dial(rttMs)
      for (const [from, to] of [[node, listener], [listener, node]]) {
        const [pings, timers] = await Promise.all([pingsMs(from, to, 5), timersMs(rttMs / 2, 10)])
        // most may meet a busy moment of the machine
        const nearestMs = Math.min(...pings.map((ms) => Math.abs(ms - rttMs)))
        // timers are late by up to a tenth where the machine is shared with others
        const lateMs = 2 * Math.max(...timers.map((ms) => ms - rttMs / 2))
        assert.ok(nearestMs < 3 + rttMs / 10 + Math.max(0, lateMs), `pings took ${pings.map(ms => ms.toFixed(2)).join(', ')} ms, timers were late by ${lateMs.toFixed(2)} ms`)
        assert.ok(pings.every((ms) => ms > Math.max(rttMs / 2, rttMs - 2 * SOONER_MS)), `pings took ${pings.map(ms => ms.toFixed(2)).join(', ')} ms`)
      }
    })
  }

  /** How long timers of so many ms take, one after the other. */
  async function timersMs (ms: number, count: number): Promise<number[]> {
    const taken: number[] = []
    for (let i = 0; i < count; i++) {
      const startMs = performance.now()
      await new Promise((resolve) => setTimeout(resolve, ms))
      taken.push(performance.now() - startMs)
    }
    return taken
  }

  it('takes a round trip to connect, as TCP does', async () => {
    const { node } = await dial(5)
    const far = delayed(tcp(), { rttMs: () => 60 })({ logger: defaultLogger() })
    const [closedPort] = node.getMultiaddrs()
    await node.stop()
    const startMs = performance.now()
    const { signal } = new AbortController()
    await assert.rejects(far.dial(closedPort, { signal, upgrader: {} as never }), /ECONNREFUSED/)
    assert.ok(performance.now() - startMs > 60 - SOONER_MS)
  })

  it('gives up connecting as soon as it is told to', async () => {
    const node = await createNode(10_000)
    const startMs = performance.now()
    await assert.rejects(node.dial(listener.getMultiaddrs(), { signal: AbortSignal.timeout(20) }))
    assert.ok(performance.now() - startMs < 1000)
  })

  it('brings 5 MB over intact and in order', async () => {
    const { connection } = await dial(40)
    const sent = randomBytes(5 * 1024 * 1024)
    const stream = await connection.newStream(SINK)
    await sendAll(stream, sent)
    await stream.close()
    const { bytes, failed } = await firstStream()
    assert.equal(failed, false)
    assert.ok(Buffer.from(bytes).equals(sent))
  })

  it('loses nothing that was sent before the connection closed', async () => {
    // without muxer and encryption: libp2p's own lose a stream's tail when the connection closes right behind it
    const { near, far, stop } = await connectRaw(100)
    const received = new Uint8ArrayList()
    far.addEventListener('message', ({ data }) => { received.append(data) })
    const farClosed = pEvent(far, 'close', { timeout: 2000 })
    const sent = randomBytes(1_000_000)
    for (let at = 0; at < sent.length; at += 60_000) {
      near.send(sent.subarray(at, at + 60_000))
    }
    const startMs = performance.now()
    await Promise.all([near.close(), farClosed])
    assert.ok(performance.now() - startMs > 50 - SOONER_MS)
    assert.ok(Buffer.from(received.subarray()).equals(sent))
    await stop()
  })

  it('ends both sides when one aborts, the far one half a round trip later', async () => {
    const { node, connection } = await dial(80)
    // the dialler has finished its handshake before the listener has
    const atListener = await connectionTo(node)
    const closedThere = pEvent(atListener, 'close', { timeout: 2000 })
    const startMs = performance.now()
    connection.abort(new Error('enough'))
    assert.equal(connection.status, 'aborted')
    await closedThere
    assert.ok(performance.now() - startMs > 40 - SOONER_MS)
  })

  it('carries 200 connections at once', async () => {
    const far = await Promise.all(Array.from({ length: 20 }, async () => createNode()))
    const near = await Promise.all(Array.from({ length: 10 }, async () => createNode(30)))
    await Promise.all(far.map(async node => node.handle(SINK, (stream) => { streams.push(readToEnd(stream)) })))
    const links = near.flatMap(from => far.map(to => ({ from, to })))
    await Promise.all(links.map(async ({ from, to }, at) => {
      const stream = await from.dialProtocol(to.getMultiaddrs(), SINK)
      await sendAll(stream, new Uint8Array(100).fill(at))
      await stream.close()
    }))
    assert.equal(near.flatMap(node => node.getConnections()).length, 200)
    while (streams.length < 200) await new Promise(resolve => setTimeout(resolve, 5))
    const received = await Promise.all(streams)
    assert.deepEqual(received.map(({ bytes }) => `${bytes.length} × ${bytes[0]}`).sort(),
      links.map((_, at) => `100 × ${at}`).sort())
  })

  it('looks like the transport it wraps', () => {
    const components = { logger: defaultLogger() } as never
    const inner = tcp()(components)
    const outer = delayed(tcp(), { rttMs: () => 1 })(components)
    const addresses = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/udp/1'].map(address => multiaddr(address))
    assert.ok(isTransport(outer))
    assert.equal(outer[Symbol.toStringTag], inner[Symbol.toStringTag])
    assert.deepEqual(Reflect.get(outer, serviceCapabilities), Reflect.get(inner, serviceCapabilities))
    assert.deepEqual(outer.dialFilter(addresses), addresses.slice(0, 1))
    assert.deepEqual(outer.listenFilter(addresses), addresses.slice(0, 1))
  })

  async function connectionTo (node: Node): Promise<Connection> {
    const [connection] = listener.getConnections(node.peerId)
    return connection ?? (await pEvent<'connection:open', CustomEvent<Connection>>(listener, 'connection:open', { timeout: 2000 })).detail
  }

  async function firstStream (): Promise<Received> {
    while (streams.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    return streams[0]
  }
})

/** A TCP connection over loopback whose dialler delays it, as the transports give it to the upgrader. */
async function connectRaw (rttMs: number): Promise<{ near: MultiaddrConnection, far: MultiaddrConnection, stop: () => Promise<void> }> {
  const transport = delayed(tcp(), { rttMs: () => rttMs })({ logger: defaultLogger() })
  const inbound = Promise.withResolvers<MultiaddrConnection>()
  const outbound = Promise.withResolvers<MultiaddrConnection>()
  const upgrader = {
    upgradeInbound: async (connection: MultiaddrConnection) => { inbound.resolve(connection) },
    upgradeOutbound: async (connection: MultiaddrConnection) => { outbound.resolve(connection) }
  } as never
  const listening = transport.createListener({ upgrader })
  await listening.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
  await transport.dial(listening.getAddrs()[0], { upgrader, signal: new AbortController().signal })
  return { near: await outbound.promise, far: await inbound.promise, stop: async () => { await listening.close() } }
}

async function readToEnd (stream: Stream): Promise<Received> {
  const received = new Uint8ArrayList()
  try {
    for await (const chunk of stream) received.append(chunk)
    await stream.close()
    return { bytes: received.subarray(), failed: false }
  } catch {
    return { bytes: received.subarray(), failed: true }
  }
}

async function sendAll (stream: Stream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 60_000) {
    if (!stream.send(bytes.subarray(at, at + 60_000))) {
      await pEvent(stream, 'drain', { rejectionEvents: ['close'] })
    }
  }
}

async function pingsMs (from: Node, to: Node, count: number): Promise<number[]> {
  const stream = await from.dialProtocol(to.peerId, '/ipfs/ping/1.0.0')
  const tookMs: number[] = []
  for (let sent = 0; sent <= count; sent++) {
    const startMs = performance.now()
    stream.send(new Uint8Array(32))
    await pEvent(stream, 'message', { timeout: 2000 })
    tookMs.push(performance.now() - startMs)
  }
  stream.abort(new Error('measured'))
  // the first may carry the stream's negotiation
  return tookMs.slice(1)
}
