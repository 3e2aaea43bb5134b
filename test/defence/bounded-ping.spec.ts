import assert from 'node:assert/strict'
import { ping } from '@libp2p/ping'
import { pEvent } from 'p-event'
import { concat } from 'uint8arrays/concat'
import { boundedPing, PING_PROTOCOL } from '../../src/defence/bounded-ping.ts'
import { bootstrap } from '../../src/discovery/bootstrap.ts'
import { createNode as createBywayNode } from '../../src/node/libp2p.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { BoundedPing, PingLimits } from '../../src/defence/bounded-ping.ts'
import type { Libp2p, Stream, StreamHandler } from '@libp2p/interface'
import type { TestNode } from '../helpers/nodes.ts'

const MIB = 1024 * 1024
const PING_BYTES = 32
/** Longer than any test takes, so that no deadline helps. */
const NEVER_MS = 10 * 60_000

describe('bounded ping', () => {
  let byway: Libp2p | undefined

  afterEach(async () => {
    await byway?.stop()
    byway = undefined
    await stopNodes()
  })

  async function pinger (limits: Partial<PingLimits> = {}): Promise<TestNode<{ ping: BoundedPing }>> {
    return createNode({ services: { ping: boundedPing({ maxStreamMs: NEVER_MS, ...limits }) } })
  }

  async function answering (handler: StreamHandler): Promise<Libp2p> {
    const node = await createNode()
    await node.handle(PING_PROTOCOL, handler)
    return node
  }

  describe('asked', () => {
    it('answers libp2p\'s own ping, and is answered by it', async () => {
      const node = await pinger()
      const plain = await createNode({ services: { ping: ping() } })
      await connected(plain, node)
      assert.ok(await plain.services.ping.ping(node.peerId) >= 0)
      assert.ok(await node.services.ping.ping(plain.peerId) > 0)
    })

    it('answers ping after ping on one stream, and ends it with its asker', async () => {
      const node = await pinger()
      const connection = await connected(await createNode(), node)
      const stream = await connection.newStream(PING_PROTOCOL)
      const received: Uint8Array[] = []
      stream.addEventListener('message', ({ data }) => { received.push(data.subarray()) })
      for (let index = 1; index <= 5; index++) {
        stream.send(new Uint8Array(PING_BYTES).fill(index))
        await until(() => bytesOf(received) === index * PING_BYTES, 'it is answered')
      }
      assert.deepEqual(concat(received).filter((_, at) => at % PING_BYTES === 0), Uint8Array.of(1, 2, 3, 4, 5))
      await stream.close()
      await until(() => stream.status === 'closed', 'the other side ends it, too')
      await until(() => streamsOf(node) === 0, 'nothing is left of it')
    })

    it('answers all that came when the asker closes its side at once', async () => {
      const node = await pinger()
      const connection = await connected(await createNode(), node)
      const stream = await connection.newStream(PING_PROTOCOL)
      let received = 0
      stream.addEventListener('message', ({ data }) => { received += data.byteLength })
      stream.send(new Uint8Array(10 * PING_BYTES))
      await stream.close()
      await until(() => stream.status === 'closed', 'the stream ends')
      assert.equal(received, 10 * PING_BYTES)
    })

    it('takes the pings of a peer at its pace, over all of its streams', async () => {
      let nowMs = 0
      const node = await createNode({ services: { ping: boundedPing({ peerPerSecond: 1, peerBurst: 4, maxWaitMs: 0 }, () => nowMs) } })
      const connection = await connected(await createNode(), node)
      const flood = await connection.newStream(PING_PROTOCOL)
      flood.send(new Uint8Array(MIB / 8))
      await pEvent(flood, 'close')
      assert.deepEqual(node.services.ping.counters, { admitted: 4, delayed: 0, refused: 1 })
      nowMs = 1_000
      const honest = await connection.newStream(PING_PROTOCOL)
      honest.send(new Uint8Array(PING_BYTES))
      await pEvent(honest, 'message')
      assert.equal(node.services.ping.counters.admitted, 5)
    })

    it('ends a stream that its asker keeps', async () => {
      const node = await pinger({ maxStreamMs: 200 })
      const connection = await connected(await createNode(), node)
      const stream = await connection.newStream(PING_PROTOCOL)
      stream.send(new Uint8Array(PING_BYTES))
      await until(() => stream.status !== 'open', 'it is ended')
    })

    it('a node of byway takes no more than a window of a peer that pings without end and reads nothing', async () => {
      byway = await createBywayNode({ role: bootstrap({ network: 'test' }), privateKey: await keyOf(71), listen: ['/ip4/127.0.0.1/tcp/0'], network: 'test', servesDht: true, isLocal: true })
      const connection = await (await createNode()).dial(byway.getMultiaddrs())
      const stream = await connection.newStream(PING_PROTOCOL)
      stream.pause()
      const sent = await sentWhileTaken(stream, 32 * MIB)
      assert.ok(sent < 6 * MIB, `${sent} bytes were taken`)
    })
  })

  describe('asking', () => {
    const asker = pinger

    it('ends a stream whose answer does not stop', async () => {
      let sent = 0
      const endless = await answering(async (stream) => {
        await pEvent(stream, 'message')
        sent = await sentWhileTaken(stream, 32 * MIB, new Uint8Array(PING_BYTES + 1))
      })
      const node = await asker()
      await connected(node, endless)
      await assert.rejects(node.services.ping.ping(endless.peerId), { name: 'MessageTooLongError' })
      assert.ok(sent < 6 * MIB)
      await until(() => streamsOf(node) === 0, 'nothing is left of it')
    })

    it('takes other bytes for no answer', async () => {
      const wrong = await answering((stream) => { stream.addEventListener('message', () => { stream.send(new Uint8Array(PING_BYTES)) }) })
      const node = await asker()
      await connected(node, wrong)
      await assert.rejects(node.services.ping.ping(wrong.peerId), { name: 'WrongPingAnswerError' })
    })

    it('takes an answer in pieces', async () => {
      const slow = await answering((stream) => {
        stream.addEventListener('message', ({ data }) => {
          stream.send(data.subarray(0, 10))
          setImmediate(() => { stream.send(data.subarray(10)) })
        })
      })
      const node = await asker()
      await connected(node, slow)
      assert.ok(await node.services.ping.ping(slow.peerId) > 0)
    })

    it('gives up where no answer comes, where the peer ends the stream, and where its caller has enough', async () => {
      const mute = await answering(() => {})
      const gone = await answering((stream) => { stream.abort(new Error('no answer')) })
      const hasty = await asker({ maxStreamMs: 200 })
      const patient = await asker()
      for (const node of [hasty, patient]) {
        await connected(node, mute)
        await connected(node, gone)
      }
      await assert.rejects(hasty.services.ping.ping(mute.peerId), { name: 'DeadlineError' })
      await assert.rejects(patient.services.ping.ping(gone.peerId))
      const controller = new AbortController()
      const waiting = patient.services.ping.ping(mute.peerId, { signal: controller.signal })
      await until(() => streamsOf(patient) > 0, 'it has asked')
      controller.abort()
      await assert.rejects(waiting, { name: 'CancelledError' })
      await until(() => streamsOf(hasty) + streamsOf(patient) === 0, 'nothing is left of them')
    })

    it('ends in time the stream of a peer that has answered and does not close its side', async () => {
      const clinging = await answering((stream) => { stream.addEventListener('message', ({ data }) => { stream.send(data) }) })
      const node = await asker({ maxStreamMs: 2_000 })
      await connected(node, clinging)
      assert.ok(await node.services.ping.ping(clinging.peerId) > 0)
      await until(() => streamsOf(node) === 0, 'it is ended')
    })
  })
})

function bytesOf (parts: Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

function streamsOf (node: Libp2p): number {
  return node.getConnections().reduce((sum, { streams }) => sum + streams.filter(({ protocol }) => protocol === PING_PROTOCOL).length, 0)
}

/** Heeds back-pressure, and gives up where nothing goes on. @returns the bytes that were sent */
async function sentWhileTaken (stream: Stream, bytes: number, part = new Uint8Array(64 * 1024)): Promise<number> {
  let sent = 0
  try {
    while (sent < bytes && stream.status === 'open') {
      sent += part.byteLength
      if (!stream.send(part)) {
        await pEvent(stream, 'drain', { timeout: 3_000, rejectionEvents: ['close'] })
      }
    }
  } catch {
    // nothing more is taken, or the stream has gone
  }
  return sent
}
