import assert from 'node:assert/strict'
import { NotFoundError } from '../../../protocols/errors.ts'
import { queryRoutes } from '../../../protocols/route/client.ts'
import { exchange } from '../../../protocols/request-stream/connection-streams.ts'
import { QUERY, ROUTE_EXCHANGES } from '../../../protocols/route/route-protocol.ts'
import { serveRequestStreams } from '../../../protocols/request-stream/request-stream-server.ts'
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, ROUTE_PROTOCOL } from '../../../protocols/route/constants.ts'
import { signOffers } from '../../../protocols/route/offer.ts'
import { serveRoutes } from '../../../protocols/route/server.ts'
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import { answerTo, HOST_B, NOW_MS, PATHS, RSP, RSP_KEY, sampleQuery } from './samples.ts'
import type { DigestedQuery } from '../../../protocols/route/codec.ts'
import type { RouteHandler } from '../../../protocols/route/server.ts'
import type { TestNode } from '../../helpers/nodes.ts'
import type { Connection } from '@libp2p/interface'

const EXPECT = { expectedRsp: RSP, nowMs: NOW_MS }

const answerWell: RouteHandler = async query => {
  const { paths, ...ends } = answerTo(query, PATHS.slice(0, query.paths))
  return await signOffers(paths, { ...ends, privateKey: RSP_KEY, nowMs: NOW_MS })
}

describe('protocols/route over libp2p', () => {
  let rsp: TestNode
  let toRsp: Connection

  beforeEach(async () => {
    rsp = await createNode({ privateKey: RSP_KEY })
    toRsp = await connected(await createNode(), rsp)
  })

  afterEach(async () => {
    await stopNodes()
  })

  /** Serves anything that has the form of an answer: what a broken or hostile RSP would send. */
  async function serveBytes (bytes: Uint8Array): Promise<void> {
    await serveRequestStreams(rsp.services.internals.registrar, { ...ROUTE_EXCHANGES, maxFrameBytes: 65_000 }, { handle: () => ({ body: bytes }) })
  }

  it('brings a query to the RSP and its verified paths to the host', async () => {
    const seen: DigestedQuery[] = []
    await serveRoutes(rsp.services.internals.registrar, async (query, caller) => {
      seen.push(query)
      return await answerWell(query, caller)
    })

    const { paths, refused } = await queryRoutes(toRsp, sampleQuery({ paths: 2 }), EXPECT)

    assert.deepEqual(paths.map(({ pathNumber }) => pathNumber), [7, 8])
    assert.deepEqual(refused, [])
    assert.deepEqual(seen.map(query => query.source.map(({ forwarder, rttUs }) => `${forwarder} ${rttUs}`)), [sampleQuery().source.map(({ forwarder, rttUs }) => `${forwarder} ${rttUs}`)])
    assert.deepEqual(seen[0].digest, paths[0].queryDigest)
  })

  it('hands over the good offers and says what is wrong with the bad ones', async () => {
    await serveRoutes(rsp.services.internals.registrar, async (query, caller) => {
      const answer = await answerWell(query, caller)
      answer.offers[0] = { ...answer.offers[0], leafIndex: 2 }
      return answer
    })

    const { paths, refused } = await queryRoutes(toRsp, sampleQuery(), EXPECT)

    assert.deepEqual(paths.map(({ pathNumber }) => pathNumber), [8, 9])
    assert.deepEqual(refused.map(({ index, error }) => [index, error.name]), [[0, 'InvalidProofError']])
  })

  it('does not read on while a host is to wait, and answers the others meanwhile', async () => {
    const otherHost = await createNode()
    const other = await connected(otherHost, rsp)
    const seen = Promise.withResolvers<void>()
    let isHeld = true
    await serveRoutes(rsp.services.internals.registrar, answerWell, {
      admit: ({ peer }) => {
        if (peer.equals(otherHost.peerId) || !isHeld) {
          return 0
        }
        seen.resolve()
        return 5
      }
    })
    const answered: string[] = []
    const held = [1, 2].map(async (paths) => { answered.push(`held ${(await queryRoutes(toRsp, sampleQuery({ paths }), EXPECT)).paths.length}`) })
    await seen.promise
    await queryRoutes(other, sampleQuery(), EXPECT)
    answered.push('other')
    isHeld = false
    await Promise.all(held)
    assert.deepEqual(answered, ['other', 'held 1', 'held 2'])
  })

  it('refuses a host that is not to ask at all', async () => {
    await serveRoutes(rsp.services.internals.registrar, answerWell, { admit: () => -1 })
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), EXPECT), { name: 'OverQuotaError', remote: true })
  })

  it('tells the host that there is no path', async () => {
    await serveRoutes(rsp.services.internals.registrar, async () => { throw new NotFoundError('no path between these') })
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), EXPECT), { name: 'NotFoundError', message: /no path between these/, remote: true })
  })

  it('refuses an answer that another RSP signed', async () => {
    await serveRoutes(rsp.services.internals.registrar, answerWell)
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), { ...EXPECT, expectedRsp: HOST_B }), { name: 'InvalidSignatureError' })
  })

  it('refuses the answer to an earlier query', async () => {
    let first: ReturnType<RouteHandler> | undefined
    await serveRoutes(rsp.services.internals.registrar, async (query, caller) => await (first ??= answerWell(query, caller)))
    await queryRoutes(toRsp, sampleQuery(), EXPECT)

    const { paths, refused } = await queryRoutes(toRsp, sampleQuery({ nonce: new Uint8Array(16) }), EXPECT)

    assert.deepEqual(paths, [])
    assert.deepEqual(refused.map(({ error }) => error.name), ['OfferMismatchError', 'OfferMismatchError', 'OfferMismatchError'])
  })

  it('does not send a query that breaks a bound', async () => {
    let asked = 0
    await serveRoutes(rsp.services.internals.registrar, async (query, caller) => {
      asked++
      return await answerWell(query, caller)
    })
    await assert.rejects(queryRoutes(toRsp, sampleQuery({ paths: 9 }), EXPECT), { name: 'MalformedMessageError', remote: false })
    assert.equal(asked, 0)
  })

  it('answers a malformed query with MALFORMED, and the next one as ever', async () => {
    await serveRoutes(rsp.services.internals.registrar, answerWell)
    for (const bytes of [new Uint8Array(0), new Uint8Array(500).fill(0xff)]) {
      await assert.rejects(exchange(toRsp, ROUTE_EXCHANGES, QUERY, bytes), { name: 'MalformedMessageError', remote: true })
    }

    assert.equal((await queryRoutes(toRsp, sampleQuery(), EXPECT)).paths.length, 3)
  })

  it('answers a query over the size limit with TOO_LARGE', async () => {
    await serveRoutes(rsp.services.internals.registrar, answerWell)
    await assert.rejects(exchange(toRsp, ROUTE_EXCHANGES, QUERY, new Uint8Array(MAX_REQUEST_BYTES + 1)), { name: 'MessageTooLargeError', remote: true })
  })

  it('ends the stream of who sends an answer over the size limit', async () => {
    await serveBytes(new Uint8Array(MAX_RESPONSE_BYTES + 1))
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), EXPECT), { name: 'UnavailableError', remote: false })
  })

  it('refuses an answer of bytes that are no message', async () => {
    await serveBytes(new Uint8Array(300).fill(0xff))
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), EXPECT), { name: 'MalformedMessageError', remote: false })
  })

  it('gives up at the deadline when the RSP does not answer', async () => {
    await serveRoutes(rsp.services.internals.registrar, async () => await new Promise(() => {}))
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), { ...EXPECT, deadlineMs: 50 }), { name: 'DeadlineError', remote: false })
  })

  it('gives up when the caller does', async () => {
    await serveRoutes(rsp.services.internals.registrar, async () => await new Promise(() => {}))
    const abort = new AbortController()
    const answer = queryRoutes(toRsp, sampleQuery(), { ...EXPECT, signal: abort.signal })
    abort.abort()
    await assert.rejects(answer, { name: 'CancelledError' })
  })

  it('says so when the peer is no RSP', async () => {
    await assert.rejects(queryRoutes(toRsp, sampleQuery(), EXPECT), { name: 'ProtocolNotSupportedError' })
  })

  it('is no longer answered after the server has stopped', async () => {
    const stop = await serveRoutes(rsp.services.internals.registrar, answerWell)
    assert.ok(rsp.getProtocols().includes(ROUTE_PROTOCOL))
    await stop()
    assert.ok(!rsp.getProtocols().includes(ROUTE_PROTOCOL))
  })
})
