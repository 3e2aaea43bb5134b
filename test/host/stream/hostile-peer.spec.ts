// Whatever a peer sends, a connection goes on or refuses it with a typed error, and holds no more than flow control lets it.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Connection } from '../../../src/host/stream/connection.ts'
import { INITIAL_MAX_DATA_BYTES, INITIAL_MAX_STREAMS, MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'
import { packetWith } from '../../protocols/stream/recorded-frames.ts'
import type { Call } from '../../protocols/stream/recorded-frames.ts'

const TYPED = ['MalformedMessageError', 'StreamViolationError']
/** Mostly what is allowed, or the first packet would end each run. */
const anyId = fc.oneof({ arbitrary: fc.nat(20).map((n) => 2 * n), weight: 30 }, { arbitrary: fc.constant(1), weight: 10 }, fc.nat(200))
const anyOffset = fc.oneof({ arbitrary: fc.nat(3_000), weight: 20 }, { arbitrary: fc.nat(900_000), weight: 10 }, fc.nat(1_100_000))
const anyNumber = fc.oneof({ arbitrary: fc.nat(4), weight: 40 }, fc.nat(40))

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { arbitrary: fc.tuple(fc.constant('data' as const), anyId, anyOffset, fc.uint8Array({ minLength: 1, maxLength: 300 }).map((data) => Buffer.from(data).toString('hex')), fc.nat(40).map((n) => n === 0)), weight: 8 },
  fc.tuple(fc.constant('ack' as const), fc.record({
    epoch: fc.nat(255),
    delayUs: fc.nat(2 ** 32 - 1),
    receivedAtUs: fc.nat(2 ** 32 - 1),
    marked: fc.nat(2 ** 32 - 1),
    ranges: fc.tuple(anyNumber, anyNumber).map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
  }, { noNullPrototype: true })),
  fc.tuple(fc.constant('maxData' as const), fc.nat(2 ** 48 - 1)),
  fc.tuple(fc.constant('maxStreamData' as const), anyId, fc.nat(2 ** 48 - 1)),
  fc.tuple(fc.constant('maxStreams' as const), fc.nat(2 ** 32 - 1)),
  fc.tuple(fc.constant('reset' as const), anyId, fc.nat(9), fc.integer({ min: 800_000, max: 1_000_000 })),
  fc.tuple(fc.constant('stopSending' as const), anyId, fc.nat(9)),
  fc.tuple(fc.constant('ping' as const))
)

describe('a connection whose peer is hostile', () => {
  it('refuses with typed errors what breaks the rules, and stays within its bounds', () => {
    let taken = 0
    fc.assert(fc.property(fc.array(fc.tuple(fc.array(anyCall, { minLength: 1, maxLength: 3 }), fc.nat(255), fc.nat(60), fc.nat(400)), { maxLength: 80 }), (packets) => {
      const connection = new Connection({ role: 'responder', path: { key: 'path' }, onStream: () => {} })
      connection.open().write(new Uint8Array(20_000))
      const buffer = new Uint8Array(MAX_STREAM_PACKET_BYTES)
      let nowMs = 0
      for (const [anyCalls, epoch, number, afterMs] of packets) {
        nowMs += afterMs
        // a second ack would end the run
        const calls = anyCalls.filter(([name], i) => name !== 'ack' || anyCalls.findIndex(([other]) => other === 'ack') === i)
        try {
          connection.receive(packetWith(calls, epoch, number), nowMs, number % 3 === 0)
        } catch (error) {
          assert.ok(TYPED.includes((error as Error).name), String(error))
          return
        }
        taken++
        let polls = 0
        while (connection.poll(nowMs, buffer) > 0) {
          assert.ok(++polls < 1_000, 'it comes to an end')
        }
        assert.ok(connection.nextTimeoutMs(nowMs) > nowMs, 'and time may pass')
        assert.ok(connection.heldBytes <= 20_000 + 2 * INITIAL_MAX_DATA_BYTES)
        assert.ok(connection.streams.length <= INITIAL_MAX_STREAMS + 1 + packets.length)
        assert.ok(connection.path.inFlightBytes >= 0 && Number.isFinite(connection.path.controller.windowBytes))
      }
    }), { numRuns: 1_000 })
    assert.ok(taken > 2_000, `only ${taken} packets were taken`)
  })
})
