import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  decodeFrame, encodeAttachRequest, encodeAttachResult, encodeClose, encodeData, encodeEchoReply, encodeEchoRequest, envelopeType,
  quotedSessionIdOf, readUint64, sequenceOf, sessionIdOf, writeUint64
} from '../../../protocols/envelope/codec.ts'
import {
  ECHO_REPLY_BYTES, INIT_BYTES, MAX_APPLICATION_BYTES, MAX_DESCRIPTOR_BYTES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, RESPONSE_BYTES
} from '../../../protocols/envelope/constants.ts'
import type { Frame } from '../../../protocols/envelope/codec.ts'

const malformed = { name: 'MalformedMessageError' }
const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const node = new Uint8Array(16).fill(9)

const encode = (frame: Frame): Uint8Array => {
  switch (frame.type) {
    case 'data': return encodeData(frame.payload)
    case 'echo-request': return encodeEchoRequest(frame.id, frame.paddingBytes)
    case 'echo-reply': return encodeEchoReply(frame.id)
    case 'attach-request': return encodeAttachRequest(frame.descriptor)
    case 'attach-result': return encodeAttachResult(frame.forwarder, frame.status)
    case 'close': return encodeClose(frame.reason)
    case 'stream': return Uint8Array.of(7, ...frame.packet)
  }
}

const exactly = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const plain = { noNullPrototype: true }
const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant('data' as const), payload: fc.uint8Array({ maxLength: 2_000 }) }, plain),
  fc.record({ type: fc.constant('echo-request' as const), id: exactly(8), paddingBytes: fc.nat({ max: MAX_FRAME_BYTES - ECHO_REPLY_BYTES }) }, plain),
  fc.record({ type: fc.constant('echo-reply' as const), id: exactly(8) }, plain),
  fc.record({ type: fc.constant('attach-request' as const), descriptor: fc.uint8Array({ minLength: 1, maxLength: 2_000 }) }, plain),
  fc.record({ type: fc.constant('attach-result' as const), forwarder: exactly(16), status: fc.nat({ max: 255 }) }, plain),
  fc.record({ type: fc.constant('close' as const), reason: fc.nat({ max: 255 }) }, plain),
  fc.record({ type: fc.constant('stream' as const), packet: fc.uint8Array({ minLength: 1, maxLength: 2_000 }) }, plain)
)

describe('envelope frames', () => {
  it('decodes every frame to what was encoded', () => {
    fc.assert(fc.property(anyFrame, frame => {
      assert.deepEqual(decodeFrame(encode(frame)), frame)
    }))
  })

  it('decodes random bytes to the frame that encodes to them, or refuses them as malformed', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 8 }), (bytes, type) => {
      bytes[0] = type
      try {
        const frame = decodeFrame(bytes)
        // what an echo request is padded with is nobody's business
        const canonical = frame.type === 'echo-request' ? bytes.map((byte, at) => at < ECHO_REPLY_BYTES ? byte : 0) : bytes
        assert.deepEqual(encode(frame), canonical)
      } catch (err) {
        assert.equal((err as Error).name, malformed.name)
      }
    }), { numRuns: 1_000 })
  })

  const refused: Array<[string, Uint8Array]> = [
    ['nothing', new Uint8Array()],
    ['type 0', Uint8Array.of(0)],
    ['an unknown type', Uint8Array.of(8, 1, 2)],
    ['a stream frame without a packet', Uint8Array.of(7)],
    ['a frame that fits no envelope', new Uint8Array(MAX_FRAME_BYTES + 1).fill(1)],
    ['an echo request with a short id', Uint8Array.of(2, 1, 2, 3, 4, 5, 6, 7)],
    ['an echo reply with padding', Uint8Array.of(3, ...id, 0)],
    ['an attach request without a length', Uint8Array.of(4, 0)],
    ['an attach request without a descriptor', Uint8Array.of(4, 0, 0)],
    ['an attach request with too few bytes', Uint8Array.of(4, 0, 3, 1, 2)],
    ['an attach request with trailing bytes', Uint8Array.of(4, 0, 1, 1, 2)],
    ['an attach request with a huge descriptor', Uint8Array.of(4, 0x20, 0x01, ...new Uint8Array(MAX_DESCRIPTOR_BYTES + 1))],
    ['an attach result that is cut off', Uint8Array.of(5, ...node)],
    ['an attach result with trailing bytes', Uint8Array.of(5, ...node, 0, 0)],
    ['a close without a reason', Uint8Array.of(6)],
    ['a close with trailing bytes', Uint8Array.of(6, 0, 0)]
  ]
  for (const [what, bytes] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => decodeFrame(bytes), malformed))
  }

  const unencodable: Array<[string, () => Uint8Array]> = [
    ['a payload that is a byte too long', () => encodeData(new Uint8Array(MAX_APPLICATION_BYTES + 1))],
    ['an echo id of the wrong length', () => encodeEchoRequest(id.subarray(1))],
    ['more padding than fits', () => encodeEchoRequest(id, MAX_FRAME_BYTES)],
    ['negative padding', () => encodeEchoRequest(id, -1)],
    ['padding that is not a whole number', () => encodeEchoRequest(id, 0.5)],
    ['an empty descriptor', () => encodeAttachRequest(new Uint8Array())],
    ['a descriptor above the limit', () => encodeAttachRequest(new Uint8Array(MAX_DESCRIPTOR_BYTES + 1))],
    ['a node id of the wrong length', () => encodeAttachResult(id, 0)],
    ['a status above a byte', () => encodeAttachResult(node, 256)],
    ['a negative reason', () => encodeClose(-1)]
  ]
  for (const [what, attempt] of unencodable) {
    it(`does not encode ${what}`, () => assert.throws(attempt, malformed))
  }

  it('carries the largest payload, padding and descriptor that the constants promise', () => {
    assert.equal(encodeData(new Uint8Array(MAX_APPLICATION_BYTES)).length, MAX_FRAME_BYTES)
    assert.equal(encodeEchoRequest(id, MAX_FRAME_BYTES - ECHO_REPLY_BYTES).length, MAX_FRAME_BYTES)
    assert.equal(decodeFrame(encodeAttachRequest(new Uint8Array(MAX_DESCRIPTOR_BYTES))).type, 'attach-request')
  })
})

describe('outer part of an envelope', () => {
  it('is read of the first bytes that a notice quotes, if they are enough', () => {
    for (const type of [1, 2, 3]) {
      const quote = Uint8Array.of(type, 0, 0, 0, ...id, ...new Uint8Array(20))
      assert.deepEqual(quotedSessionIdOf(quote), id)
      assert.equal(quotedSessionIdOf(quote.subarray(0, 11)), undefined)
    }
    assert.equal(quotedSessionIdOf(Uint8Array.of(16, 0, 0, 0, ...id)), undefined)
    assert.equal(quotedSessionIdOf(new Uint8Array()), undefined)
  })

  const lengths: Array<[number, number, number]> = [[1, INIT_BYTES, INIT_BYTES], [2, RESPONSE_BYTES, RESPONSE_BYTES], [3, 37, MAX_ENVELOPE_BYTES]]
  for (const [type, min, max] of lengths) {
    it(`takes type ${type} with ${min} to ${max} bytes and no other length`, () => {
      const ofLength = (length: number): Uint8Array => Uint8Array.of(type, ...new Uint8Array(length - 1))
      assert.equal(envelopeType(ofLength(min)), type)
      assert.equal(envelopeType(ofLength(max)), type)
      assert.throws(() => envelopeType(ofLength(min - 1)), malformed)
      assert.throws(() => envelopeType(ofLength(max + 1)), malformed)
    })
  }

  it('refuses an empty envelope and types that are not its own', () => {
    assert.throws(() => envelopeType(new Uint8Array()), malformed)
    assert.throws(() => envelopeType(new Uint8Array(RESPONSE_BYTES)), malformed)
    assert.throws(() => envelopeType(new Uint8Array(RESPONSE_BYTES).fill(16)), malformed)
  })

  it('finds the session id at the same place in all three types', () => {
    for (const [type, length] of lengths) {
      assert.deepEqual(sessionIdOf(Uint8Array.of(type, 0, 0, 0, ...id, ...new Uint8Array(length - 12))), id)
    }
  })

  it('reads a sequence number from a sealed envelope only', () => {
    assert.equal(sequenceOf(Uint8Array.of(3, 0, 0, 0, ...id, 0, 0, 1, 0, 0, 0, 0, 5, ...new Uint8Array(17))), 2 ** 40 + 5)
    assert.throws(() => sequenceOf(Uint8Array.of(2, ...new Uint8Array(RESPONSE_BYTES - 1))), malformed)
  })

  it('writes 64-bit numbers as DataView does, and refuses those that a double cannot hold', () => {
    fc.assert(fc.property(fc.maxSafeNat(), value => {
      const bytes = new Uint8Array(9)
      writeUint64(bytes, 1, value)
      assert.equal(new DataView(bytes.buffer).getBigUint64(1), BigInt(value))
      assert.equal(readUint64(bytes, 1), value)
    }))
    assert.throws(() => readUint64(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0), 0), malformed)
    assert.throws(() => readUint64(new Uint8Array(8).fill(255), 0), malformed)
  })
})
