import wire from '../../fixtures/wire/report.json' with { type: 'json' }
import assert from 'node:assert/strict'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { BywayError } from '../../../protocols/errors.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, openReport, sealReport } from '../../../protocols/report/codec.ts'
import { MAX_REPORT_BYTES, REPORT_CODEC, REPORT_DOMAIN } from '../../../protocols/report/constants.ts'
import { LinkState, Report, ReportRequest, ReportResponse } from '../../../protocols/report/report.pb.ts'
import type { Policy } from '../../../protocols/report/report.pb.ts'
import { FAR, FORWARDER, FORWARDER_KEY, keyOf, NEAR, NOW_MS, peersFrom, SAMPLE_TRAFFIC, sampleLink, samplePolicy, sampleReport, STRANGER } from './samples.ts'
import type { LinkMeasurement, PolicyStatement, ReportInit } from '../../../protocols/report/codec.ts'

const golden = wire as Record<string, string>
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')
const bytesOf = (name: string): Uint8Array => fromString(golden[name], 'base16')
const EXPECT = { expectedPeer: FORWARDER, nowMs: NOW_MS }

const WATCH = { descriptor: Uint8Array.of(1, 2, 3), targets: [Uint8Array.of(4), Uint8Array.of(5, 6)], connectOnly: true, leaseMs: 120_000 }
const RESULT = { leaseMs: 60_000, accepted: 1, refused: [{ index: 1, reason: 'OVER_QUOTA' as const }] }

/** Signs a Report message that no honest forwarder would. */
async function sealRaw (change: (report: Report) => void, { domain = REPORT_DOMAIN, codec = REPORT_CODEC } = {}): Promise<Uint8Array> {
  const report = Report.decode(RecordEnvelope.createFromProtobuf(bytesOf('report')).payload)
  change(report)
  const payload = Report.encode(report)
  const envelope = await RecordEnvelope.seal({ domain, codec, marshal: () => payload, equals: () => false }, FORWARDER_KEY)
  return envelope.marshal()
}

const said = (policy?: PolicyStatement): unknown => policy && { ...policy, rsps: policy.rsps.map(String), revoked: policy.revoked.map(String) }
const plain = (links: LinkMeasurement[]): unknown[] => links.map(link => ({ ...link, peer: String(link.peer) }))

describe('protocols/report/codec', () => {
  describe('golden bytes', () => {
    it('seals a report to the same bytes as ever', async () => {
      assert.equal(hex(await sealReport(sampleReport(), FORWARDER_KEY)), golden.report)
    })

    it('seals a report with a policy and a closed link to the same bytes as ever', async () => {
      const report = sampleReport({ links: [sampleLink({ closed: true })], policy: samplePolicy() })
      assert.equal(hex(await sealReport(report, FORWARDER_KEY)), golden.policyReport)
      const { links, policy } = await openReport(bytesOf('policyReport'), EXPECT)
      assert.deepEqual([links.map(({ closed }) => closed), said(policy)], [[true], said(samplePolicy())])
    })

    it('seals a report with rates, loads and a price to the same bytes as ever', async () => {
      const report = sampleReport({ links: [sampleLink(SAMPLE_TRAFFIC)], priceMicroPerGb: 40_000 })
      assert.equal(hex(await sealReport(report, FORWARDER_KEY)), golden.trafficReport)
      const { links, priceMicroPerGb } = await openReport(bytesOf('trafficReport'), EXPECT)
      assert.deepEqual([plain(links), priceMicroPerGb], [plain(report.links), 40_000])
    })

    it('reads a report from before there were rates and prices as one that knows none', async () => {
      const { links: [link], priceMicroPerGb } = await openReport(bytesOf('report'), EXPECT)
      assert.deepEqual([link.bytesPerSecond, link.rateIsFloor, link.loadBytesPerSecond, link.mostReceivedBytesPerSecond, priceMicroPerGb], [0, false, 0, 0, 0])
    })

    const messages: Array<[string, () => Uint8Array]> = [
      ['watchRequest', () => encodeRequest({ watch: WATCH })],
      ['subscribeRequest', () => encodeRequest({ subscribe: { descriptor: WATCH.descriptor } })],
      ['watchResponse', () => encodeResponse({ watch: RESULT })],
      ['reportResponse', () => encodeResponse({ report: Uint8Array.of(9, 9) })]
    ]
    for (const [name, encode] of messages) {
      it(`encodes ${name} to the same bytes as ever`, () => {
        assert.equal(hex(encode()), golden[name])
      })
    }

    it('reads the golden messages', async () => {
      assert.equal((await openReport(bytesOf('report'), EXPECT)).sequence, 17n)
      assert.deepEqual(decodeRequest(bytesOf('watchRequest')), { watch: WATCH })
      assert.deepEqual(decodeRequest(bytesOf('subscribeRequest')), { subscribe: { descriptor: WATCH.descriptor } })
      assert.deepEqual(decodeResponse(bytesOf('watchResponse')), { watch: RESULT })
      assert.deepEqual(decodeResponse(bytesOf('reportResponse')), { report: Uint8Array.of(9, 9) })
    })
  })

  describe('a sealed report', () => {
    it('brings back every field, the signer and the signed bytes', async () => {
      const sealed = await sealReport(sampleReport(), FORWARDER_KEY)
      const { forwarder, links, sealed: kept, ...rest } = await openReport(sealed, EXPECT)
      const { links: links0, ...rest0 } = sampleReport()

      assert.ok(forwarder.equals(FORWARDER))
      assert.deepEqual(plain(links), plain(links0))
      assert.deepEqual(rest, rest0)
      assert.deepEqual(kept, sealed)
    })

    it('brings back any values within the bounds', async () => {
      const peers = await peersFrom(100, 6)
      const rate = fc.nat({ max: 2 ** 31 - 1 })
      const traffic = fc.record({ bytesPerSecond: rate, rateIsFloor: fc.boolean(), loadBytesPerSecond: rate, receivedBytesPerSecond: rate, mostReceivedBytesPerSecond: rate }, { noNullPrototype: true })
        .map((values) => ({ ...values, rateIsFloor: values.rateIsFloor && values.bytesPerSecond > 0 }))
      const measured = fc.record({ up: fc.boolean(), rttUs: fc.nat({ max: 60_000_000 }), jitterUs: fc.nat({ max: 60_000_000 }), lossPpm: fc.nat({ max: 1_000_000 }), samples: fc.nat(), ageMs: fc.nat(), closed: fc.boolean() }, { noNullPrototype: true })
      const values = fc.tuple(measured, traffic).map(([one, other]) => ({ ...one, ...other }))
      const links = fc.array(values, { maxLength: peers.length }).map(list => list.map((link, i) => ({ ...link, peer: peers[i] })))
      const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
      await fc.assert(fc.asyncProperty(fc.record({ sequence: uint64, full: fc.boolean(), links, loadBytesPerSecond: uint64, priceMicroPerGb: rate }), async change => {
        const report = await openReport(await sealReport(sampleReport(change), FORWARDER_KEY), EXPECT)
        assert.deepEqual(plain(report.links), plain(change.links))
        assert.deepEqual([report.sequence, report.full, report.loadBytesPerSecond, report.priceMicroPerGb], [change.sequence, change.full, change.loadBytesPerSecond, change.priceMicroPerGb])
      }), { numRuns: 20 })
    })

    it('brings back any policy within the bounds, and none where there is none', async () => {
      const peers = await peersFrom(2_000, 12)
      const listed = fc.subarray(peers.slice(0, 6))
      await fc.assert(fc.asyncProperty(fc.boolean(), fc.boolean(), listed, fc.subarray(peers.slice(6)), async (listedOnly, authorizedOnly, rsps, revoked) => {
        const policy = { listedOnly, authorizedOnly, rsps: listedOnly ? rsps : [], revoked }
        const report = await openReport(await sealReport(sampleReport({ policy }), FORWARDER_KEY), EXPECT)
        assert.deepEqual(said(report.policy), said(policy))
      }), { numRuns: 20 })
      assert.equal((await openReport(bytesOf('report'), EXPECT)).policy, undefined)
    })

    it('with 512 links at their largest and the longest policy fits into one message', async () => {
      const peers = await peersFrom(1_000, 512)
      const rate = 2 ** 31 - 1
      const most = { bytesPerSecond: rate, rateIsFloor: true, loadBytesPerSecond: rate, receivedBytesPerSecond: rate, mostReceivedBytesPerSecond: rate }
      const links = peers.map(peer => sampleLink({ peer, rttUs: 60_000_000, jitterUs: 60_000_000, lossPpm: 1_000_000, samples: 2 ** 32 - 1, ageMs: 2 ** 32 - 1, closed: true, ...most }))
      const rsps = await peersFrom(3_000, 128)
      const policy = samplePolicy({ rsps: rsps.slice(0, 64), revoked: rsps.slice(64) })
      const sealed = await sealReport(sampleReport({ policy, links, sequence: 2n ** 64n - 1n, loadBytesPerSecond: 2n ** 64n - 1n, priceMicroPerGb: rate }), FORWARDER_KEY)

      assert.ok(sealed.length <= MAX_REPORT_BYTES, `${sealed.length} bytes`)
      assert.equal((await openReport(sealed, EXPECT)).links.length, 512)
    })

    it('does not pass on what was added around the signed part', async () => {
      const padded = concat([bytesOf('report'), Uint8Array.of(15 << 3, 1)])
      assert.deepEqual((await openReport(padded, EXPECT)).sealed, bytesOf('report'))
    })

    for (const [name, nowMs] of [['six minutes old', NOW_MS + 360_000], ['one minute from the future', NOW_MS - 60_000]] as const) {
      it(`holds within the clock skew when it is ${name}`, async () => {
        assert.equal((await openReport(bytesOf('report'), { ...EXPECT, nowMs })).sequence, 17n)
      })
    }
  })

  describe('a sealed report is refused', () => {
    const peerBytes = (index: number): Uint8Array<ArrayBuffer> => Uint8Array.from([FORWARDER, NEAR, STRANGER][index].toMultihash().bytes)
    const wirePolicy = (): Policy => ({ listedOnly: true, authorizedOnly: false, rsps: [peerBytes(1)], revoked: [] })
    const spoiled: Array<[string, string, () => Promise<Uint8Array>, Partial<typeof EXPECT>?]> = [
      ['of another forwarder', 'InvalidSignatureError', async () => await sealReport(sampleReport({ links: [] }), await keyOf(2))],
      ['that speaks for another forwarder than signed', 'InvalidSignatureError', async () => await sealRaw(report => { report.forwarder = peerBytes(2) })],
      ['with a bit changed in the signature', 'InvalidSignatureError', async () => bytesOf('report').map((byte, i, all) => i === all.length - 1 ? byte ^ 1 : byte)],
      ['with a changed value', 'InvalidSignatureError', async () => {
        const envelope = RecordEnvelope.createFromProtobuf(bytesOf('report'))
        const report = Report.decode(envelope.payload)
        report.links[0].rttUs = 1
        envelope.payload = Report.encode(report)
        return envelope.marshal()
      }],
      ['signed for another domain', 'InvalidSignatureError', async () => await sealRaw(() => {}, { domain: 'byway-descriptor' })],
      ['with another payload type', 'MalformedMessageError', async () => await sealRaw(() => {}, { codec: Uint8Array.of(3, 1) })],
      ['that is too old', 'ExpiredError', async () => bytesOf('report'), { nowMs: NOW_MS + 360_001 }],
      ['from the future', 'ExpiredError', async () => bytesOf('report'), { nowMs: NOW_MS - 60_001 }],
      ['with an issue time of 2^63', 'MalformedMessageError', async () => await sealRaw(report => { report.issuedAtMs = 2n ** 63n })],
      ['with a peer twice', 'MalformedMessageError', async () => await sealRaw(report => { report.links[1].peer = report.links[0].peer })],
      ['with a link to the forwarder itself', 'MalformedMessageError', async () => await sealRaw(report => { report.links[1].peer = peerBytes(0) })],
      ['with a peer id that is none', 'MalformedMessageError', async () => await sealRaw(report => { report.links[1].peer = new Uint8Array(5) })],
      ['with a link neither up nor down', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].state = LinkState.LINK_UNKNOWN })],
      ['with an RTT over 60 s', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].rttUs = 60_000_001 })],
      ['with a jitter over 60 s', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].jitterUs = 60_000_001 })],
      ['with more loss than everything', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].lossPpm = 1_000_001 })],
      ['with a rate over 17 Gbit/s', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].bytesPerSecond = 2 ** 31 })],
      ['with a load over 17 Gbit/s', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].loadBytesPerSecond = 2 ** 31 })],
      ['with more received than 17 Gbit/s', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].receivedBytesPerSecond = 2 ** 31 })],
      ['with a most received over 17 Gbit/s', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].mostReceivedBytesPerSecond = 2 ** 31 })],
      ['with a floor for no rate', 'MalformedMessageError', async () => await sealRaw(report => { report.links[0].rateIsFloor = true })],
      ['with a price over 2,147 units', 'MalformedMessageError', async () => await sealRaw(report => { report.priceMicroPerGb = 2 ** 31 })],
      ['with 513 links', 'MalformedMessageError', async () => await sealRaw(report => { report.links = new Array(513).fill({ ...report.links[0], peer: new Uint8Array(1) }) })],
      ['with a policy in a delta', 'MalformedMessageError', async () => await sealRaw(report => { report.policy = wirePolicy(); report.full = false })],
      ['with RSPs listed for anyone', 'MalformedMessageError', async () => await sealRaw(report => { report.policy = { ...wirePolicy(), listedOnly: false } })],
      ['with an RSP listed twice', 'MalformedMessageError', async () => await sealRaw(report => { report.policy = { ...wirePolicy(), rsps: [peerBytes(1), peerBytes(1)] } })],
      ['with an RSP listed and revoked', 'MalformedMessageError', async () => await sealRaw(report => { report.policy = { ...wirePolicy(), revoked: [peerBytes(1)] } })],
      ['with an RSP that is none', 'MalformedMessageError', async () => await sealRaw(report => { report.policy = { ...wirePolicy(), rsps: [new Uint8Array(3)] } })],
      ['with 65 RSPs', 'MalformedMessageError', async () => await sealRaw(report => { report.policy = { ...wirePolicy(), rsps: new Array(65).fill(peerBytes(1)) } })],
      ['over the size limit', 'MessageTooLargeError', async () => new Uint8Array(MAX_REPORT_BYTES + 1)],
      ['of no bytes', 'MalformedMessageError', async () => new Uint8Array(0)]
    ]
    for (const [name, error, make, expected] of spoiled) {
      it(`${name}: ${error}`, async () => {
        await assert.rejects(openReport(await make(), { ...EXPECT, ...expected }), { name: error })
      })
    }
  })

  describe('a report is not sealed', () => {
    const bad: Array<[string, Partial<ReportInit>]> = [
      ['with a peer twice', { links: [sampleLink(), sampleLink()] }],
      ['with a link to itself', { links: [sampleLink({ peer: FORWARDER })] }],
      ['with an RTT over 60 s', { links: [sampleLink({ rttUs: 60_000_001 })] }],
      ['with a fraction of a microsecond', { links: [sampleLink({ rttUs: 1.5 })] }],
      ['with an age that is no number', { links: [sampleLink({ ageMs: Number.NaN })] }],
      ['with a rate that is no number', { links: [sampleLink({ bytesPerSecond: Number.NaN })] }],
      ['with a load over 17 Gbit/s', { links: [sampleLink({ loadBytesPerSecond: 2 ** 31 })] }],
      ['with a floor for no rate', { links: [sampleLink({ rateIsFloor: true })] }],
      ['with a negative price', { priceMicroPerGb: -1 }],
      ['with a sequence over 64 bits', { sequence: 2n ** 64n }],
      ['with a negative load', { loadBytesPerSecond: -1n }],
      ['with a policy in a delta', { full: false, policy: samplePolicy() }],
      ['with an RSP listed twice', { policy: samplePolicy({ rsps: [NEAR, NEAR] }) }],
      ['with 65 that are revoked', { policy: samplePolicy({ revoked: new Array<typeof NEAR>(65).fill(STRANGER) }) }]
    ]
    for (const [name, change] of bad) {
      it(name, async () => {
        await assert.rejects(sealReport(sampleReport(change), FORWARDER_KEY), { name: 'MalformedMessageError' })
      })
    }

    it('with 513 links', async () => {
      const links = (await peersFrom(1_000, 513)).map(peer => sampleLink({ peer }))
      await assert.rejects(sealReport(sampleReport({ links }), FORWARDER_KEY), { name: 'MalformedMessageError', message: /at most 512 links/ })
    })
  })

  describe('messages are refused', () => {
    const watch = { descriptor: Uint8Array.of(1), targets: [], connectOnly: false, leaseMs: 1 }
    const subscribe = { descriptor: Uint8Array.of(1) }
    const requests: Array<[string, Parameters<typeof ReportRequest.encode>[0]]> = [
      ['with neither watch nor subscribe', {}],
      ['with both watch and subscribe', { watch, subscribe }],
      ['with a watch without a descriptor', { watch: { ...watch, descriptor: new Uint8Array(0) } }],
      ['with a subscription without a descriptor', { subscribe: { descriptor: new Uint8Array(0) } }],
      ['with an empty target', { watch: { ...watch, targets: [new Uint8Array(0)] } }],
      ['with 257 targets', { watch: { ...watch, targets: new Array(257).fill(Uint8Array.of(1)) } }]
    ]
    for (const [name, request] of requests) {
      it(`as a request ${name}`, () => {
        assert.throws(() => decodeRequest(ReportRequest.encode(request)), { name: 'MalformedMessageError' })
      })
    }

    const response = ReportResponse.decode(bytesOf('watchResponse'))
    const [refused] = response.watch?.refused ?? []
    const responses: Array<[string, Parameters<typeof ReportResponse.encode>[0]]> = [
      ['with neither result nor report', {}],
      ['with both result and report', { ...response, report: Uint8Array.of(1) }],
      ['with a report over the limit', { report: new Uint8Array(MAX_REPORT_BYTES + 1) }],
      ['with a target refused twice', { watch: { leaseMs: 1, accepted: 0, refused: [refused, refused] } }],
      ['with an index no request can have', { watch: { leaseMs: 1, accepted: 0, refused: [{ ...refused, index: 256 }] } }],
      ['with more accepted than can be asked for', { watch: { leaseMs: 1, accepted: 257, refused: [] } }]
    ]
    for (const [name, message] of responses) {
      it(`as a response ${name}`, () => {
        assert.throws(() => decodeResponse(ReportResponse.encode(message)), { name: 'MalformedMessageError' })
      })
    }

    it('before they are sent when there are 257 targets', () => {
      assert.throws(() => encodeRequest({ watch: { ...WATCH, targets: new Array(257).fill(Uint8Array.of(1)) } }), { name: 'MalformedMessageError', message: /257 targets/ })
    })
  })

  describe('hostile bytes', () => {
    const decoders: Array<[string, string, (bytes: Uint8Array) => unknown]> = [
      ['decodeRequest', 'watchRequest', decodeRequest],
      ['decodeResponse', 'watchResponse', decodeResponse],
      ['openReport', 'report', async bytes => await openReport(bytes, EXPECT)]
    ]

    async function onlyTyped (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): Promise<void> {
      try {
        await decode(bytes)
      } catch (error) {
        assert.ok(error instanceof BywayError, `untyped: ${String(error)}`)
      }
    }

    for (const [name, sample, decode] of decoders) {
      it(`${name} throws only typed errors for random bytes`, async () => {
        await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => { await onlyTyped(decode, bytes) }), { numRuns: 300 })
      })

      it(`${name} throws only typed errors for a good message with some bytes changed, cut or added`, async () => {
        const good = bytesOf(sample)
        const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }))
        await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat({ max: good.length }), fc.uint8Array({ maxLength: 8 }), async (changes, length, tail) => {
          const bytes = Uint8Array.from(good)
          for (const [at, value] of changes) {
            bytes[at] = value
          }
          await onlyTyped(decode, concat([bytes.subarray(0, length), tail]))
          await onlyTyped(decode, bytes)
        }), { numRuns: 200 })
      })
    }

    it('openReport believes nothing but the signed values, whichever byte is changed', async () => {
      const good = bytesOf('report')
      const honest = await openReport(good, EXPECT)
      const said = (report: { links: LinkMeasurement[], sequence: bigint }): string => `${report.sequence} ${JSON.stringify(plain(report.links))}`
      for (let at = 0; at < good.length; at += 3) {
        const bytes = Uint8Array.from(good)
        bytes[at] ^= 0x11
        const report = await openReport(bytes, EXPECT).catch((error: Error) => error)
        assert.ok(report instanceof BywayError || ('links' in report && said(report) === said(honest)), `byte ${at}`)
      }
    })
  })

  it('names FAR as the link that is down in the golden report', async () => {
    const { links } = await openReport(bytesOf('report'), EXPECT)
    assert.deepEqual(links.filter(({ up }) => !up).map(({ peer }) => String(peer)), [String(FAR)])
  })
})
