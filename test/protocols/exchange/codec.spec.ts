import wire from '../../fixtures/wire/exchange.json' with { type: 'json' }
import assert from 'node:assert/strict'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { BywayError } from '../../../protocols/errors.ts'
import { BATCH_CODEC, BATCH_DOMAIN, MAX_BATCH_BYTES, MAX_MEASUREMENT_AGE_MS, MAX_MEASUREMENTS, MAX_NODES, MAX_RATE, MAX_RTT_US, PPM } from '../../../protocols/exchange/constants.ts'
import {
  decodeNext, decodeNextBatch, decodeSubscribe, decodeSubscribed, encodeNext, encodeNextBatch, encodeSubscribe, encodeSubscribed, EVERYTHING
} from '../../../protocols/exchange/codec.ts'
import { decoded } from '../../../protocols/method.ts'
import { Batch, Method, Next, Subscribe } from '../../../protocols/exchange/exchange.pb.ts'
import { openBatch, sealBatch } from '../../../protocols/exchange/sealed-batch.ts'
import { DOWN, keyOf, NOW_MS, ONE, peersFrom, READER, RSP, RSP_KEY, sampleBatch, sampleMeasurement, STRANGER, THREE, TWO } from './samples.ts'
import type { Measurement } from '../../../protocols/exchange/exchange.pb.ts'
import type { SharedMeasurement } from '../../../protocols/exchange/measurement.ts'

const golden = wire as Record<string, string>
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')
const bytesOf = (name: string): Uint8Array => fromString(golden[name], 'base16')
const EXPECT = { rsp: RSP, subscriber: READER, nowMs: NOW_MS }
const plain = (measurements: readonly SharedMeasurement[]): unknown[] => measurements.map((measurement) => ({ ...measurement, a: String(measurement.a), b: String(measurement.b) }))

/** Signs a Batch that no honest RSP would. */
async function sealRaw (change: (batch: Batch) => void, { domain = BATCH_DOMAIN, codec = BATCH_CODEC, key = RSP_KEY } = {}): Promise<Uint8Array> {
  const batch = Batch.decode(RecordEnvelope.createFromProtobuf(bytesOf('batch')).payload)
  change(batch)
  const payload = Batch.encode(batch)
  const envelope = await RecordEnvelope.seal({ domain, codec, marshal: () => payload, equals: () => false }, key)
  return envelope.marshal()
}

const first = (change: Partial<Measurement>) => (batch: Batch): void => { Object.assign(batch.measurements[0], change) }

const SUBSCRIBE = { descriptor: Uint8Array.of(1, 2, 3), scope: { nodes: [ONE, TWO], tags: [{ key: 'region', value: 'eu' }], bothEnds: true }, leaseMs: 120_000 }

describe('protocols/exchange/codec', () => {
  describe('golden bytes', () => {
    it('seals a batch to the same bytes as ever, and reads it', async () => {
      assert.equal(hex(await sealBatch(sampleBatch(), RSP_KEY)), golden.batch)
      const { rsp, subscriber, sequence, issuedAtMs, measurements, sealed } = await openBatch(bytesOf('batch'), EXPECT)
      assert.deepEqual([String(rsp), String(subscriber), sequence, issuedAtMs, hex(sealed)], [String(RSP), String(READER), 7n, NOW_MS, golden.batch])
      assert.deepEqual(plain(measurements), plain(sampleBatch().measurements))
    })

    it('encodes questions and answers to the same bytes as ever, and reads them', () => {
      assert.equal(hex(encodeSubscribe(SUBSCRIBE)), golden.subscribe)
      assert.equal(hex(encodeSubscribed({ leaseMs: 60_000, maxLinks: 12_288, measurementsPerMinute: 30_000 })), golden.subscribed)
      assert.equal(hex(encodeNext({ after: 7n, waitMs: 15_000 })), golden.next)
      assert.equal(hex(encodeNextBatch(Uint8Array.of(9, 8))), golden.nextBatch)
      const { scope, ...rest } = decodeSubscribe(bytesOf('subscribe'))
      assert.deepEqual([rest, scope.nodes.map(String), scope.tags, scope.bothEnds], [{ descriptor: SUBSCRIBE.descriptor, leaseMs: 120_000 }, [String(ONE), String(TWO)], SUBSCRIBE.scope.tags, true])
      assert.deepEqual(decodeSubscribed(bytesOf('subscribed')), { leaseMs: 60_000, maxLinks: 12_288, measurementsPerMinute: 30_000 })
      assert.deepEqual(decodeNext(bytesOf('next')), { after: 7n, waitMs: 15_000 })
      assert.deepEqual(decodeNextBatch(bytesOf('nextBatch')), Uint8Array.of(9, 8))
    })
  })

  it('takes a subscription without a scope for one to everything', () => {
    assert.deepEqual(decodeSubscribe(Subscribe.encode({ descriptor: Uint8Array.of(1), leaseMs: 1 })).scope, EVERYTHING)
  })

  it('tells nothing new from a batch', () => {
    assert.equal(decodeNextBatch(encodeNextBatch(undefined)), undefined)
  })

  it('gives back every batch that may be sealed', async () => {
    const peers = await peersFrom(60, 8)
    const rate = fc.record({ bytesPerSecond: fc.integer({ min: 1, max: MAX_RATE }), spreadBytesPerSecond: fc.nat(MAX_RATE), isFloor: fc.boolean() }, { noNullPrototype: true })
    const up = fc.record({
      method: fc.constantFrom<SharedMeasurement['method']>('SURVEYED', 'REPORTED_BY_A', 'REPORTED_BY_B', 'REPORTED_BY_BOTH'),
      down: fc.constant(false),
      rttUs: fc.integer({ min: 1, max: MAX_RTT_US }),
      rttSpreadUs: fc.nat(MAX_RTT_US),
      jitterUs: fc.nat(MAX_RTT_US),
      lossPpm: fc.nat(PPM),
      lossSpreadPpm: fc.nat(PPM),
      samples: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      ageMs: fc.nat(MAX_MEASUREMENT_AGE_MS)
    })
    const rates = fc.record({ forth: rate, back: rate }, { requiredKeys: [], noNullPrototype: true })
    const links = peers.flatMap((a, at) => peers.slice(at + 1).map((b) => [a, b] as const))
    const batch = fc.subarray(links).chain((chosen) => fc.tuple(...chosen.map(([a, b]) => fc.tuple(up, rates, fc.boolean()).map(([values, some, isReversed]): SharedMeasurement =>
      ({ ...values, ...some, ...(isReversed ? { a: b, b: a } : { a, b }) })))))
    await fc.assert(fc.asyncProperty(batch, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), async (measurements, sequence) => {
      const opened = await openBatch(await sealBatch({ subscriber: READER, sequence, issuedAtMs: NOW_MS, measurements }, RSP_KEY), EXPECT)
      assert.equal(opened.sequence, sequence)
      assert.deepEqual(plain(opened.measurements), plain(measurements))
    }), { numRuns: 60 })
  })

  it('has room for the largest batch: 512 measurements with all fields, of 512 forwarders', async () => {
    const peers = await peersFrom(1_000, MAX_NODES)
    const rate = { bytesPerSecond: MAX_RATE, spreadBytesPerSecond: MAX_RATE, isFloor: true }
    const measurements = peers.map((a, at) => ({
      ...sampleMeasurement({ rttUs: MAX_RTT_US, rttSpreadUs: MAX_RTT_US, jitterUs: MAX_RTT_US, lossPpm: PPM, lossSpreadPpm: PPM, samples: 2 ** 32 - 1, ageMs: MAX_MEASUREMENT_AGE_MS }),
      a, b: peers[(at + 1) % peers.length], forth: rate, back: rate
    }))
    const sealed = await sealBatch(sampleBatch({ measurements, sequence: 2n ** 64n - 1n }), RSP_KEY)
    assert.ok(sealed.length <= MAX_BATCH_BYTES, `${sealed.length}`)
    assert.equal((await openBatch(sealed, EXPECT)).measurements.length, MAX_MEASUREMENTS)
  })

  describe('refuses', () => {
    const cases: Array<[title: string, error: string, bytes: () => Promise<Uint8Array>]> = [
      ['what another RSP signed', 'InvalidSignatureError', async () => await sealRaw(() => {}, { key: await keyOf(99) })],
      ['a batch that speaks for another RSP', 'InvalidSignatureError', async () => await sealRaw((batch) => { batch.rsp = STRANGER.toMultihash().bytes })],
      ['a batch for another reader', 'InvalidSignatureError', async () => await sealBatch(sampleBatch({ subscriber: STRANGER }), RSP_KEY)],
      ['a signature made for another purpose', 'InvalidSignatureError', async () => await sealRaw(() => {}, { domain: 'byway-report' })],
      ['another payload', 'MalformedMessageError', async () => await sealRaw(() => {}, { codec: Uint8Array.of(0x82, 0x80, 0xec, 0x01) })],
      ['a batch that was changed after it was signed', 'InvalidSignatureError', async () => {
        const envelope = RecordEnvelope.createFromProtobuf(bytesOf('batch'))
        const batch = Batch.decode(envelope.payload)
        batch.measurements[0].rttUs = 1
        return new RecordEnvelope({ publicKey: envelope.publicKey, payloadType: envelope.payloadType, payload: Batch.encode(batch), signature: envelope.signature }).marshal()
      }],
      ['an old batch', 'ClocksApartError', async () => await sealBatch(sampleBatch({ issuedAtMs: NOW_MS - 120_001 }), RSP_KEY)],
      ['a batch from the future', 'ClocksApartError', async () => await sealBatch(sampleBatch({ issuedAtMs: NOW_MS + 60_001 }), RSP_KEY)],
      ['an old measurement', 'StaleMeasurementError', async () => await sealRaw(first({ ageMs: MAX_MEASUREMENT_AGE_MS + 1 }))],
      ['a round trip in no time', 'AbsurdMeasurementError', async () => await sealRaw(first({ rttUs: 0 }))],
      ['a round trip of more than a minute', 'AbsurdMeasurementError', async () => await sealRaw(first({ rttUs: MAX_RTT_US + 1 }))],
      ['a spread of more than a minute', 'AbsurdMeasurementError', async () => await sealRaw(first({ rttSpreadUs: MAX_RTT_US + 1 }))],
      ['a loss of more than all', 'AbsurdMeasurementError', async () => await sealRaw(first({ lossPpm: PPM + 1 }))],
      ['a spread of a loss that was not measured', 'AbsurdMeasurementError', async () => await sealRaw(first({ samples: 0 }))],
      ['a rate of nothing', 'AbsurdMeasurementError', async () => await sealRaw(first({ forth: { bytesPerSecond: 0, spreadBytesPerSecond: 0, isFloor: false } }))],
      ['a rate beyond all links', 'AbsurdMeasurementError', async () => await sealRaw(first({ back: { bytesPerSecond: MAX_RATE + 1, spreadBytesPerSecond: 0, isFloor: false } }))],
      ['values of a link that is down', 'AbsurdMeasurementError', async () => await sealRaw(first({ down: true }))],
      ['a measurement that nobody has made', 'MalformedMessageError', async () => await sealRaw(first({ method: Method.METHOD_UNKNOWN }))],
      ['a forwarder that is not listed', 'MalformedMessageError', async () => await sealRaw(first({ b: 3 }))],
      ['a link from a forwarder to itself', 'MalformedMessageError', async () => await sealRaw(first({ b: 0 }))],
      ['a link that stands twice', 'MalformedMessageError', async () => await sealRaw((batch) => { batch.measurements.push({ ...batch.measurements[0], a: 1, b: 0 }) })],
      ['a forwarder that is listed twice', 'MalformedMessageError', async () => await sealRaw((batch) => { batch.nodes.push(batch.nodes[0]) })],
      ['more measurements than 512', 'MalformedMessageError', async () => await sealRaw((batch) => { batch.measurements = Array.from({ length: MAX_MEASUREMENTS + 1 }, () => batch.measurements[0]) })],
      ['more forwarders than 512', 'MalformedMessageError', async () => await sealRaw((batch) => { batch.nodes = Array.from({ length: MAX_NODES + 1 }, () => batch.nodes[0]) })],
      ['a batch over the limit', 'MessageTooLargeError', async () => concat([bytesOf('batch'), new Uint8Array(MAX_BATCH_BYTES)])]
    ]
    for (const [title, error, bytes] of cases) {
      it(title, async () => {
        await assert.rejects(openBatch(await bytes(), EXPECT), { name: error })
      })
    }

    it('to seal what no reader would take', async () => {
      for (const change of [{ rttUs: 0 }, { ageMs: MAX_MEASUREMENT_AGE_MS + 1 }, { lossPpm: 0.5 }, { ...DOWN, samples: 1 }]) {
        await assert.rejects(sealBatch(sampleBatch({ measurements: [sampleMeasurement(change)] }), RSP_KEY), (error) => error instanceof BywayError)
      }
      await assert.rejects(sealBatch(sampleBatch({ measurements: [sampleMeasurement(), sampleMeasurement({ a: TWO, b: ONE })] }), RSP_KEY), { name: 'MalformedMessageError' })
    })

    it('a scope and a wait beyond their bounds', async () => {
      const peers = await peersFrom(1_000, 513)
      const nodes = peers.map((peer) => peer.toMultihash().bytes)
      const tag = { key: 'region', value: 'eu' }
      for (const scope of [
        { nodes, tags: [], bothEnds: false },
        { nodes: [nodes[0], nodes[0]], tags: [], bothEnds: false },
        { nodes: [], tags: Array.from({ length: 17 }, () => tag), bothEnds: false },
        { nodes: [], tags: [{ key: '', value: 'eu' }], bothEnds: false },
        { nodes: [], tags: [{ key: 'region', value: 'x'.repeat(65) }], bothEnds: false }
      ]) {
        assert.throws(() => decoded(() => decodeSubscribe(Subscribe.encode({ descriptor: Uint8Array.of(1), scope, leaseMs: 1 })), 'request'), { name: 'MalformedMessageError' })
      }
      assert.throws(() => decodeSubscribe(Subscribe.encode({ descriptor: new Uint8Array(0), leaseMs: 1 })), { name: 'MalformedMessageError' })
      assert.throws(() => decodeNext(Next.encode({ after: 0n, waitMs: 20_001 })), { name: 'MalformedMessageError' })
    })
  })

  it('gives a typed error, or a message, for any bytes', async () => {
    const parts = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.tuple(fc.nat(golden.batch.length / 2 - 1), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, change]) => {
      const bytes = bytesOf('batch')
      bytes.set(change.subarray(0, bytes.length - at), at)
      return bytes
    }))
    await fc.assert(fc.asyncProperty(parts, async (bytes) => {
      await openBatch(bytes, EXPECT).catch((error: unknown) => { assert.ok(error instanceof BywayError, String(error)) })
      for (const decode of [decodeSubscribe, decodeSubscribed, decodeNext, decodeNextBatch]) {
        try {
          decoded<unknown>(() => decode(bytes), 'message')
        } catch (error) {
          assert.ok(error instanceof BywayError, String(error))
        }
      }
    }), { numRuns: 400 })
  })

  it('opens a link under the name of its ends in either order', async () => {
    const { measurements } = await openBatch(await sealBatch(sampleBatch({ measurements: [sampleMeasurement({ a: THREE, b: TWO })] }), RSP_KEY), EXPECT)
    assert.deepEqual(plain(measurements), plain([sampleMeasurement({ a: THREE, b: TWO })]))
  })
})
