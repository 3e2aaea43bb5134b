import assert from 'node:assert/strict'
import { openPage, verifyReceipt } from '../../protocols/usage/receipt.ts'
import { UsageLedger } from '../../src/forwarder/usage-ledger.ts'
import { UsageService } from '../../src/forwarder/usage-service.ts'
import { nodeOf } from '../protocols/forward/samples.ts'
import { FORWARDER, FORWARDER_KEY, NEXT, NOW_MS, peersFrom, RSP, STRANGER } from '../protocols/usage/samples.ts'
import type { VerifiedReceipt } from '../../protocols/usage/receipt.ts'
import type { PeerId } from '@libp2p/interface'

describe('usage service', () => {
  let nowMs: number
  /** Of the monotonic clock. */
  let offsetMs: number
  let ledger: UsageLedger
  let service: UsageService
  let settled: number
  let accounts: PeerId[]
  let onSettle: () => void

  beforeEach(() => {
    nowMs = NOW_MS
    offsetMs = 0
    settled = 0
    accounts = []
    onSettle = () => {}
    ledger = new UsageLedger({ now: () => nowMs })
    service = new UsageService({ privateKey: FORWARDER_KEY, ledger, hasAccount: (rsp) => accounts.includes(rsp), settle: () => { settled++; onSettle() }, now: () => nowMs, clock: () => nowMs + offsetMs })
  })

  function carry (count: number, rsp = RSP): void {
    for (let pathNumber = 0; pathNumber < count; pathNumber++) {
      ledger.add({ rsp, source: nodeOf(pathNumber), pathNumber, next: NEXT, packets: 1, bytes: 100 })
    }
  }

  /** All pages, as an RSP fetches them; `between` runs after the first. */
  async function receiptOf (rsp: PeerId, between = (): void => {}): Promise<VerifiedReceipt> {
    const pages = [await service.handle({}, { peer: rsp })]
    const expected = { forwarder: FORWARDER, rsp, nowMs }
    const { sequence, ...first } = await openPage(pages[0], expected)
    let { nextCursor } = first
    between()
    while (nextCursor !== undefined) {
      const page = await service.handle({ page: { sequence, cursor: nextCursor } }, { peer: rsp })
      pages.push(page)
      nextCursor = (await openPage(page, expected)).nextCursor
    }
    return await verifyReceipt(pages, { ...expected, nowMs })
  }

  it('signs for an RSP what was carried on its paths, and for nobody else', async () => {
    carry(3)
    carry(1, STRANGER)
    nowMs += 5_000
    const { rows, packets, bytes, sinceMs, issuedAtMs } = await receiptOf(RSP)
    assert.deepEqual([rows.length, packets, bytes, sinceMs, issuedAtMs], [3, 3, 300, NOW_MS, NOW_MS + 5_000])
    assert.equal((await receiptOf(STRANGER)).rows.length, 1)
    await assert.rejects(service.handle({}, { peer: FORWARDER }), { name: 'NotFoundError' })
  })

  it('regression: looks at no paths for who has none here', async () => {
    carry(3)
    for (let second = 0; second < 20; second++) {
      nowMs += 1_000
      await assert.rejects(service.handle({}, { peer: STRANGER }), { name: 'NotFoundError' })
    }
    assert.equal(settled, 0)
    await receiptOf(RSP)
    assert.equal(settled, 1)
  })

  it('finds what was carried for an RSP that has only an account so far, and charges it where that is nothing', async () => {
    accounts = [RSP, STRANGER]
    onSettle = () => { carry(2) }
    assert.equal((await receiptOf(RSP)).rows.length, 2)
    onSettle = () => {}
    const answers = await Promise.allSettled(Array.from({ length: 500 }, async () => service.handle({}, { peer: STRANGER })))
    const names = answers.map((answer) => answer.status === 'rejected' ? (answer.reason as Error).name : '')
    assert.deepEqual([...new Set(names)], ['NotFoundError', 'OverQuotaError'])
  })

  it('asks nothing of the rows of who is over its rate', async () => {
    carry(3)
    let copied = 0
    const { ofPaths } = ledger
    ledger.ofPaths = (rsp) => {
      copied++
      return ofPaths.call(ledger, rsp)
    }
    const answers = await Promise.allSettled(Array.from({ length: 1_000 }, async () => service.handle({}, { peer: RSP })))
    const answered = answers.filter(({ status }) => status === 'fulfilled').length
    assert.ok(answered > 0 && answered < 500)
    assert.equal(copied, answered)
  })

  it('lets an RSP ask again after as long as ever, though the clock was set back by an hour', async () => {
    carry(1)
    await assert.rejects(Promise.all(Array.from({ length: 1_000 }, async () => service.handle({}, { peer: RSP }))), { name: 'OverQuotaError' })
    nowMs -= 3_600_000
    offsetMs += 3_601_000
    await service.handle({}, { peer: RSP })
  })

  it('names no source', async () => {
    carry(2)
    const page = Buffer.from(await service.handle({}, { peer: RSP }))
    assert.deepEqual([nodeOf(0), nodeOf(1)].map((source) => page.includes(Buffer.from(source))), [false, false])
  })

  it('gives pages of one moment, though more is carried and folded in between', async () => {
    carry(1_200)
    const receipt = await receiptOf(RSP, () => { carry(20_000) })
    assert.deepEqual([receipt.pages.length, receipt.rows.length, receipt.packets, receipt.rows.reduce((sum, { bytes }) => sum + bytes, 0)], [3, 1_200, 1_200, 120_000])
    assert.equal((await receiptOf(RSP)).packets, 21_200)
  })

  it('numbers its receipts in rising order, also over a restart', async () => {
    carry(1)
    const sequences = [await receiptOf(RSP), await receiptOf(RSP)].map(({ sequence }) => sequence)
    nowMs += 10_000
    service = new UsageService({ privateKey: FORWARDER_KEY, ledger, hasAccount: () => false, settle: () => {}, now: () => nowMs, clock: () => nowMs })
    sequences.push((await receiptOf(RSP)).sequence)
    assert.deepEqual(sequences, [...new Set(sequences)].sort((a, b) => Number(a - b)))
  })

  it('does not give a page of a receipt that another caller got, that is too old, or that was followed by another', async () => {
    carry(600)
    const { sequence } = await openPage(await service.handle({}, { peer: RSP }), { forwarder: FORWARDER, rsp: RSP, nowMs })
    const page = { sequence, cursor: 512 }
    await service.handle({ page }, { peer: RSP })
    await assert.rejects(service.handle({ page }, { peer: STRANGER }), { name: 'NotFoundError' })
    await assert.rejects(service.handle({ page: { sequence, cursor: 600 } }, { peer: RSP }), { name: 'NotFoundError' })
    await assert.rejects(service.handle({ page: { sequence: sequence + 1n, cursor: 512 } }, { peer: RSP }), { name: 'NotFoundError' })
    nowMs += 60_001
    await assert.rejects(service.handle({ page }, { peer: RSP }), { name: 'NotFoundError', message: /ask for a new one/ })
    nowMs -= 60_001
    await service.handle({}, { peer: RSP })
    await assert.rejects(service.handle({ page }, { peer: RSP }), { name: 'NotFoundError' })
  })

  it('keeps the pages of 32 receipts, the newest', async () => {
    const rsps = await peersFrom(100, 33)
    const pages: bigint[] = []
    for (const rsp of rsps) {
      carry(520, rsp)
      pages.push((await openPage(await service.handle({}, { peer: rsp }), { forwarder: FORWARDER, rsp, nowMs })).sequence)
      nowMs += 1
    }
    await assert.rejects(service.handle({ page: { sequence: pages[0], cursor: 512 } }, { peer: rsps[0] }), { name: 'NotFoundError' })
    for (const i of [1, 32]) {
      await service.handle({ page: { sequence: pages[i], cursor: 512 } }, { peer: rsps[i] })
    }
  })

  it('brings the ledger up to date once a second at the most', async () => {
    carry(1)
    for (let i = 0; i < 5; i++) {
      await receiptOf(RSP)
      nowMs += 400
    }
    assert.equal(settled, 2)
  })

  it('signs no more than it has time for, and nothing for who has no paths', async () => {
    carry(1)
    for (let i = 0; i < 200; i++) {
      await assert.rejects(service.handle({}, { peer: STRANGER }), { name: 'NotFoundError' })
    }
    const rsps = await peersFrom(40, 4)
    rsps.forEach((rsp) => { carry(1, rsp) })
    const results = await Promise.allSettled(rsps.flatMap((peer) => Array.from({ length: 70 }, async () => await service.handle({}, { peer }))))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 200)
    await assert.rejects(service.handle({}, { peer: RSP }), { name: 'OverQuotaError' })
    nowMs += 1_000
    await service.handle({}, { peer: RSP })
  })

  it('regression: signs for an RSP while another asks without end', async () => {
    carry(1)
    carry(1, STRANGER)
    let loud = 0
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 100; i++) {
        loud += await service.handle({}, { peer: STRANGER }).then(() => 1, () => 0)
      }
      await service.handle({}, { peer: RSP })
      nowMs += 1_000
    }
    assert.equal(loud, 80 + 9 * 8)
  })
})
