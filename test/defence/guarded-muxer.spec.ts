import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { yamux } from '@libp2p/yamux'
import { pEvent } from 'p-event'
import { composeGaters } from '../../src/defence/compose-gaters.ts'
import { capWriteBuffers, guardedMuxer } from '../../src/defence/guarded-muxer.ts'
import { FLAG, FRAME, MIB, STREAM_OPTIONS, attack, createNode, frameHeader, held, plainYamux, pour, repeated } from './attacker.ts'
import { until } from '../helpers/testnet.ts'
import type { HeldTooMuchError } from '../../src/defence/errors.ts'
import type { NodeInit } from './attacker.ts'
import type { MuxerLimits } from '../../src/defence/guarded-muxer.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

const ECHO = '/test/echo/1.0.0'
const BLAST = '/test/blast/1.0.0'
const HEEDLESS = '/test/heedless/1.0.0'
const PAUSED = '/test/paused/1.0.0'

const PART = new Uint8Array(64 * 1024)

describe('guarded muxer', function () {
  this.timeout(60_000)

  const nodes: Libp2p[] = []

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async node => { await node.stop() }))
  })

  async function victim (limits?: Partial<MuxerLimits> | 'unguarded', init: NodeInit = {}): Promise<Libp2p> {
    const muxer = limits === 'unguarded' ? plainYamux() : guardedMuxer(plainYamux(), limits)
    const node = await createNode({
      listen: true,
      muxer,
      handlers: {
        [ECHO]: stream => { stream.addEventListener('message', event => { stream.send(event.data) }) },
        [BLAST]: async stream => { await sendWhileAccepted(stream) },
        [PAUSED]: stream => { stream.pause() },
        [HEEDLESS]: stream => { sendWithoutRegard(stream, 16 * MIB) }
      },
      ...init
    })
    nodes.push(node)
    return node
  }

  async function attackOn (...args: Parameters<typeof attack>): ReturnType<typeof attack> {
    const started = await attack(...args)
    nodes.unshift(started.attacker)
    return started
  }

  describe('against a peer that announces a frame of 1 GiB', () => {
    const announcement = frameHeader(FRAME.data, FLAG.syn, 1, 1024 * MIB)

    it('aborts the connection at the header and holds none of it', async () => {
      const { raw, connection, closed } = await attackOn(await victim())
      raw.send(announcement)
      await pour(raw, PART, 64 * MIB)
      const err = await closed
      assert.equal(err?.name, 'FrameTooLongError')
      assert.equal(held(connection).inMuxer, 0)
    })

    it('would hold all that is sent without the guard', async () => {
      const { raw, connection } = await attackOn(await victim('unguarded'))
      raw.send(announcement)
      await pour(raw, PART, 8 * MIB)
      await until(() => held(connection).inMuxer > 4 * MIB, 'it holds half of it')
      assert.equal(connection.status, 'open')
    })

    it('sees the header when it comes one byte at a time', async () => {
      const { raw, closed } = await attackOn(await victim())
      for (const byte of announcement) {
        raw.send(Uint8Array.of(byte))
      }
      assert.equal((await closed)?.name, 'FrameTooLongError')
    })

    it('sees the header behind honest frames in the same message, and lets no byte of that message through', async () => {
      const { raw, connection, closed } = await attackOn(await victim())
      raw.send(Uint8Array.from([...frameHeader(FRAME.ping, FLAG.syn, 0, 1), ...frameHeader(FRAME.data, FLAG.syn, 1, 3), 1, 2, 3, ...announcement]))
      assert.equal((await closed)?.name, 'FrameTooLongError')
      assert.equal(connection.streams.length, 0)
    })
  })

  it('aborts a connection whose frame comes in crumbs', async () => {
    const { raw, connection, closed } = await attackOn(await victim({ maxFramePieces: 100 }))
    raw.send(frameHeader(FRAME.data, FLAG.syn, 1, MIB))
    for (let i = 0; i < 100; i++) {
      raw.send(Uint8Array.of(i))
    }
    assert.equal((await closed)?.name, 'FrameInPiecesError')
    assert.equal(connection.status, 'aborted')
  })

  it('aborts a connection whose peer grants a window beyond reason', async () => {
    const { raw, closed } = await attackOn(await victim())
    raw.send(frameHeader(FRAME.windowUpdate, FLAG.syn, 1, 0xffffffff))
    assert.equal((await closed)?.name, 'WindowUpdateTooLargeError')
  })

  describe('against a ping flood of a peer that does not read', () => {
    const pings = repeated(frameHeader(FRAME.ping, FLAG.syn, 0, 1), 5000)

    it('answers the burst and no more, then drops the connection', async () => {
      const { raw, connection, closed } = await attackOn(await victim())
      const { encrypted } = held(connection)
      const sent = mock.method(encrypted, 'send')
      raw.pause()
      await pour(raw, pings, 24 * MIB)
      assert.equal((await closed)?.name, 'PingFloodError')
      // One message each for the 20 answers, the victim's own first ping and its goodbye.
      assert.ok(sent.mock.callCount() <= 22, `${sent.mock.callCount()} messages were sent`)
    })

    it('drops it by the write buffer alone when pings are not limited', async () => {
      const maxWriteBufferBytes = 256 * 1024
      const { raw, dialled, connection, closed } = await attackOn(await victim({ pingsPerSecond: Infinity, pingBurst: Infinity, maxWriteBufferBytes }), plainYamux())
      await fillThePipe(raw, dialled)
      let peakBytes = 0
      const watch = setInterval(() => { peakBytes = Math.max(peakBytes, queuedBytes(connection)) }, 1)
      await pour(raw, pings, 2 * MIB)
      const err = await closed
      clearInterval(watch)
      assert.equal(err?.name, 'StreamBufferError')
      assert.ok(peakBytes <= 2 * maxWriteBufferBytes + MIB, `${peakBytes} bytes were queued`)
    })

    it('would queue every answer without the guard', async () => {
      const { raw, dialled, connection } = await attackOn(await victim('unguarded'), plainYamux())
      await fillThePipe(raw, dialled)
      await pour(raw, pings, 600_000)
      await until(() => queuedBytes(connection) > 500_000, 'it queues them')
      assert.equal(connection.status, 'open')
    })

    it('keeps a peer that pings now and then', async () => {
      let nowMs = 0
      const node = await victim({}, { muxer: guardedMuxer(plainYamux(), {}, () => nowMs) })
      const { raw, connection } = await attackOn(node)
      for (let i = 0; i < 100; i++) {
        nowMs += 200
        raw.send(frameHeader(FRAME.ping, FLAG.syn, 0, i))
        await delay(1)
      }
      assert.equal(connection.status, 'open')
    })
  })

  describe('against one-byte frames to a stream that is paused', () => {
    const UNLIMITED = { smallFrameBurst: Infinity }

    async function floodPaused (victim: Libp2p): Promise<Awaited<ReturnType<typeof attack>>> {
      const started = await attackOn(victim, plainYamux())
      const stream = await started.dialled.newStream(PAUSED)
      const crumb = Uint8Array.of(...frameHeader(FRAME.data, FLAG.none, Number(stream.id), 1), 0)
      await pour(started.raw, repeated(crumb, 5_000), 250_000 * crumb.byteLength)
      return started
    }

    it('drops the connection at the first thousands', async () => {
      const { connection, closed } = await floodPaused(await victim())
      assert.equal((await closed)?.name, 'SmallFrameFloodError')
      assert.equal(connection.streams.length, 0)
    })

    it('drops it by what it holds when small frames are not limited: more pieces than two windows of small packets', async () => {
      const { closed } = await floodPaused(await victim(UNLIMITED))
      const err = await closed as HeldTooMuchError
      assert.equal(err.name, 'HeldTooMuchError')
      assert.ok(err.heldPieces > 32_768 && err.heldPieces < 40_000, `${err.heldPieces} pieces`)
    })

    it('would hold every one of them without the guard', async () => {
      const { connection } = await floodPaused(await victim('unguarded'))
      const heldBytes = (): number => connection.streams.reduce((sum, { readBufferLength }) => sum + readBufferLength, 0)
      await until(() => heldBytes() >= 200_000, 'it holds them')
      assert.equal(connection.status, 'open')
    })

    it('regression: drops it when few pieces keep many large messages alive', async () => {
      const { raw, dialled, closed } = await attackOn(await victim(UNLIMITED), plainYamux())
      const stream = await dialled.newStream(PAUSED)
      const crumb = Uint8Array.of(...frameHeader(FRAME.data, FLAG.none, Number(stream.id), 1), 0)
      const padding = repeated(frameHeader(FRAME.windowUpdate, FLAG.none, Number(stream.id), 0), 5_000)
      await pour(raw, Uint8Array.of(...crumb, ...padding), 40 * MIB)
      const err = await closed as HeldTooMuchError
      assert.equal(err.name, 'HeldTooMuchError')
      assert.ok(err.heldPieces < 1_000 && err.heldBytes < 18 * MIB, `${err.heldBytes} bytes in ${err.heldPieces} pieces`)
    })

    it('keeps a peer that fills the first window, 256 KiB, with packets of 64 bytes', async () => {
      const { raw, dialled, connection } = await attackOn(await victim(), plainYamux())
      const stream = await dialled.newStream(PAUSED)
      const small = Uint8Array.of(...frameHeader(FRAME.data, FLAG.none, Number(stream.id), 64), ...new Uint8Array(64))
      await pour(raw, repeated(small, 1_000), 4_000 * small.byteLength)
      await delay(200)
      assert.equal(connection.status, 'open')
    })
  })

  it('ends a connection whose peer takes nothing for a while, however little waits for it', async () => {
    const { raw, dialled, connection, closed } = await attackOn(await victim({ maxStalledMs: 300 }), plainYamux())
    await fillThePipe(raw, dialled)
    assert.equal((await closed)?.name, 'NotDrainedError')
    assert.ok(queuedBytes(connection) < 4 * MIB)
  })

  it('aborts a connection whose peer opens and resets streams without end, and says so', async () => {
    const breaches: string[] = []
    const { raw, closed } = await attackOn(await victim({}, { muxer: guardedMuxer(plainYamux(), { streamBurst: 50, streamsPerSecond: 1 }, () => 0, (name) => { breaches.push(name) }) }))
    for (let id = 1; id < 200; id += 2) {
      raw.send(Uint8Array.from([...frameHeader(FRAME.windowUpdate, FLAG.syn, id, 0), ...frameHeader(FRAME.windowUpdate, FLAG.rst, id, 0)]))
    }
    assert.equal((await closed)?.name, 'StreamFloodError')
    assert.deepEqual(breaches, ['StreamFloodError'])
  })

  describe('where nothing more can be sent to a peer that does not read', () => {
    const maxWriteBufferBytes = 256 * 1024
    /** Of a type that there is not. */
    const badFrame = frameHeader(9, FLAG.none, 1, 0)

    async function attackFull (): ReturnType<typeof attack> {
      return attackOn(await victim({ pingsPerSecond: Infinity, pingBurst: Infinity, streamBurst: 1_000, maxWriteBufferBytes }), plainYamux())
    }

    /** Has the victim answer pings until there is room for some 30 to 130 frames without data. */
    async function fillUp ({ raw, dialled, connection }: Awaited<ReturnType<typeof attack>>): Promise<void> {
      await fillThePipe(raw, dialled)
      const { encrypted } = held(connection)
      await until(() => encrypted.writableNeedsDrain, 'nothing more goes out')
      const room = (): number => (maxWriteBufferBytes - encrypted.writeBufferLength) / badFrame.byteLength
      const hundreds = Math.floor((room() - 30) / 100)
      await pour(raw, repeated(frameHeader(FRAME.ping, FLAG.syn, 0, 1), 100), 100 * hundreds * badFrame.byteLength)
      await until(() => room() <= 130, 'it is nearly full')
    }

    it('regression: outlives a bad frame for which it ends more streams than there is room to say so', async () => {
      const attacked = await attackFull()
      await fillUp(attacked)
      const { raw, connection, closed } = attacked
      for (let id = 10_001; id < 10_401; id += 2) {
        raw.send(frameHeader(FRAME.windowUpdate, FLAG.syn, id, 0))
      }
      await until(() => connection.streams.length >= 200, 'all are open')
      raw.send(badFrame)
      assert.equal((await closed)?.name, 'StreamBufferError')
      await until(() => connection.streams.length === 0, 'they have ended')
    })

    it('regression: lets a reader go on whose connection ends as it does', async () => {
      const { dialled, connection, closed } = await attackFull()
      const asked = await dialled.newStream(PAUSED)
      asked.send(new Uint8Array(1_000))
      const paused = (): Stream | undefined => connection.streams.find(({ protocol, readBufferLength }) => protocol === PAUSED && readBufferLength === 1_000)
      await until(() => paused() !== undefined, 'it has what was sent')
      const stream = paused() ?? assert.fail('it was there')
      stream.addEventListener('message', () => { held(connection).encrypted.abort(new Error('enough')) })
      stream.resume()
      assert.equal((await closed)?.message, 'enough')
    })
  })

  it('ends a stream whose handler writes on although the peer does not read', async () => {
    const { dialled, raw, connection } = await attackOn(await victim({ maxWriteBufferBytes: MIB }), plainYamux())
    await dialled.newStream(HEEDLESS)
    raw.pause()
    await delay(200)
    await until(() => connection.streams.every((stream) => stream.protocol !== HEEDLESS), 'it is ended')
    assert.ok(queuedBytes(connection) <= 2 * MIB)
  })

  it('caps every layer that queues, in both directions', async () => {
    const maxWriteBufferBytes = 123_456
    const guarded = (): NodeInit => ({
      muxer: guardedMuxer(plainYamux(), { maxWriteBufferBytes }),
      gater: composeGaters(capWriteBuffers(maxWriteBufferBytes), { denyDialMultiaddr: () => false })
    })
    const listener = await victim({}, { ...guarded(), listen: true })
    const dialler = await createNode(guarded())
    nodes.unshift(dialler)
    const opened = pEvent(listener, 'connection:open') as unknown as Promise<CustomEvent<Parameters<typeof held>[0]>>
    const dialled = await dialler.dial(listener.getMultiaddrs())
    await dialled.newStream(ECHO)
    for (const connection of [dialled, (await opened).detail]) {
      const { encrypted, raw } = held(connection)
      assert.deepEqual([connection.direction, encrypted.maxWriteBufferLength, raw.maxWriteBufferLength, ...connection.streams.map(stream => stream.maxWriteBufferLength)],
        [connection.direction, maxWriteBufferBytes, maxWriteBufferBytes, maxWriteBufferBytes])
    }
  })

  it('is invisible to an honest peer: eight streams of 4 MiB each come back whole', async () => {
    const listener = await victim({}, { gater: capWriteBuffers() })
    const dialler = await createNode({ muxer: guardedMuxer(yamux({ streamOptions: STREAM_OPTIONS })), gater: capWriteBuffers() })
    nodes.unshift(dialler)
    const connection = await dialler.dial(listener.getMultiaddrs())
    const received = await Promise.all(Array.from({ length: 8 }, async () => await echoedBytes(await connection.newStream(ECHO), 4 * MIB)))
    assert.deepEqual(received, new Array(8).fill(4 * MIB))
    assert.equal(connection.status, 'open')
  })
})

function queuedBytes (connection: Parameters<typeof held>[0]): number {
  const { encrypted, raw } = held(connection)
  return encrypted.writeBufferLength + raw.writeBufferLength + connection.streams.reduce((sum, stream) => sum + stream.writeBufferLength, 0)
}

/** Has the victim fill every buffer between it and the attacker, which stops reading and grants all the window there is. */
async function fillThePipe (raw: Awaited<ReturnType<typeof attack>>['raw'], dialled: Parameters<typeof held>[0]): Promise<void> {
  const stream = await dialled.newStream(BLAST)
  raw.pause()
  raw.send(frameHeader(FRAME.windowUpdate, FLAG.none, Number(stream.id), 32 * MIB))
  await delay(300)
}

/** Heeds back-pressure. */
async function sendWhileAccepted (stream: Stream): Promise<void> {
  for (let sent = 0; sent < 32 * MIB && stream.status === 'open'; sent += PART.byteLength) {
    if (!stream.send(PART)) {
      await pEvent(stream, 'drain', { timeout: 5000, rejectionEvents: ['close'] }).catch(() => {})
    }
  }
}

/** Does not. */
function sendWithoutRegard (stream: Stream, bytes: number): void {
  for (let sent = 0; sent < bytes && stream.status === 'open'; sent += PART.byteLength) {
    stream.send(PART)
  }
}

/** Keeps at most 512 KiB on the way, as byway's hops do with their credit. */
async function echoedBytes (stream: Stream, bytes: number): Promise<number> {
  let sent = 0
  let received = 0
  return await new Promise((resolve, reject) => {
    const sendMore = (): void => {
      while (sent < bytes && sent - received < 512 * 1024) {
        sent += PART.byteLength
        stream.send(PART)
      }
    }
    stream.addEventListener('close', event => { reject(event.error ?? new Error('closed early')) })
    stream.addEventListener('message', event => {
      received += event.data.byteLength
      if (received >= bytes) {
        resolve(received)
      }
      sendMore()
    })
    sendMore()
  })
}
