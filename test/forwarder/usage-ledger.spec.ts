import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UsageLedger } from '../../src/forwarder/usage-ledger.ts'
import { hex, nodeOf } from '../protocols/forward/samples.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { Usage } from '../../src/forwarder/usage-ledger.ts'
import type { UsageRow } from '../../src/forwarder/usage-rows.ts'

const [A, B, C, NEXT, FAR] = await peersFrom(10, 5)
const START_MS = 1_000

const usage = (change: Partial<Usage> = {}): Usage => ({ rsp: A, source: nodeOf(1), pathNumber: 7, next: NEXT, packets: 2, bytes: 300, ...change })
const said = (rows: Array<UsageRow<string | number>> = []): string[] => rows.map(({ key, next, packets, bytes }) => `${key ?? '–'} ${next === undefined ? 'end' : next === NEXT ? 'next' : 'far'} ${packets} ${bytes}`)

describe('usage ledger', () => {
  let nowMs: number

  beforeEach(() => { nowMs = START_MS })

  const ledgerOf = (change: { maxRows?: number, maxRsps?: number } = {}): UsageLedger => new UsageLedger({ now: () => nowMs, ...change })

  it('adds up by RSP, path and link, and by RSP, source and link', () => {
    const ledger = ledgerOf()
    ledger.add(usage())
    ledger.add(usage({ packets: 1, bytes: 50 }))
    ledger.add(usage({ next: undefined }))
    ledger.add(usage({ pathNumber: 8, source: nodeOf(2) }))
    ledger.add(usage({ rsp: B }))
    const of = ledger.of(A)
    assert.deepEqual(said(of?.paths), ['7 next 3 350', '7 end 2 300', '8 next 2 300'])
    assert.deepEqual(said(of?.sources), [`${hex(nodeOf(1))} next 3 350`, `${hex(nodeOf(1))} end 2 300`, `${hex(nodeOf(2))} next 2 300`])
    assert.deepEqual([of?.sinceMs, of?.packets, of?.bytes], [START_MS, 7, 950])
    assert.deepEqual(ledger.total, { packets: 9, bytes: 1_250 })
    assert.deepEqual([...ledger.totals()].map(({ rsp, packets, bytes }) => [rsp, packets, bytes]), [[A, 7, 950], [B, 2, 300]])
  })

  it('knows nothing of an RSP for which nothing was carried', () => {
    assert.equal(ledgerOf().of(A), undefined)
  })

  it('hands out copies', () => {
    const ledger = ledgerOf()
    ledger.add(usage())
    const before = ledger.of(A)
    ledger.add(usage())
    assert.deepEqual(said(before?.paths), ['7 next 2 300'])
  })

  it('folds what nothing was added to for ten minutes into what else was used of its link', () => {
    const ledger = ledgerOf()
    ledger.add(usage())
    nowMs += 599_999
    ledger.add(usage({ pathNumber: 8 }))
    assert.deepEqual(said(ledger.of(A)?.paths), ['7 next 2 300', '8 next 2 300'])
    // looked for once a minute
    nowMs += 60_000
    ledger.add(usage({ pathNumber: 9 }))
    assert.deepEqual(said(ledger.of(A)?.paths), ['8 next 2 300', '9 next 2 300', '– next 2 300'])
    assert.deepEqual(said(ledger.of(A)?.sources), [`${hex(nodeOf(1))} next 6 900`])
    nowMs += 10_000_000
    ledger.add(usage({ pathNumber: 8 }))
    assert.deepEqual(said(ledger.of(A)?.paths), ['8 next 4 600', '– next 4 600'])
  })

  it('folds rows of an RSP that has gone, too, when another one is used', () => {
    const ledger = ledgerOf()
    ledger.add(usage())
    nowMs += 600_000
    ledger.add(usage({ rsp: B }))
    assert.deepEqual(said(ledger.of(A)?.paths), ['– next 2 300'])
  })

  it('folds what was not added to for the longest into what other paths used of its link', () => {
    const ledger = ledgerOf({ maxRows: 3 })
    for (const pathNumber of [1, 2, 3]) {
      ledger.add(usage({ pathNumber, next: pathNumber === 2 ? FAR : NEXT }))
    }
    ledger.add(usage({ pathNumber: 1 }))
    ledger.add(usage({ pathNumber: 4 }))
    assert.deepEqual(said(ledger.of(A)?.paths), ['3 next 2 300', '1 next 4 600', '4 next 2 300', '– far 2 300'])
    ledger.add(usage({ pathNumber: 2, next: FAR }))
    assert.deepEqual(said(ledger.of(A)?.paths), ['1 next 4 600', '4 next 2 300', '2 far 2 300', '– far 2 300', '– next 2 300'])
  })

  it('folds rows of the RSP that has the most, not those of another', () => {
    const ledger = ledgerOf({ maxRows: 10 })
    ledger.add(usage({ rsp: B, pathNumber: 1 }))
    for (let pathNumber = 0; pathNumber < 100; pathNumber++) {
      ledger.add(usage({ pathNumber }))
    }
    ledger.add(usage({ rsp: C, pathNumber: 1 }))
    assert.deepEqual([said(ledger.of(B)?.paths), said(ledger.of(C)?.paths)], [['1 next 2 300'], ['1 next 2 300']])
    assert.ok((ledger.of(A)?.paths.length ?? 0) <= 9)
    assert.deepEqual([ledger.of(A)?.packets, ledger.of(A)?.bytes], [200, 30_000])
  })

  it('forgets the RSP that was not used for the longest when there are too many; its bytes stay in the total', () => {
    const ledger = ledgerOf({ maxRsps: 2 })
    ledger.add(usage({ rsp: A }))
    ledger.add(usage({ rsp: B }))
    ledger.add(usage({ rsp: A }))
    nowMs += 500
    ledger.add(usage({ rsp: C }))
    assert.equal(ledger.of(B), undefined)
    assert.deepEqual([ledger.of(A)?.bytes, ledger.of(C)?.bytes, ledger.total.bytes], [600, 300, 1_200])
    assert.deepEqual([ledger.of(A)?.sinceMs, ledger.of(C)?.sinceMs], [START_MS, START_MS + 500], 'what may have been forgotten counts anew')
    assert.equal(ledger.rows, 4)
  })

  it('never loses a byte, and keeps within its bounds, whatever is added', () => {
    const rsps = [A, B, C]
    const some = fc.record({
      rsp: fc.constantFrom(...rsps),
      source: fc.nat({ max: 5 }).map(nodeOf),
      pathNumber: fc.nat({ max: 30 }),
      next: fc.constantFrom(NEXT, FAR, undefined),
      packets: fc.integer({ min: 1, max: 1_000 }),
      bytes: fc.integer({ min: 60, max: 1_000_000 })
    })
    fc.assert(fc.property(fc.array(some, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (added, maxRows) => {
      const ledger = ledgerOf({ maxRows })
      for (const more of added) {
        ledger.add(more)
        assert.ok(ledger.rows <= 4 * maxRows)
      }
      const sum = (of: Array<{ packets: number, bytes: number }>): number[] => [of.reduce((so, { packets }) => so + packets, 0), of.reduce((so, { bytes }) => so + bytes, 0)]
      assert.deepEqual([ledger.total.packets, ledger.total.bytes], sum(added))
      for (const rsp of rsps) {
        const of = ledger.of(rsp)
        const expected = sum(added.filter((more) => more.rsp === rsp))
        assert.deepEqual([of?.packets ?? 0, of?.bytes ?? 0], expected)
        // three links of three RSPs: from nine rows on there is always room to fold into
        for (const rows of [of?.paths ?? [], of?.sources ?? []]) {
          const [packets, bytes] = sum(rows)
          assert.ok(maxRows >= 9 ? packets === expected[0] && bytes === expected[1] : packets <= expected[0] && bytes <= expected[1])
          assert.equal(new Set(rows.map(({ key, next }) => `${key} ${next?.toString()}`)).size, rows.length)
        }
      }
    }), { numRuns: 200 })
  })

  it('takes 16,384 rows of paths and of sources, and as much again that is folded, and stays quick', () => {
    const ledger = ledgerOf()
    const startMs = performance.now()
    for (let pathNumber = 0; pathNumber < 40_000; pathNumber++) {
      ledger.add(usage({ pathNumber }))
    }
    console.log(`      ${((performance.now() - startMs) / 40).toFixed(1)} µs for each of 40,000 paths`)
    const of = ledger.of(A)
    assert.ok((of?.paths.length ?? 0) <= 16_385 && (of?.paths.length ?? 0) > 16_300)
    assert.deepEqual([ledger.total.packets, of?.sources.length], [80_000, 1])
  })
})
