import wire from '../../fixtures/wire/usage.json' with { type: 'json' }
import assert from 'node:assert/strict'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { BywayError } from '../../../protocols/errors.ts'
import { USAGE_METHOD } from '../../../protocols/usage/codec.ts'
import { MAX_PAGES, MAX_RECEIPT_BYTES, MAX_REQUEST_BYTES, MAX_ROWS, USAGE_CODEC, USAGE_DOMAIN } from '../../../protocols/usage/constants.ts'
import { openPage, sealPage, verifyReceipt } from '../../../protocols/usage/receipt.ts'
import { Receipt, UsageRequest, UsageResponse } from '../../../protocols/usage/usage.pb.ts'
import { FORWARDER, FORWARDER_KEY, keyOf, longReceipt, NEXT, NOW_MS, RSP, sampleReceipt, sampleRow, STRANGER } from './samples.ts'
import type { ReceiptInit, ReceiptRow } from '../../../protocols/usage/receipt.ts'

const golden = wire as Record<string, string>
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')
const bytesOf = (name: string): Uint8Array => fromString(golden[name], 'base16')
const EXPECT = { forwarder: FORWARDER, rsp: RSP, nowMs: NOW_MS }

/** Signs a Receipt message that no honest forwarder would. */
async function sealRaw (change: (receipt: Receipt) => void, { domain = USAGE_DOMAIN, codec = USAGE_CODEC, key = FORWARDER_KEY } = {}): Promise<Uint8Array> {
  const receipt = Receipt.decode(RecordEnvelope.createFromProtobuf(bytesOf('receipt')).payload)
  change(receipt)
  const payload = Receipt.encode(receipt)
  return (await RecordEnvelope.seal({ domain, codec, marshal: () => payload, equals: () => false }, key)).marshal()
}

async function pagesOf (receipt: ReceiptInit): Promise<Uint8Array[]> {
  const cursors = Array.from({ length: Math.max(1, Math.ceil(receipt.rows.length / MAX_ROWS)) }, (_, i) => i * MAX_ROWS)
  return await Promise.all(cursors.map(async cursor => await sealPage(receipt, cursor, FORWARDER_KEY)))
}

const plain = (rows: readonly ReceiptRow[]): unknown[] => rows.map(row => ({ ...row, next: row.next?.toString() }))

describe('protocols/usage/receipt', () => {
  describe('golden bytes', () => {
    it('seals a receipt to the same bytes as ever', async () => {
      assert.equal(hex(await sealPage(sampleReceipt(), 0, FORWARDER_KEY)), golden.receipt)
    })

    it('encodes messages to the same bytes as ever, and reads them', () => {
      assert.equal(hex(USAGE_METHOD.encodeRequest({})), golden.request)
      assert.equal(hex(USAGE_METHOD.encodeRequest({ page: { sequence: 17n, cursor: 512 } })), golden.pageRequest)
      assert.equal(hex(USAGE_METHOD.encodeResponse(Uint8Array.of(9, 9))), golden.response)
      assert.deepEqual(USAGE_METHOD.decodeRequest(bytesOf('request')), {})
      assert.deepEqual(USAGE_METHOD.decodeRequest(bytesOf('pageRequest')), { page: { sequence: 17n, cursor: 512 } })
      assert.deepEqual(USAGE_METHOD.decodeResponse(bytesOf('response')), Uint8Array.of(9, 9))
    })

    it('reads the golden receipt', async () => {
      const { sequence, packets, pages } = await verifyReceipt([bytesOf('receipt')], EXPECT)
      assert.deepEqual([sequence, packets, pages.map(hex)], [17n, 1_000, [golden.receipt]])
    })
  })

  describe('a receipt', () => {
    it('brings back every field', async () => {
      const { forwarder, rows, rsp, pages, ...rest } = await verifyReceipt(await pagesOf(sampleReceipt()), EXPECT)
      const { rows: rows0, rsp: rsp0, ...rest0 } = sampleReceipt()
      assert.deepEqual([rest, plain(rows)], [rest0, plain(rows0)])
      assert.ok(forwarder.equals(FORWARDER) && rsp.equals(rsp0) && pages.length === 1)
    })

    it('brings back any values within the bounds', async () => {
      const count = fc.nat({ max: 2 ** 40 })
      const row = fc.record({ pathNumber: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }), next: fc.constantFrom(NEXT, STRANGER, undefined), packets: count, bytes: count }, { noNullPrototype: true })
      const rows = fc.uniqueArray(row, { maxLength: 20, selector: ({ pathNumber, next }) => `${pathNumber} ${next?.toString()}` })
      await fc.assert(fc.asyncProperty(rows, fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), async (rows, sequence) => {
        const receipt = await verifyReceipt(await pagesOf(sampleReceipt({ rows, sequence, packets: 2 ** 50, bytes: 2 ** 50 })), EXPECT)
        assert.deepEqual([receipt.sequence, plain(receipt.rows)], [sequence, plain(rows)])
      }), { numRuns: 25 })
    })

    for (const count of [0, 1, MAX_ROWS, MAX_ROWS + 1, 3 * MAX_ROWS - 1]) {
      it(`of ${count} rows comes in pages of ${MAX_ROWS}, and is whole again`, async () => {
        const pages = await pagesOf(longReceipt(count))
        const receipt = await verifyReceipt(pages, EXPECT)
        assert.deepEqual([pages.length, receipt.rows.map(({ pathNumber }) => pathNumber)], [Math.max(1, Math.ceil(count / MAX_ROWS)), Array.from({ length: count }, (_, i) => i)])
      })
    }

    it('has pages that fit into one message with all values at their largest', async () => {
      const rows = Array.from({ length: MAX_ROWS }, (_, i) => sampleRow({ pathNumber: 2 ** 32 - 1 - i, packets: 2 ** 53 - 1, bytes: 2 ** 53 - 1 }))
      const page = await sealPage(sampleReceipt({ rows, sequence: 2n ** 64n - 1n, packets: 2 ** 53 - 1, bytes: 2 ** 53 - 1 }), 0, FORWARDER_KEY)
      assert.ok(page.length <= MAX_RECEIPT_BYTES, `${page.length} bytes`)
      assert.equal((await openPage(page, EXPECT)).rows.length, MAX_ROWS)
    })

    it('stays a proof for as long as one likes, and is not taken from the future', async () => {
      assert.equal((await verifyReceipt([bytesOf('receipt')], { ...EXPECT, nowMs: NOW_MS + 1e11 })).sequence, 17n)
      assert.equal((await verifyReceipt([bytesOf('receipt')], { ...EXPECT, nowMs: NOW_MS - 60_000 })).sequence, 17n)
      await assert.rejects(verifyReceipt([bytesOf('receipt')], { ...EXPECT, nowMs: NOW_MS - 60_001 }), { name: 'ExpiredError' })
    })

    it('does not pass on what was added around the signed part', async () => {
      const { pages } = await verifyReceipt([concat([bytesOf('receipt'), Uint8Array.of(15 << 3, 1)])], EXPECT)
      assert.deepEqual(pages, [bytesOf('receipt')])
    })
  })

  describe('a receipt is refused', () => {
    const peerBytes = (peer: typeof RSP): Uint8Array<ArrayBuffer> => Uint8Array.from(peer.toMultihash().bytes)
    const spoiled: Array<[string, string, () => Promise<Uint8Array>]> = [
      ['of another forwarder', 'InvalidSignatureError', async () => await sealPage(sampleReceipt(), 0, await keyOf(2))],
      ['that speaks for another forwarder than signed', 'InvalidSignatureError', async () => await sealRaw(receipt => { receipt.forwarder = peerBytes(STRANGER) })],
      ['that another has signed in the name of the forwarder', 'InvalidSignatureError', async () => await sealRaw(() => {}, { key: await keyOf(2) })],
      ['for another RSP', 'InvalidSignatureError', async () => await sealPage(sampleReceipt({ rsp: STRANGER }), 0, FORWARDER_KEY)],
      ['with a changed number', 'InvalidSignatureError', async () => {
        const envelope = RecordEnvelope.createFromProtobuf(bytesOf('receipt'))
        const receipt = Receipt.decode(envelope.payload)
        receipt.totalBytes = 1n
        receipt.rows = []
        envelope.payload = Receipt.encode(receipt)
        return envelope.marshal()
      }],
      ['signed for another domain', 'InvalidSignatureError', async () => await sealRaw(() => {}, { domain: 'byway-report' })],
      ['with another payload type', 'MalformedMessageError', async () => await sealRaw(() => {}, { codec: Uint8Array.of(3, 1) })],
      ['without a number', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.sequence = 0n })],
      ['issued before what it counts', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.sinceMs = receipt.issuedAtMs + 1n })],
      ['with a path and link twice', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.rows[2] = receipt.rows[0] })],
      ['with more in its rows than in all', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.totalBytes = 100n })],
      ['with more packets in its rows than in all', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.totalPackets = 1n })],
      ['with a total that no number holds', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.totalBytes = 2n ** 53n })],
      ['with a next hop that is none', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.rows[0].next = new Uint8Array(5) })],
      ['that begins in the middle', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.cursor = 4 })],
      ['that goes on and has no more pages', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.nextCursor = 4 })],
      ['whose next page is another', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.nextCursor = 3 })],
      ['with 513 rows on a page', 'MalformedMessageError', async () => await sealRaw(receipt => { receipt.rows = new Array(513).fill(receipt.rows[0]) })],
      ['over the size limit', 'MessageTooLargeError', async () => new Uint8Array(MAX_RECEIPT_BYTES + 1)],
      ['of no bytes', 'MalformedMessageError', async () => new Uint8Array(0)]
    ]
    for (const [name, error, make] of spoiled) {
      it(`${name}: ${error}`, async () => {
        await assert.rejects(verifyReceipt([await make()], EXPECT), { name: error })
      })
    }

    const shuffled: Array<[string, (pages: Uint8Array[], others: Uint8Array[]) => Uint8Array[]]> = [
      ['with its pages in another order', ([a, b, c]) => [a, c, b]],
      ['without its last page', ([a, b]) => [a, b]],
      ['without its first page', ([, b, c]) => [b, c]],
      ['with a page twice', ([a, b, c]) => [a, b, b, c]],
      ['with a page of another receipt', ([a, , c], [, other]) => [a, other, c]],
      ['of no pages', () => []]
    ]
    for (const [name, shuffle] of shuffled) {
      it(name, async () => {
        const [pages, others] = await Promise.all([longReceipt(1_500), { ...longReceipt(1_500), sequence: 18n }].map(pagesOf))
        await assert.rejects(verifyReceipt(shuffle(pages, others), EXPECT), { name: 'MalformedMessageError' })
      })
    }

    it('whichever byte is changed, or it says the same', async () => {
      const good = bytesOf('receipt')
      const honest = await verifyReceipt([good], EXPECT)
      const said = ({ sequence, packets, bytes, rows }: ReceiptInit): string => `${sequence} ${packets} ${bytes} ${JSON.stringify(plain(rows))}`
      for (let at = 0; at < good.length; at += 3) {
        const bytes = Uint8Array.from(good)
        bytes[at] ^= 0x11
        const receipt = await verifyReceipt([bytes], EXPECT).catch((error: Error) => error)
        assert.ok(receipt instanceof BywayError || ('rows' in receipt && said(receipt) === said(honest)), `byte ${at}`)
      }
    })
  })

  describe('a page is not sealed', () => {
    const bad: Array<[string, Partial<ReceiptInit>, number?]> = [
      ['behind the end', {}, 5],
      ['from a place that is none', {}, -1],
      ['with a fraction of a byte', { bytes: 1.5 }],
      ['with a path number over 32 bits', { rows: [sampleRow({ pathNumber: 2 ** 32 })] }],
      ['of too many rows', { rows: new Array<ReceiptRow>(MAX_PAGES * MAX_ROWS + 1).fill(sampleRow()) }]
    ]
    for (const [name, change, cursor = 0] of bad) {
      it(name, async () => {
        await assert.rejects(sealPage(sampleReceipt(change), cursor, FORWARDER_KEY), { name: 'MalformedMessageError' })
      })
    }
  })

  describe('messages', () => {
    it('are refused when they ask for half a page', () => {
      assert.throws(() => USAGE_METHOD.decodeRequest(UsageRequest.encode({ sequence: 1n })), { name: 'MalformedMessageError' })
      assert.throws(() => USAGE_METHOD.decodeRequest(UsageRequest.encode({ cursor: 1 })), { name: 'MalformedMessageError' })
    })

    it('are refused when they bring no page, or too large a one', () => {
      assert.throws(() => USAGE_METHOD.decodeResponse(new Uint8Array(0)), { name: 'MalformedMessageError' })
      assert.throws(() => USAGE_METHOD.decodeResponse(UsageResponse.encode({ receipt: new Uint8Array(MAX_RECEIPT_BYTES + 1) })), { name: 'MalformedMessageError' })
    })

    it('fit with the largest numbers', () => {
      assert.ok(USAGE_METHOD.encodeRequest({ page: { sequence: 2n ** 64n - 1n, cursor: 2 ** 32 - 1 } }).length <= MAX_REQUEST_BYTES)
      assert.ok(USAGE_METHOD.encodeResponse(new Uint8Array(MAX_RECEIPT_BYTES)).length <= USAGE_METHOD.maxResponseBytes)
    })
  })

  describe('hostile bytes', () => {
    it('give only typed errors, random or made of a good receipt', async () => {
      const good = bytesOf('receipt')
      const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }))
      const mixed = fc.tuple(fc.array(change, { maxLength: 4 }), fc.nat({ max: good.length }), fc.uint8Array({ maxLength: 8 })).map(([changes, length, tail]) => {
        const bytes = Uint8Array.from(good)
        for (const [at, value] of changes) {
          bytes[at] = value
        }
        return concat([bytes.subarray(0, length), tail])
      })
      await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), mixed), async bytes => {
        await verifyReceipt([bytes], EXPECT).catch((error: unknown) => { assert.ok(error instanceof BywayError, String(error)) })
      }), { numRuns: 300 })
    })
  })
})
