import assert from 'node:assert/strict'
import { NotFoundError } from '../../../protocols/errors.ts'
import { request } from '../../../protocols/request-response.ts'
import { fetchReceipt } from '../../../protocols/usage/client.ts'
import { USAGE_METHOD } from '../../../protocols/usage/codec.ts'
import { MAX_REQUEST_BYTES } from '../../../protocols/usage/constants.ts'
import { sealPage } from '../../../protocols/usage/receipt.ts'
import { serveUsage } from '../../../protocols/usage/server.ts'
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import { FORWARDER_KEY, keyOf, longReceipt, NOW_MS, RSP, sampleReceipt, STRANGER } from './samples.ts'
import type { UsageRequest } from '../../../protocols/usage/codec.ts'
import type { ReceiptInit } from '../../../protocols/usage/receipt.ts'
import type { UsageHandler } from '../../../protocols/usage/server.ts'
import type { Connection, PeerId } from '@libp2p/interface'

const OPTIONS = { rsp: RSP, now: () => NOW_MS }

describe('protocols/usage over libp2p', () => {
  let toForwarder: Connection
  let handler: UsageHandler
  let asked: UsageRequest[]
  let callers: PeerId[]

  before(async () => {
    const forwarder = await createNode({ privateKey: FORWARDER_KEY })
    toForwarder = await connected(await createNode({ privateKey: await keyOf(20) }), forwarder)
    await serveUsage(forwarder.services.internals.registrar, async (question, caller) => {
      asked.push(question)
      callers.push(caller.peer)
      return await handler(question, caller)
    })
  })

  beforeEach(() => {
    asked = []
    callers = []
  })

  after(async () => {
    await stopNodes()
  })

  const pages = (receipt: ReceiptInit): UsageHandler => async ({ page }) => await sealPage(receipt, page?.cursor ?? 0, FORWARDER_KEY)

  it('brings the receipt of the caller, who is whoever its connection says', async () => {
    handler = pages(sampleReceipt())
    const { rows, bytes, forwarder } = await fetchReceipt(toForwarder, OPTIONS)
    assert.deepEqual([rows.length, bytes, forwarder.equals(toForwarder.remotePeer)], [4, 200_000, true])
    assert.deepEqual([asked, callers.map(String)], [[{}], [RSP.toString()]])
  })

  it('fetches all pages, one after the other', async () => {
    handler = pages(longReceipt(1_100))
    const { rows, pages: { length } } = await fetchReceipt(toForwarder, OPTIONS)
    assert.deepEqual([rows.length, length], [1_100, 3])
    assert.deepEqual(asked, [{}, { page: { sequence: 17n, cursor: 512 } }, { page: { sequence: 17n, cursor: 1_024 } }])
  })

  it('says so when nothing was carried', async () => {
    handler = async () => { throw new NotFoundError('nothing was carried on paths of yours') }
    await assert.rejects(fetchReceipt(toForwarder, OPTIONS), { name: 'NotFoundError', remote: true })
  })

  it('regression: begins again when its receipt gave way to another one meanwhile, and does not take that for nothing carried', async () => {
    let replaced = 0
    handler = async ({ page }) => {
      if (page?.cursor === 512 && replaced-- > 0) {
        throw new NotFoundError('that receipt is not kept any more')
      }
      return await sealPage(longReceipt(1_100), page?.cursor ?? 0, FORWARDER_KEY)
    }
    replaced = 1
    assert.equal((await fetchReceipt(toForwarder, OPTIONS)).rows.length, 1_100)
    assert.deepEqual(asked.map(({ page }) => page?.cursor ?? 0), [0, 512, 0, 512, 1_024])
    replaced = 2
    await assert.rejects(fetchReceipt(toForwarder, OPTIONS), { name: 'UnavailableError', remote: false })
  })

  const bad: Array<[string, string, UsageHandler]> = [
    ['for another RSP', 'InvalidSignatureError', pages(sampleReceipt({ rsp: STRANGER }))],
    ['of another forwarder', 'InvalidSignatureError', async () => await sealPage(sampleReceipt(), 0, await keyOf(2))],
    ['of long ago', 'ExpiredError', pages(sampleReceipt({ issuedAtMs: NOW_MS - 120_001 }))],
    ['from the future', 'ExpiredError', pages(sampleReceipt({ issuedAtMs: NOW_MS + 60_001 }))],
    ['whose pages do not end', 'MalformedMessageError', async () => await sealPage(longReceipt(600), 0, FORWARDER_KEY)],
    ['whose second page is of another', 'MalformedMessageError', async ({ page }) => await sealPage({ ...longReceipt(600), sequence: page === undefined ? 1n : 2n }, page?.cursor ?? 0, FORWARDER_KEY)],
    ['of bytes that are no receipt', 'MalformedMessageError', async () => new Uint8Array(100).fill(0xff)]
  ]
  for (const [name, error, answer] of bad) {
    it(`refuses a receipt ${name}: ${error}`, async () => {
      handler = answer
      await assert.rejects(fetchReceipt(toForwarder, OPTIONS), { name: error, remote: false })
    })
  }

  it('answers requests that are malformed or too long as such', async () => {
    const raw = { ...USAGE_METHOD, maxRequestBytes: 1_000, encodeRequest: (bytes: Uint8Array) => bytes, decodeRequest: (bytes: Uint8Array) => bytes }
    await assert.rejects(request(toForwarder, raw, new Uint8Array(20).fill(0xff)), { name: 'MalformedMessageError', remote: true })
    await assert.rejects(request(toForwarder, raw, new Uint8Array(MAX_REQUEST_BYTES + 1)), { name: 'MessageTooLargeError', remote: true })
  })

  it('gives up at the deadline when the forwarder does not answer', async () => {
    handler = async () => await new Promise(() => {})
    await assert.rejects(fetchReceipt(toForwarder, { ...OPTIONS, deadlineMs: 50 }), { name: 'DeadlineError', remote: false })
  })
})
