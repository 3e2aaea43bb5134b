// The bytes in the fixture were put together by hand from the tables of the README, not by this code.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { packetEpoch, packetNumber, readFrames } from '../../../protocols/stream/codec.ts'
import { MAX_ACK_BYTES, MAX_ACK_RANGES, MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'
import golden from '../../fixtures/wire/stream.json' with { type: 'json' }
import { bytesOf, callsOf, hex, packetWith } from './recorded-frames.ts'
import type { FrameVisitor } from '../../../protocols/stream/codec.ts'
import type { AckValues, Call } from './recorded-frames.ts'

const MALFORMED = { name: 'MalformedMessageError' }
const HEADER = golden.header

describe('stream packets', () => {
  for (const { name, call, frame } of golden.frames) {
    it(`have their golden bytes: ${name}`, () => {
      assert.equal(hex(packetWith([call as Call], golden.epoch, golden.number)), HEADER + frame)
      const packet = bytesOf(HEADER + frame)
      assert.equal(packetEpoch(packet), golden.epoch)
      assert.equal(packetNumber(packet), golden.number)
      assert.deepEqual(callsOf(packet), [call])
    })

    it(`are refused when cut off anywhere: ${name}`, () => {
      const whole = bytesOf(HEADER + frame)
      for (let length = HEADER.length / 2 + 1; length < whole.length; length++) {
        assert.throws(() => callsOf(whole.subarray(0, length)), MALFORMED, `${length} bytes`)
      }
    })
  }

  it('carry any frames there and back', () => {
    fc.assert(fc.property(fc.array(anyCall, { minLength: 1, maxLength: 8 }), uint(8), uint(48), (drawn, epoch, number) => {
      const calls = drawn.filter(([name], i) => name !== 'ack' || drawn.findIndex(([other]) => other === 'ack') === i)
      const packet = packetWith(calls, epoch, number)
      assert.deepEqual(callsOf(packet), calls)
      assert.deepEqual([packetEpoch(packet), packetNumber(packet)], [epoch, number])
    }))
  })

  const MAX = 2 ** 32 - 1
  const LONG: Array<{ title: string, ranges: number[], told: number[] }> = [
    { title: '2^32 packets without a gap', ranges: [0, MAX], told: [1, MAX] },
    { title: '2^40 packets without a gap, and some before', ranges: [10, 2 ** 40, 0, 5], told: [2 ** 40 - MAX + 1, 2 ** 40] },
    { title: '2^32 packets without a gap, before others', ranges: [MAX + 10, MAX + 20, 2, MAX + 5, 0, 0], told: [MAX + 10, MAX + 20, 6, MAX + 5] },
    { title: '2^32 missing packets', ranges: [2 ** 40, 2 ** 40, 0, 5], told: [2 ** 40, 2 ** 40] }
  ]
  for (const { title, ranges, told } of LONG) {
    it(`regression: tell of ${title} what fits into 32 bits`, () => {
      const rest = { epoch: 0, delayUs: 0, receivedAtUs: 0, marked: 0 }
      assert.deepEqual(callsOf(packetWith([['ack', { ...rest, ranges }], ['ping']])), [['ack', { ...rest, ranges: told }], ['ping']])
    })
  }

  it('whatever their bytes, are read to the end or refused with a typed error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(9), { maxLength: 4 }), (bytes, types) => {
      types.forEach((type, i) => { bytes[7 + 20 * i] = type })
      try {
        packetNumber(bytes)
        callsOf(bytes)
      } catch (error) {
        assert.equal((error as Error).name, 'MalformedMessageError')
      }
    }), { numRuns: 2_000 })
  })

  const MALFORMED_FRAMES: Array<[string, string]> = [
    ['of type 0', '00'],
    ['of an unknown type', '0a'],
    ['data without a byte that end nothing', '01' + '00000000' + '000000000000' + '0000'],
    ['data that reach 2^48', '01' + '00000000' + 'fffffffffffe' + '0002' + '0000'],
    ['an ack of an empty range', '03' + '000000000005' + '00'.repeat(8) + '00' + '00000000' + '00' + '00000000'],
    ['an ack below packet 0', '03' + '000000000005' + '00'.repeat(8) + '00' + '00000000' + '00' + '00000007'],
    ['an ack without a gap', '03' + '000000000005' + '00'.repeat(8) + '00' + '00000000' + '01' + '00000001' + '00000000' + '00000001'],
    ['an ack with an empty second range', '03' + '000000000005' + '00'.repeat(8) + '00' + '00000000' + '01' + '00000001' + '00000001' + '00000000'],
    ['an ack whose second range is below packet 0', '03' + '000000000005' + '00'.repeat(8) + '00' + '00000000' + '01' + '00000001' + '00000009' + '00000001'],
    ['an ack of 33 ranges', '03' + '00000000ffff' + '00'.repeat(8) + '00' + '00000000' + '20' + '00000001'.repeat(65)]
  ]

  for (const [name, frame] of MALFORMED_FRAMES) {
    it(`are refused with ${name}`, () => {
      assert.throws(() => callsOf(bytesOf(HEADER + frame)), MALFORMED)
    })
  }

  it('regression: are refused with a second ack, before it is read', () => {
    const ack: Call = ['ack', { epoch: 0, delayUs: 0, receivedAtUs: 0, marked: 0, ranges: [3, 5] }]
    let acks = 0
    const visitor = { onAck: () => { acks++ }, onPing: () => {} } as unknown as FrameVisitor
    assert.throws(() => { readFrames(packetWith([ack, ['ping'], ack]), visitor) }, MALFORMED)
    assert.equal(acks, 1)
  })

  it('without a frame are refused', () => {
    assert.throws(() => packetNumber(bytesOf(HEADER)), MALFORMED)
    assert.throws(() => packetNumber(new Uint8Array()), MALFORMED)
  })

  it('have room for the longest ack', () => {
    const ranges = Array.from({ length: MAX_ACK_RANGES }, (_, i) => [100 - 2 * i, 100 - 2 * i]).flat()
    const packet = packetWith([['ack', { epoch: 0, delayUs: 0, receivedAtUs: 0, marked: 0, ranges }]])
    assert.equal(packet.length, 7 + MAX_ACK_BYTES)
    assert.ok(packet.length < MAX_STREAM_PACKET_BYTES)
  })
})

function uint (bits: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 2 ** bits - 1 })
}

const anyAck: fc.Arbitrary<AckValues> = fc.record({
  epoch: uint(8),
  delayUs: uint(32),
  receivedAtUs: uint(32),
  marked: uint(32),
  ranges: fc.tuple(fc.nat(1_000_000), fc.array(fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 9_999 })), { minLength: 1, maxLength: MAX_ACK_RANGES })).map(([low, steps]) => {
    let at = low
    return steps.reduce<number[]>((ranges, [received, missing]) => {
      const range = [at, at + received - 1]
      at += received + missing
      return [...range, ...ranges]
    }, [])
  })
}, { noNullPrototype: true })

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant('data' as const), uint(32), uint(47), fc.uint8Array({ minLength: 1, maxLength: 40 }).map(hex), fc.boolean()),
  fc.tuple(fc.constant('ack' as const), anyAck),
  fc.tuple(fc.constant('maxData' as const), uint(48)),
  fc.tuple(fc.constant('maxStreamData' as const), uint(32), uint(48)),
  fc.tuple(fc.constant('maxStreams' as const), uint(32)),
  fc.tuple(fc.constant('reset' as const), uint(32), uint(32), uint(48)),
  fc.tuple(fc.constant('stopSending' as const), uint(32), uint(32)),
  fc.tuple(fc.constant('ping' as const))
)
