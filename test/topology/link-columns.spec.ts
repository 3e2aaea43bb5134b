import assert from 'node:assert/strict'
import fc from 'fast-check'
import { InvalidLinkError } from '../../src/topology/errors.ts'
import { LinkTable } from '../../src/topology/link-table.ts'
import type { LinkMetrics } from '../../src/topology/link-metrics.ts'
import { reverseRowsOf } from '../../src/topology/reverse-rows.ts'

const base: LinkMetrics = { delayUs: 1, lossPpm: 2, jitterUs: 3, updatedAtMs: 4 }
const full: LinkMetrics = { ...base, bytesPerSecond: 5, loadPpm: 6, price: 7, delayVariance: 8, lossVariance: 9 }

describe('columns of a link table', () => {
  it('are there for the metrics that some link had, and say where another has none', () => {
    const table = new LinkTable()
    table.upsert(0, 1, base)
    assert.equal(table.snapshot().price, undefined)
    table.upsert(0, 2, full)
    const { price, delayVariance } = table.snapshot()
    assert.deepEqual([[...price ?? []], [...delayVariance ?? []]], [[-1, 7], [-1, 8]])
    assert.deepEqual([table.get(0, 1), table.get(0, 2)], [base, full])
    table.upsert(0, 2, base)
    assert.deepEqual(table.get(0, 2), base)
  })

  it('are shared with the snapshot before, but for those in which something changed', () => {
    const table = new LinkTable()
    table.upsert(0, 1, full)
    table.upsert(0, 2, full)
    const before = table.snapshot()
    table.upsert(0, 1, { ...full, delayUs: 11 })
    const after = table.snapshot()
    assert.deepEqual([[...before.delayUs], [...after.delayUs]], [[1, 1], [11, 1]])
    for (const column of ['lossPpm', 'jitterUs', 'updatedAtMs', 'bytesPerSecond', 'price', 'lossVariance', 'targets'] as const) {
      assert.equal(after[column], before[column], column)
    }
  })

  it('hold in every snapshot what the table said then', () => {
    const node = fc.integer({ min: 0, max: 4 })
    const change = fc.record({ from: node, to: node, remove: fc.boolean(), snapshot: fc.boolean(), delayUs: fc.nat(9), price: fc.option(fc.nat(9), { nil: undefined, freq: 3 }) })
      .filter(({ from, to }) => from !== to)
    fc.assert(fc.property(fc.array(change, { maxLength: 80, size: 'max' }), changes => {
      const table = new LinkTable()
      const kept: Array<[snapshot: object, copy: object]> = []
      for (const { from, to, remove, snapshot, delayUs, price } of changes) {
        if (remove) {
          table.remove(from, to)
        } else {
          table.upsert(from, to, { ...base, delayUs, price })
        }
        if (snapshot) {
          const graph = table.snapshot()
          for (let source = 0; source < graph.nodeCount; source++) {
            for (let link = graph.offsets[source]; link < graph.offsets[source + 1]; link++) {
              const metrics = table.get(source, graph.targets[link])
              assert.deepEqual([graph.delayUs[link], graph.price?.[link] ?? -1], [metrics?.delayUs, metrics?.price ?? -1])
            }
          }
          kept.push([graph, structuredClone({ delayUs: graph.delayUs, price: graph.price, targets: graph.targets })])
        }
      }
      for (const [graph, { ...copy }] of kept) {
        assert.deepEqual(Object.fromEntries(Object.keys(copy).map(name => [name, graph[name as keyof typeof graph]])), copy)
      }
    }), { numRuns: 200, seed: 61 })
  })

  for (const changes of [{ bytesPerSecond: -2 }, { loadPpm: Number.NaN }, { price: 2 ** 31 }, { delayVariance: Infinity }, { lossVariance: -0.1 }]) {
    it(`refuse a ${Object.keys(changes)[0]} of ${Object.values(changes)[0]}`, () => {
      const table = new LinkTable()
      assert.throws(() => { table.upsert(0, 1, { ...base, ...changes }) }, InvalidLinkError)
      assert.equal(table.linkCount, 0)
    })
  }
})

describe('changes of a link table', () => {
  it('name every link that changed between two snapshots', () => {
    const table = new LinkTable()
    table.upsert(0, 1, base)
    table.upsert(1, 0, base)
    const before = table.snapshot()
    table.upsert(0, 1, { ...base, delayUs: 5 })
    table.upsert(1, 2, base)
    table.remove(1, 0)
    table.coverNodes(7)
    const after = table.snapshot()
    const changed: number[][] = []
    assert.equal(after.changes?.count(before.version, after.version), 4)
    after.changes.each(before.version, after.version, (from, to) => { changed.push([from, to]) })
    assert.deepEqual(changed, [[0, 1], [1, 2], [1, 0]])
    assert.equal(after.changes.count(after.version, before.version), -1)
  })

  it('are forgotten after a thousand where links are few', () => {
    const table = new LinkTable()
    table.upsert(0, 1, base)
    const before = table.snapshot()
    for (let round = 0; round <= 2 ** 10; round++) {
      table.upsert(0, 1, base)
    }
    const after = table.snapshot()
    assert.equal(after.changes?.count(before.version, after.version), -1)
    assert.equal(after.changes.count(before.version + 1, after.version), 2 ** 10)
  })

  it('are remembered longer the more links there are, each of them in order', () => {
    const table = new LinkTable()
    const nodes = 1_500
    for (let to = 1; to < nodes; to++) {
      table.upsert(0, to, base)
    }
    const before = table.snapshot()
    for (let round = 0; round < 2; round++) {
      for (let to = 1; to < nodes; to++) {
        table.upsert(0, to, { ...base, delayUs: round + 1 })
      }
    }
    const after = table.snapshot()
    const changed: number[] = []
    assert.equal(after.changes?.count(before.version, after.version), 2 * (nodes - 1))
    after.changes.each(before.version, after.version, (_, to) => { changed.push(to) })
    assert.deepEqual(changed, Array.from({ length: 2 * (nodes - 1) }, (_, i) => 1 + i % (nodes - 1)))
  })
})

describe('reverse rows', () => {
  it('have every link once, by the node it enters, and are shared while the layout is', () => {
    const table = new LinkTable()
    for (const [from, to] of [[0, 2], [1, 2], [2, 0]]) {
      table.upsert(from, to, base)
    }
    const graph = table.snapshot()
    const { offsets, sources, links } = reverseRowsOf(graph)
    assert.deepEqual([[...offsets], [...sources], [...links]], [[0, 1, 1, 3], [2, 0, 1], [2, 0, 1]])
    table.upsert(0, 2, full)
    assert.equal(reverseRowsOf(table.snapshot()), reverseRowsOf(graph))
  })
})
