import assert from 'node:assert/strict'
import fc from 'fast-check'
import { COMMON_HEADER_BYTES, MAX_PACKET_BYTES } from '../../../protocols/forward/constants.ts'
import { FrameLengthError } from '../../../protocols/forward/errors.ts'
import { FrameReader } from '../../../protocols/forward/frame-reader.ts'
import { hex } from './samples.ts'

/** Packets of the given lengths, one after the other, each filled with a value of its own. */
function streamOf (lengths: readonly number[]): { stream: Uint8Array, packets: string[] } {
  const parts = lengths.map((length, i) => {
    const packet = new Uint8Array(length).fill(i + 1)
    packet[0] = length >> 8
    packet[1] = length & 0xff
    return packet
  })
  const stream = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    stream.set(part, at)
    at += part.length
  }
  return { stream, packets: parts.map(hex) }
}

/** Cuts the stream where the (rising) marks say. */
function cut (stream: Uint8Array, marks: readonly number[]): Uint8Array[] {
  const ends = [...marks.map((mark) => mark % (stream.length + 1)).sort((a, b) => a - b), stream.length]
  return ends.map((end, i) => stream.subarray(i === 0 ? 0 : ends[i - 1], end))
}

function read (chunks: readonly Uint8Array[]): string[] {
  const found: string[] = []
  const reader = new FrameReader((buffer, at, length) => {
    assert.ok(at >= 0 && at + length <= buffer.length, 'a packet lies in its buffer')
    found.push(hex(buffer.subarray(at, at + length)))
  })
  for (const chunk of chunks) {
    reader.push(chunk)
  }
  return found
}

const lengths = fc.array(fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: COMMON_HEADER_BYTES, max: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: COMMON_HEADER_BYTES, max: MAX_PACKET_BYTES }) }
), { maxLength: 12 })
const marks = fc.array(fc.nat(100_000), { maxLength: 30 })

describe('frame reader', () => {
  it('finds the same packets however a stream is cut into chunks', () => {
    fc.assert(fc.property(lengths, marks, (some, at) => {
      const { stream, packets } = streamOf(some)
      assert.deepEqual(read(cut(stream, at)), packets)
    }), { numRuns: 200 })
  })

  it('finds them byte by byte, and in Buffers, whose slice shares memory', () => {
    const { stream, packets } = streamOf([6, 300, 7])
    assert.deepEqual(read(cut(stream, Array.from({ length: stream.length }, (_, i) => i))), packets)
    assert.deepEqual(read(cut(Buffer.from(stream), [3, 100, 307])), packets)
  })

  it('hands packets out where they lie, and neither keeps nor changes a chunk', () => {
    const { stream } = streamOf([20, 20, 20])
    const before = stream.slice()
    const places: Array<{ isChunk: boolean, at: number }> = []
    const chunk = stream.subarray(0, 50)
    const reader = new FrameReader((buffer, at) => { places.push({ isChunk: buffer === chunk, at }) })
    reader.push(chunk)
    assert.deepEqual(places, [{ isChunk: true, at: 0 }, { isChunk: true, at: 20 }])
    assert.deepEqual(stream, before)
    chunk.fill(0)
    reader.push(before.subarray(50))
    assert.deepEqual(places[2], { isChunk: false, at: 0 })
  })

  it('gives the packets of random bytes, or says that there are none to be had', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4_000 }), marks, (stream, at) => {
      let error: unknown
      try {
        for (const packet of read(cut(stream, at))) {
          assert.ok(packet.length >= 2 * COMMON_HEADER_BYTES && packet.length <= 2 * MAX_PACKET_BYTES)
        }
      } catch (caught) {
        error = caught
      }
      assert.ok(error === undefined || error instanceof FrameLengthError, String(error))
    }), { numRuns: 300 })
  })

  const refused = [0, 5, MAX_PACKET_BYTES + 1, 65_535]
  for (const length of refused) {
    it(`refuses a length of ${length}, wherever it is cut`, () => {
      const { stream: before } = streamOf([6])
      const stream = Uint8Array.of(...before, length >> 8, length & 0xff, 1, 2, 3, 4)
      for (let mark = 0; mark <= stream.length; mark++) {
        assert.throws(() => read(cut(stream, [mark])), (error: FrameLengthError) =>
          error.name === 'FrameLengthError' && error.length === length)
      }
    })
  }

  it('takes the largest packet and the smallest', () => {
    const { stream, packets } = streamOf([MAX_PACKET_BYTES, COMMON_HEADER_BYTES])
    assert.deepEqual(read(cut(stream, [1, MAX_PACKET_BYTES - 1])), packets)
  })
})
