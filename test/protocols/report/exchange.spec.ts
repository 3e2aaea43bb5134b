import assert from 'node:assert/strict'
import { NotAuthorizedError, OverQuotaError } from '../../../protocols/errors.ts'
import { subscribeReports, watch } from '../../../protocols/report/client.ts'
import { REPORT_METHOD, sealReport } from '../../../protocols/report/codec.ts'
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from '../../../protocols/report/constants.ts'
import { serveReports } from '../../../protocols/report/server.ts'
import { request, serve } from '../../../protocols/request-response.ts'
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import { FORWARDER, FORWARDER_KEY, keyOf, NOW_MS, sampleLink, sampleReport, STRANGER } from './samples.ts'
import type { ReportInit, ReportResponse, VerifiedReport, WatchRequest, WatchResult } from '../../../protocols/report/codec.ts'
import type { ReportHandlers } from '../../../protocols/report/server.ts'
import type { TestNode } from '../../helpers/nodes.ts'
import type { Connection, PrivateKey } from '@libp2p/interface'

const DESCRIPTOR = Uint8Array.of(1, 2, 3)
const WATCH: WatchRequest = { descriptor: DESCRIPTOR, targets: [Uint8Array.of(4), Uint8Array.of(5)], connectOnly: false, leaseMs: 120_000 }
const RESULT: WatchResult = { leaseMs: 60_000, accepted: 1, refused: [{ index: 1, reason: 'SELF' }] }
const EXPECT = { expectedPeer: FORWARDER, now: () => NOW_MS }

async function * sealed (reports: Array<Partial<ReportInit>>, key: PrivateKey = FORWARDER_KEY): AsyncGenerator<Uint8Array> {
  for (const report of reports) {
    yield await sealReport(sampleReport(report), key)
  }
}

async function collect (reports: AsyncIterable<VerifiedReport>): Promise<{ sequences: bigint[], error?: Error }> {
  const sequences: bigint[] = []
  try {
    for await (const { sequence } of reports) {
      sequences.push(sequence)
    }
    return { sequences }
  } catch (error) {
    return { sequences, error: error as Error }
  }
}

describe('protocols/report over libp2p', () => {
  let forwarder: TestNode
  let toForwarder: Connection

  beforeEach(async () => {
    forwarder = await createNode({ privateKey: FORWARDER_KEY })
    toForwarder = await connected(await createNode(), forwarder)
  })

  afterEach(async () => {
    await stopNodes()
  })

  async function serveWith (handlers: Partial<ReportHandlers>): Promise<() => Promise<void>> {
    return await serveReports(forwarder.services.internals.registrar, {
      watch: async () => RESULT,
      subscribe: () => sealed([{}]),
      ...handlers
    })
  }

  /** Serves whatever has the form of the method: what a broken or hostile forwarder would send. */
  async function serveAnswer (response: ReportResponse | Uint8Array, maxResponseBytes = MAX_RESPONSE_BYTES): Promise<void> {
    const encodeResponse = (answer: ReportResponse | Uint8Array): Uint8Array => answer instanceof Uint8Array ? answer : REPORT_METHOD.encodeResponse(answer)
    await serve(forwarder.services.internals.registrar, { ...REPORT_METHOD, maxResponseBytes, encodeResponse, decodeResponse: (bytes: Uint8Array) => bytes }, () => response)
  }

  describe('watch', () => {
    it('brings the wishes to the forwarder and what it does about them to the RSP', async () => {
      const seen: WatchRequest[] = []
      await serveWith({ watch: async request => { seen.push(request); return RESULT } })

      assert.deepEqual(await watch(toForwarder, WATCH), RESULT)
      assert.deepEqual(seen.map(({ leaseMs, connectOnly, targets }) => [leaseMs, connectOnly, targets.map(target => [...target])]), [[120_000, false, [[4], [5]]]])
      assert.deepEqual([...seen[0].descriptor], [...DESCRIPTOR])
    })

    for (const error of [new NotAuthorizedError('only an RSP may ask'), new OverQuotaError('too many RSPs')]) {
      it(`fails as the forwarder says: ${error.name}`, async () => {
        await serveWith({ watch: async () => { throw error } })
        await assert.rejects(watch(toForwarder, WATCH), { name: error.name, message: error.message, remote: true })
      })
    }

    it('refuses a report for an answer', async () => {
      await serveAnswer({ report: Uint8Array.of(1) })
      await assert.rejects(watch(toForwarder, WATCH), { name: 'MalformedMessageError', remote: false })
    })

    it('refuses an answer about a target that was not named', async () => {
      await serveAnswer({ watch: { ...RESULT, refused: [{ index: 2, reason: 'SELF' }] } })
      await assert.rejects(watch(toForwarder, WATCH), { name: 'MalformedMessageError', message: /target 2 is refused/ })
    })

    it('refuses an answer of bytes that are no message', async () => {
      await serveAnswer(new Uint8Array(300).fill(0xff))
      await assert.rejects(watch(toForwarder, WATCH), { name: 'MalformedMessageError', remote: false })
    })

    it('refuses an answer over the size limit', async () => {
      await serveAnswer(new Uint8Array(MAX_RESPONSE_BYTES + 1), MAX_RESPONSE_BYTES + 1)
      await assert.rejects(watch(toForwarder, WATCH), { name: 'MessageTooLargeError', remote: false })
    })

    it('does not send a request over the size limit', async () => {
      await serveWith({})
      await assert.rejects(watch(toForwarder, { ...WATCH, targets: [new Uint8Array(MAX_REQUEST_BYTES)] }), { name: 'MessageTooLargeError', remote: false })
    })

    it('answers malformed requests with MALFORMED, and the next one as ever', async () => {
      await serveWith({})
      const malformed = { ...REPORT_METHOD, encodeRequest: (bytes: Uint8Array) => bytes, decodeRequest: (bytes: Uint8Array) => bytes }
      for (const bytes of [new Uint8Array(0), new Uint8Array(500).fill(0xff)]) {
        await assert.rejects(request(toForwarder, malformed, bytes), { name: 'MalformedMessageError', remote: true })
      }
      assert.deepEqual(await watch(toForwarder, WATCH), RESULT)
    })

    it('answers a request over the size limit with TOO_LARGE', async () => {
      await serveWith({})
      const oversized = { ...REPORT_METHOD, maxRequestBytes: MAX_REQUEST_BYTES + 1, encodeRequest: (bytes: Uint8Array) => bytes, decodeRequest: (bytes: Uint8Array) => bytes }
      await assert.rejects(request(toForwarder, oversized, new Uint8Array(MAX_REQUEST_BYTES + 1)), { name: 'MessageTooLargeError', remote: true })
    })

    it('gives up at the deadline when the forwarder does not answer', async () => {
      await serveWith({ watch: async () => await new Promise(() => {}) })
      await assert.rejects(watch(toForwarder, WATCH, { deadlineMs: 50 }), { name: 'DeadlineError', remote: false })
    })
  })

  describe('subscribe', () => {
    it('gives each report in turn until the forwarder ends', async () => {
      await serveWith({ subscribe: () => sealed([{ sequence: 5n }, { sequence: 6n, full: false, links: [sampleLink({ rttUs: 1 })] }, { sequence: 9n, full: false }]) })
      assert.deepEqual(await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, EXPECT)), { sequences: [5n, 6n, 9n] })
    })

    it('passes over a report that a newer one has overtaken', async () => {
      await serveWith({ subscribe: () => sealed([{ sequence: 5n }, { sequence: 4n, full: false }, { sequence: 5n }, { sequence: 6n }]) })
      assert.deepEqual(await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, EXPECT)), { sequences: [5n, 6n] })
    })

    it('hands the descriptor to the forwarder, which may refuse', async () => {
      await serveWith({
        async * subscribe ({ descriptor }) {
          throw new NotAuthorizedError(`no RSP: ${descriptor.join()}`)
        }
      })
      const { error } = await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, EXPECT))
      assert.deepEqual([error?.name, error?.message], ['NotAuthorizedError', 'no RSP: 1,2,3'])
    })

    const bad: Array<[string, string, () => AsyncIterable<Uint8Array>]> = [
      ['is not full', 'MalformedMessageError', () => sealed([{ full: false }])],
      ['is too old', 'ExpiredError', () => sealed([{ issuedAtMs: NOW_MS - 400_000 }])],
      ['is of another forwarder', 'InvalidSignatureError', async function * () { yield * sealed([{ links: [] }], await keyOf(77)) }],
      ['is no report', 'MalformedMessageError', async function * () { yield new Uint8Array(100).fill(0xff) }]
    ]
    for (const [name, error, reports] of bad) {
      it(`ends with ${error} when the first report ${name}`, async () => {
        await serveWith({ subscribe: reports })
        const result = await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, EXPECT))
        assert.deepEqual([result.sequences, result.error?.name], [[], error])
      })
    }

    it('ends with the error of a bad report after the good ones before it', async () => {
      await serveWith({ async * subscribe () { yield * sealed([{ sequence: 1n }, { sequence: 2n }]); yield * sealed([{ sequence: 3n, issuedAtMs: 0 }]) } })
      const result = await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, EXPECT))
      assert.deepEqual([result.sequences, result.error?.name], [[1n, 2n], 'ExpiredError'])
    })

    it('refuses reports when another forwarder was expected', async () => {
      await serveWith({})
      const { error } = await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, { ...EXPECT, expectedPeer: STRANGER }))
      assert.equal(error?.name, 'InvalidSignatureError')
    })

    it('refuses the result of a watch for a report', async () => {
      await serveAnswer({ watch: RESULT })
      const { error } = await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, EXPECT))
      assert.equal(error?.name, 'MalformedMessageError')
    })

    it('gives up when nothing comes for too long', async () => {
      await serveWith({ async * subscribe (_, caller) { yield * sealed([{}]); await aborted(caller.signal) } })
      const result = await collect(subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, { ...EXPECT, idleMs: 1_000 }))
      assert.deepEqual([result.sequences, result.error?.name], [[17n], 'DeadlineError'])
    })

    const endings: Array<[string, (reports: AsyncGenerator<VerifiedReport>, abort: AbortController) => void]> = [
      ['the signal of the RSP', (_, abort) => { abort.abort() }],
      ['return() while a report is awaited', reports => { void reports.return(undefined) }]
    ]
    for (const [name, end] of endings) {
      it(`is ended on both sides by ${name}`, async () => {
        const ended = Promise.withResolvers<void>()
        await serveWith({
          async * subscribe (_, caller) {
            yield * sealed([{}])
            await aborted(caller.signal)
            ended.resolve()
          }
        })
        const abort = new AbortController()
        const reports = subscribeReports(toForwarder, { descriptor: DESCRIPTOR }, { ...EXPECT, signal: abort.signal })
        await reports.next()

        const next = reports.next().then(({ done }) => done, (error: Error) => error.name)
        end(reports, abort)

        assert.ok([true, 'CancelledError'].includes(await next as boolean | string))
        await ended.promise
      })
    }
  })
})

async function aborted (signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    if (signal.aborted) {
      resolve()
    }
    signal.addEventListener('abort', () => { resolve() })
  })
}
