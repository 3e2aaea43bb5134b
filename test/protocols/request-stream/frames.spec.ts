import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { Uint8ArrayList } from 'uint8arraylist'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from '../../../protocols/setup/constants.ts'
import { ANSWER_BIT, encodeFrame as encodeBounded, FrameReader, FrameWriter } from '../../../protocols/request-stream/frames.ts'
import type { Stream } from '@libp2p/interface'
import type { Frame } from '../../../protocols/request-stream/frames.ts'

const encodeFrame = (frame: Frame): Uint8Array => encodeBounded(frame, MAX_FRAME_BYTES)

const byte = fc.integer({ min: 0, max: 255 })
const frames = fc.array(fc.record<Frame>({
  type: byte,
  status: byte,
  exchange: fc.integer({ min: 0, max: 0xffffffff }),
  body: fc.oneof(
    { weight: 8, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: MAX_FRAME_BYTES - FRAME_HEADER_BYTES }).map(length => new Uint8Array(length).fill(7)) }
  )
}, { noNullPrototype: true }), { maxLength: 10 })
const marks = fc.array(fc.nat(100_000), { maxLength: 30 })

/** Cuts bytes where the (unordered) marks say. */
function cut (bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...at.map(mark => mark % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
}

function read (chunks: ReadonlyArray<Uint8Array | Uint8ArrayList>): Frame[] {
  const found: Frame[] = []
  const reader = new FrameReader(MAX_FRAME_BYTES, frame => found.push(frame) > 0)
  for (const chunk of chunks) {
    assert.equal(reader.push(chunk), undefined)
  }
  return found
}

describe('frames of set-up', () => {
  it('have length, type, status, exchange and body, big-endian', () => {
    const bytes = encodeFrame({ type: 1 | ANSWER_BIT, status: 4, exchange: 0xfedcba98, body: Uint8Array.of(9, 8, 7) })
    assert.deepEqual(bytes, Uint8Array.of(0, 11, 0x81, 4, 0xfe, 0xdc, 0xba, 0x98, 9, 8, 7))
  })

  it('of more than 6,144 bytes are not written', () => {
    const frame = { type: 1, status: 0, exchange: 1, body: new Uint8Array(MAX_FRAME_BYTES - FRAME_HEADER_BYTES) }
    assert.equal(encodeFrame(frame).length, 6_144)
    assert.throws(() => encodeFrame({ ...frame, body: new Uint8Array(frame.body.length + 1) }), RangeError)
  })

  it('are read as they were written, however the bytes are cut, in lists and in Buffers too', () => {
    fc.assert(fc.property(frames, marks, (written, at) => {
      const bytes = concat(written.map(encodeFrame))
      const chunks = cut(bytes, at)
      assert.deepEqual(read(chunks), written)
      assert.deepEqual(read([new Uint8ArrayList(...chunks)]), written)
      assert.deepEqual(read(chunks.map(chunk => Buffer.from(chunk))), written)
    }), { numRuns: 200 })
  })

  it('are read byte by byte', () => {
    const written = [0, 1, 300].map((length, exchange) => ({ type: 2, status: 0, exchange, body: new Uint8Array(length).fill(exchange) }))
    const bytes = concat(written.map(encodeFrame))
    assert.deepEqual(read(Array.from(bytes, one => Uint8Array.of(one))), written)
  })

  it('are copies: neither the chunk nor the next frame changes them, nor they the chunk', () => {
    const bytes = concat([1, 2, 3].map(exchange => encodeFrame({ type: 1, status: 0, exchange, body: new Uint8Array(20).fill(exchange) })))
    const chunk = Buffer.from(bytes)
    const found: Frame[] = []
    const reader = new FrameReader(MAX_FRAME_BYTES, frame => found.push(frame) > 0)
    reader.push(chunk.subarray(0, 40))
    reader.push(chunk.subarray(40))
    found[0].body.fill(99)
    assert.deepEqual(new Uint8Array(chunk), bytes)
    chunk.fill(0)
    assert.deepEqual(found.slice(1).map(({ body }) => body), [new Uint8Array(20).fill(2), new Uint8Array(20).fill(3)])
  })

  it('that come behind one at which the reader is stopped are given back, and lose nothing', () => {
    fc.assert(fc.property(frames, marks, fc.infiniteStream(fc.boolean()), (written, at, goOn) => {
      const found: Frame[] = []
      const reader = new FrameReader(MAX_FRAME_BYTES, frame => {
        found.push(frame)
        return goOn.next().value
      })
      for (const chunk of cut(concat(written.map(encodeFrame)), at)) {
        for (let rest: Uint8Array | undefined = chunk; rest !== undefined;) {
          const before = found.length
          rest = reader.push(rest)
          assert.ok(rest === undefined || (rest.length > 0 && found.length > before), 'stopped by a frame, with something left')
        }
      }
      assert.deepEqual(found, written)
    }), { numRuns: 200 })
  })

  for (const length of [0, 7, 6_145, 65_535]) {
    it(`cannot be ${length} bytes long, which is found as soon as the length is there`, () => {
      const bytes = Uint8Array.of(length >> 8, length & 0xff)
      assert.throws(() => { read([bytes]) }, { name: 'MalformedMessageError', code: 'MALFORMED' })
      assert.throws(() => { read([bytes.subarray(0, 1), bytes.subarray(1)]) }, { name: 'MalformedMessageError' })
    })
  }

  it('are found in random bytes, or a typed error says that there are none', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4_000 }), marks, (bytes, at) => {
      try {
        const found = read(cut(bytes, at))
        assert.ok(concat(found.map(encodeFrame)).length <= bytes.length)
      } catch (error) {
        assert.equal((error as Error).name, 'MalformedMessageError')
      }
    }), { numRuns: 300 })
  })
})

/** What a FrameWriter sees of a libp2p stream. */
class FakeStream extends EventTarget {
  status = 'open'
  writeStatus = 'writable'
  writableNeedsDrain = false
  writeBufferLength = 0
  readonly sent: Uint8Array[] = []

  send (bytes: Uint8Array): boolean {
    this.sent.push(bytes)
    return true
  }

  dispatch (type: 'drain' | 'idle'): void {
    this.dispatchEvent(new Event(type))
  }
}

describe('frame writer', () => {
  let stream: FakeStream
  let writer: FrameWriter
  const frame = (exchange: number, length = 10): Frame => ({ type: 1, status: 0, exchange, body: new Uint8Array(length).fill(exchange) })

  beforeEach(() => {
    stream = new FakeStream()
    writer = new FrameWriter(stream as unknown as Stream, MAX_FRAME_BYTES)
  })

  it('sends what was written in one turn at once', async () => {
    const written = Array.from({ length: 100 }, (_, exchange) => frame(exchange, exchange * 10))
    written.forEach(one => { writer.add(one) })
    assert.equal(stream.sent.length, 0)
    await nextTurn()
    assert.equal(stream.sent.length, 1)
    assert.deepEqual(read(stream.sent), written)
  })

  it('does not touch again what it has sent, nor keep what it was given', async () => {
    const one = frame(1)
    writer.add(one)
    one.body.fill(99)
    await nextTurn()
    const before = stream.sent[0].slice()
    writer.add(frame(2))
    await nextTurn()
    assert.deepEqual(stream.sent[0], before)
    assert.deepEqual(read(stream.sent), [frame(1), frame(2)])
  })

  it('keeps everything while the stream is full, and sends it when it has drained', async () => {
    stream.writableNeedsDrain = true
    writer.add(frame(1))
    await nextTurn()
    writer.add(frame(2))
    await nextTurn()
    assert.equal(stream.sent.length, 0)
    stream.writeBufferLength = 5
    assert.equal(writer.bufferedBytes, 2 * 18 + 5)
    stream.writableNeedsDrain = false
    stream.dispatch('drain')
    assert.equal(stream.sent.length, 1)
    assert.deepEqual(read(stream.sent), [frame(1), frame(2)])
  })

  it('says once which frames were lost with the stream: those it kept, and those that the stream had not let go', async () => {
    const lost: number[] = []
    const add = (exchange: number): void => { writer.add(frame(exchange), () => lost.push(exchange)) }
    add(1)
    await nextTurn()
    stream.dispatch('idle')
    add(2)
    await nextTurn()
    stream.writableNeedsDrain = true
    add(3)
    await nextTurn()
    stream.status = 'aborted'
    stream.writeStatus = 'closed'
    stream.dispatch('idle')
    writer.end()
    writer.end()
    assert.deepEqual(lost, [2, 3])
  })

  it('goes on when what it calls for a lost frame throws', () => {
    const lost: number[] = []
    writer.add(frame(1), () => { throw new Error('undo failed') })
    writer.add(frame(2), () => lost.push(2))
    writer.end()
    assert.deepEqual(lost, [2])
  })
})
