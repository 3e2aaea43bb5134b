import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CostRows, CostRowsCache } from '../../src/path-finding/cost-rows.ts'
import type { LinkChange } from '../../src/path-finding/cost-rows.ts'
import type { SortedRows } from '../../src/path-finding/sorted-rows.ts'
import { Weighting } from '../../src/path-finding/weighting.ts'
import { LinkTable } from '../../src/topology/link-table.ts'

const NODES = 10
const weighting = new Weighting({ delay: 1, loss: 0 }, 500)
const base = { lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }

function linksOf (rows: SortedRows): number[][][] {
  return Array.from({ length: rows.nodeCount }, (_, node) => Array.from({ length: rows.ends[node] - rows.starts[node] }, (_, place) => rows.starts[node] + place)
    .map(place => [rows.targets[place], rows.costs[place], rows.delayUs[place]]))
}

describe('cost rows', () => {
  it('equal rows built anew after any sequence of links that come, go, and change', () => {
    const node = fc.integer({ min: 0, max: NODES - 1 })
    const change = fc.record({ from: node, to: node, delayUs: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }) }).filter(({ from, to }) => from !== to)
    fc.assert(fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 20, maxLength: 60, size: 'max' }), rounds => {
      const table = new LinkTable()
      table.coverNodes(NODES)
      const rows = new CostRows(table.snapshot(), weighting)
      for (const round of rounds) {
        for (const { from, to, delayUs } of round) {
          if (delayUs === undefined) {
            table.remove(from, to)
          } else {
            table.upsert(from, to, { ...base, delayUs })
          }
        }
        rows.follow(table.snapshot())
        const anew = new CostRows(table.snapshot(), weighting)
        assert.deepEqual(linksOf(rows.forward), linksOf(anew.forward))
        assert.deepEqual(linksOf(rows.backward), linksOf(anew.backward))
      }
    }), { numRuns: 60, seed: 31 })
  })

  it('tell of each change with what the link cost before', () => {
    const table = new LinkTable()
    for (let to = 1; to < NODES; to++) {
      table.upsert(0, to, { ...base, delayUs: 10 })
      table.upsert(to, 0, { ...base, delayUs: 10 })
    }
    const rows = new CostRows(table.snapshot(), weighting)
    table.upsert(0, 1, { ...base, delayUs: 20 })
    table.upsert(0, 2, { ...base, delayUs: 10 })
    const changes: LinkChange[] = []
    assert.equal(rows.follow(table.snapshot(), change => { changes.push(change) }), true)
    assert.deepEqual(changes, [{ from: 0, to: 1, before: 510e6, after: 520e6 }])
  })

  it('are built anew, and tell nothing, for a snapshot of another map or with other nodes', () => {
    const [table, other] = [new LinkTable(), new LinkTable()]
    table.upsert(0, 1, { ...base, delayUs: 10 })
    other.upsert(0, 1, { ...base, delayUs: 30 })
    const rows = new CostRows(table.snapshot(), weighting)
    assert.equal(rows.follow(other.snapshot()), false)
    assert.deepEqual(linksOf(rows.forward)[0], [[1, 530e6, 30]])
    other.coverNodes(3)
    assert.equal(rows.follow(other.snapshot()), false)
    assert.equal(rows.forward.nodeCount, 3)
  })

  it('are kept for the weightings used last', () => {
    const table = new LinkTable()
    table.upsert(0, 1, { ...base, delayUs: 10 })
    const cache = new CostRowsCache()
    const rows = cache.rowsFor(table.snapshot(), weighting)
    assert.equal(cache.rowsFor(table.snapshot(), new Weighting({ delay: 1, loss: 0 }, 500)), rows)
    for (let loss = 1; loss <= 8; loss++) {
      cache.rowsFor(table.snapshot(), new Weighting({ delay: 1, loss }, 0))
    }
    assert.notEqual(cache.rowsFor(table.snapshot(), weighting), rows)
  })

  it('regression: are kept for pinned weightings whatever others come', () => {
    const table = new LinkTable()
    table.upsert(0, 1, { ...base, delayUs: 10 })
    const cache = new CostRowsCache([weighting])
    const rows = cache.rowsFor(table.snapshot(), weighting)
    const other = cache.rowsFor(table.snapshot(), new Weighting({ delay: 2, loss: 0 }, 0))
    for (let loss = 1; loss <= 8; loss++) {
      cache.rowsFor(table.snapshot(), new Weighting({ delay: 1, loss }, 0))
    }
    assert.equal(cache.rowsFor(table.snapshot(), weighting), rows)
    assert.notEqual(cache.rowsFor(table.snapshot(), new Weighting({ delay: 2, loss: 0 }, 0)), other)
  })
})

describe('a weighting', () => {
  it('leaves out links of which a value that counts is not known', () => {
    const table = new LinkTable()
    table.upsert(0, 1, { ...base, delayUs: 1_000, price: 3 })
    table.upsert(0, 2, { ...base, delayUs: 1_000 })
    const graph = table.snapshot()
    const priced = new Weighting({ delay: 1, loss: 0, price: 2 }, 0)
    assert.equal(priced.linkUnits(graph, 0) / priced.units, 7)
    assert.equal(priced.linkUnits(graph, 1), Infinity)
    assert.equal(new CostRows(graph, priced).forward.ends[0] - new CostRows(graph, priced).forward.starts[0], 1)
  })

  it('counts in whole units whatever the size of the weights', () => {
    const table = new LinkTable()
    table.upsert(0, 1, { ...base, delayUs: 12_345 })
    for (const delay of [1e-9, 0.3, 1, 7e6]) {
      const small = new Weighting({ delay, loss: 0 }, 0)
      const units = small.linkUnits(table.snapshot(), 0)
      assert.ok(Number.isSafeInteger(units))
      assert.ok(Math.abs(units / small.units / (12.345 * delay) - 1) < 1e-9)
    }
  })
})
