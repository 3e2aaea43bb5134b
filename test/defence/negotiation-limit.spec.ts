import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { yamux } from '@libp2p/yamux'
import { pEvent } from 'p-event'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { guardedMuxer } from '../../src/defence/guarded-muxer.ts'
import { limitedNegotiation, MAX_NEGOTIATION_ANSWERS } from '../../src/defence/negotiation-limit.ts'
import { FLAG, FRAME, MIB, STREAM_OPTIONS, attack, createNode, frameHeader, held, plainYamux, repeated } from './attacker.ts'
import { until } from '../helpers/testnet.ts'
import type { MuxerLimits } from '../../src/defence/guarded-muxer.ts'
import type { Libp2p, Stream, StreamMuxerFactory } from '@libp2p/interface'

const KNOWN = '/test/known/1.0.0'
const BLAST = '/test/blast/1.0.0'
const KIB = 1024
const WINDOW_BYTES = 256 * KIB
/** Soon done, also on a busy machine: libp2p ends negotiations after ten seconds. */
const MAX_HELD_BYTES = 2 * MIB
const PILED_STREAMS = 30

type Muxer = (components: unknown) => StreamMuxerFactory

describe('limited negotiation of protocols', () => {
  const nodes: Libp2p[] = []
  /** Of streams of KNOWN, in the order in which they came. */
  let received: Uint8Array[]
  let messages: number

  beforeEach(() => {
    received = []
    messages = 0
  })

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async (node) => { await node.stop() }))
  })

  async function victim (muxer: Muxer = limitedYamux()): Promise<Libp2p> {
    const node = await createNode({ listen: true, muxer, handlers: { [KNOWN]: (stream) => { keep(stream) }, [BLAST]: blast } })
    nodes.push(node)
    return node
  }

  /** A handler that takes its time before it listens. */
  function keep (stream: Stream): void {
    const index = received.push(new Uint8Array()) - 1
    setTimeout(() => {
      stream.addEventListener('message', ({ data }) => {
        messages++
        received[index] = concat([received[index], data.subarray()])
      })
    }, 20)
  }

  async function attackOn (...args: Parameters<typeof attack>): ReturnType<typeof attack> {
    const started = await attack(...args)
    nodes.unshift(started.attacker)
    return started
  }

  describe('with a peer that asks for name after name', () => {
    const names = repeated(line('a'), 3_000)

    /** @returns messages that the victim sent, until it had ended the stream or answered a thousand times */
    async function answersTo (muxer: Muxer): Promise<number> {
      const { raw, connection } = await attackOn(await victim(muxer))
      const sent = mock.method(held(connection).encrypted, 'send')
      raw.send(concat([frameHeader(FRAME.data, FLAG.syn, 1, names.byteLength), names]))
      await until(() => sent.mock.callCount() > (connection.streams.length === 0 ? MAX_NEGOTIATION_ANSWERS : 1_000), 'it is enough')
      assert.equal(connection.status, 'open')
      return sent.mock.callCount()
    }

    it('ends the stream after some answers, and keeps the connection', async () => {
      // one more for each of: the window that was used, the reset, the ping of a new connection
      assert.ok(await answersTo(limitedYamux()) <= MAX_NEGOTIATION_ANSWERS + 3)
    })

    it('would answer every one without it', async () => {
      assert.ok(await answersTo(guardedMuxer(plainYamux())) > 1_000)
    })
  })

  describe('with a peer that does not read its answers', () => {
    /** Much more than a connection may have held, before any protocol is agreed on. */
    async function pileUp (muxer: Muxer): Promise<Awaited<ReturnType<typeof attack>>> {
      const started = await attackOn(await victim(muxer), plainYamux())
      const { raw, dialled, connection } = started
      const stream = await dialled.newStream(BLAST)
      raw.pause()
      raw.send(frameHeader(FRAME.windowUpdate, FLAG.none, Number(stream.id), 32 * MIB))
      await until(() => held(connection).encrypted.writableNeedsDrain, 'nothing more goes out')
      const names = concat([line('/multistream/1.0.0'), line('a'), line('b')])
      const data = concat([names, new Uint8Array(WINDOW_BYTES - names.byteLength)])
      for (let id = 1_001; id < 1_001 + 2 * PILED_STREAMS && raw.status === 'open'; id += 2) {
        if (!raw.send(concat([frameHeader(FRAME.data, FLAG.syn, id, data.byteLength), data]))) {
          await pEvent(raw, 'drain', { rejectionEvents: ['close'] }).catch(() => {})
        }
      }
      return started
    }

    it('counts what waits for the end of the negotiation among what the connection holds', async () => {
      const { closed } = await pileUp(limitedYamux({ maxHeldBytes: MAX_HELD_BYTES }))
      assert.equal((await closed)?.name, 'HeldTooMuchError')
    })

    it('would hold it where nobody counts without it', async () => {
      const { connection } = await pileUp(guardedMuxer(plainYamux(), { maxHeldBytes: MAX_HELD_BYTES }))
      await until(() => connection.streams.length >= PILED_STREAMS, 'it has all of them')
      assert.equal(connection.status, 'open')
      assert.equal(connection.streams.reduce((sum, { readBufferLength }) => sum + readBufferLength, 0), 0)
    })
  })

  it('is invisible to peers that know several names, in either direction', async () => {
    const listener = await victim()
    const dialler = await victim()
    const unknown = Array.from({ length: MAX_NEGOTIATION_ANSWERS - 2 }, (_, index) => `/test/unknown/${index}`)
    const connection = await dialler.dial(listener.getMultiaddrs())
    const stream = await connection.newStream([...unknown, KNOWN])
    assert.equal(stream.protocol, KNOWN)
    const plain = await createNode({ listen: true, handlers: { [KNOWN]: () => {} } })
    nodes.unshift(plain)
    const out = await (await listener.dial(plain.getMultiaddrs())).newStream([...unknown, ...unknown, KNOWN])
    assert.equal(out.protocol, KNOWN)
  })

  for (const { how, pieces } of [
    { how: 'in one frame', pieces: (bytes: Uint8Array) => [bytes] },
    { how: 'byte by byte at first', pieces: (bytes: Uint8Array) => [...bytes.subarray(0, 100)].map((byte) => bytesOf(byte)).concat(bytes.subarray(100)) },
    { how: 'in many frames', pieces: (bytes: Uint8Array) => Array.from({ length: Math.ceil(bytes.byteLength / 1_000) }, (_, at) => bytes.subarray(1_000 * at, 1_000 * (at + 1))) }
  ]) {
    it(`loses nothing of a peer that sends its data with the names, ${how}`, async () => {
      const { raw, connection } = await attackOn(await victim())
      const data = Uint8Array.from({ length: 200 * KIB }, (_, index) => index % 251)
      const all = concat([line('/multistream/1.0.0'), line(KNOWN), data])
      const frames = pieces(all).map((piece, index) => concat([frameHeader(FRAME.data, index === 0 ? FLAG.syn : FLAG.none, 1, piece.byteLength), piece]))
      raw.send(concat(frames))
      await until(() => received.length > 0 && received[0].byteLength >= data.byteLength, 'all has come')
      assert.deepEqual(received[0], data)
      const [{ protocol }] = connection.streams
      assert.equal(protocol, KNOWN)
    })
  }

  it('leaves a stream as it was: what comes after the negotiation is handed over as it comes', async () => {
    const dialler = await createNode({ muxer: yamux({ streamOptions: STREAM_OPTIONS }) })
    nodes.unshift(dialler)
    const stream = await (await dialler.dial((await victim()).getMultiaddrs())).newStream(KNOWN)
    const data = new Uint8Array(16 * KIB).fill(7)
    for (let sent = 0; sent < 100; sent++) {
      if (!stream.send(data)) {
        await pEvent(stream, 'drain', { rejectionEvents: ['close'] })
      }
    }
    await until(() => received[0]?.byteLength === 100 * data.byteLength, 'all has come')
    // a frame may come in two messages of the layer below, and 2 KiB were handed over at once before
    assert.ok(messages <= 250, `${messages} messages`)
  })
})

function limitedYamux (limits: Partial<MuxerLimits> = {}): Muxer {
  return guardedMuxer(limitedNegotiation(plainYamux()), limits)
}

/** Of multistream-select: the length, what is said, and the end of the line. */
function line (text: string): Uint8Array {
  const bytes = fromString(`${text}\n`)
  return concat([Uint8Array.of(bytes.byteLength), bytes])
}

function bytesOf (...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes)
}

/** Heeds back-pressure. */
async function blast (stream: Stream): Promise<void> {
  const part = new Uint8Array(64 * KIB)
  while (stream.status === 'open') {
    if (!stream.send(part)) {
      await pEvent(stream, 'drain', { rejectionEvents: ['close'] }).catch(() => {})
    }
  }
}
