import assert from 'node:assert/strict'
import fc from 'fast-check'
import { InvalidLinkError, TopologyFullError } from '../../src/topology/errors.ts'
import type { Graph } from '../../src/topology/graph.ts'
import type { LinkMetrics } from '../../src/topology/link-metrics.ts'
import { LinkTable } from '../../src/topology/link-table.ts'

const metrics = (delayUs: number, updatedAtMs = 0): LinkMetrics => ({ delayUs, lossPpm: 10, jitterUs: 20, updatedAtMs })

/** Every link as from, to, delay, in the order of the graph. */
function linksOf (graph: Graph): number[][] {
  const links: number[][] = []
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let link = graph.offsets[node]; link < graph.offsets[node + 1]; link++) {
      links.push([node, graph.targets[link], graph.delayUs[link]])
    }
  }
  return links
}

describe('link table', () => {
  it('gives a snapshot with the links of each node sorted by target, in whatever order they came', () => {
    const table = new LinkTable()
    for (const [from, to] of [[2, 0], [0, 3], [0, 1], [2, 1]]) {
      table.upsert(from, to, metrics(from * 10 + to))
    }
    const graph = table.snapshot()
    assert.deepEqual(linksOf(graph), [[0, 1, 1], [0, 3, 3], [2, 0, 20], [2, 1, 21]])
    assert.deepEqual([graph.nodeCount, graph.linkCount], [4, 4])
  })

  it('keeps all metrics of a link and rounds to whole units', () => {
    const table = new LinkTable()
    table.upsert(0, 1, { delayUs: 1500.6, lossPpm: 2.2, jitterUs: 3.5, updatedAtMs: 1e12 + 0.5 })
    const expected = { delayUs: 1501, lossPpm: 2, jitterUs: 4, updatedAtMs: 1e12 + 0.5 }
    assert.deepEqual(table.get(0, 1), expected)
    const { delayUs, lossPpm, jitterUs, updatedAtMs } = table.snapshot()
    assert.deepEqual({ delayUs: delayUs[0], lossPpm: lossPpm[0], jitterUs: jitterUs[0], updatedAtMs: updatedAtMs[0] }, expected)
  })

  it('leaves a snapshot as it was when the table changes', () => {
    const table = new LinkTable()
    table.upsert(0, 1, metrics(1))
    const before = table.snapshot()
    table.upsert(0, 1, metrics(2))
    const replaced = table.snapshot()
    table.remove(0, 1)
    assert.deepEqual([before, replaced, table.snapshot()].map(linksOf), [[[0, 1, 1]], [[0, 1, 2]], []])
  })

  it('gives the same snapshot until something changes, and then one of a higher version', () => {
    const table = new LinkTable()
    table.upsert(0, 1, metrics(1))
    const first = table.snapshot()
    assert.equal(table.snapshot(), first)
    table.upsert(0, 1, metrics(2))
    assert.ok(table.snapshot().version > first.version)
  })

  it('shares the layout of rows between snapshots while only metrics change', () => {
    const table = new LinkTable()
    table.upsert(0, 1, metrics(1))
    const first = table.snapshot()
    table.upsert(0, 1, metrics(2))
    assert.equal(table.snapshot().targets, first.targets)
    table.upsert(1, 0, metrics(2))
    assert.notEqual(table.snapshot().targets, first.targets)
  })

  it('covers nodes without links when told to', () => {
    const table = new LinkTable()
    table.coverNodes(3)
    assert.equal(table.snapshot().nodeCount, 3)
    table.coverNodes(2)
    assert.equal(table.snapshot().nodeCount, 3)
  })

  it('removes all links of a node, and those not measured since a time', () => {
    const table = new LinkTable()
    for (const [from, to, updatedAtMs] of [[0, 1, 5], [1, 2, 5], [2, 0, 9], [0, 2, 10], [2, 1, 5]]) {
      table.upsert(from, to, metrics(1, updatedAtMs))
    }
    assert.equal(table.removeNode(1), 3)
    assert.equal(table.removeOlderThan(10), 1)
    assert.deepEqual(linksOf(table.snapshot()), [[0, 2, 1]])
  })

  it('refuses what is beyond its bounds, changes nothing then, and still replaces what it has', () => {
    const table = new LinkTable({ maxNodes: 3, maxLinks: 2 })
    table.upsert(0, 1, metrics(1))
    table.upsert(1, 0, metrics(1))
    const { version } = table
    assert.throws(() => { table.upsert(1, 2, metrics(1)) }, { name: 'TopologyFullError', what: 'links', limit: 2 })
    assert.throws(() => { table.upsert(0, 3, metrics(1)) }, { name: 'TopologyFullError', what: 'nodes', limit: 3 })
    assert.throws(() => { table.coverNodes(4) }, TopologyFullError)
    assert.equal(table.version, version)
    table.upsert(0, 1, metrics(7))
    assert.deepEqual([table.get(0, 1)?.delayUs, table.get(1, 0)?.delayUs, table.get(0, 3)], [7, 1, undefined])
  })

  const invalid: Array<[title: string, from: number, to: number, changes: Partial<LinkMetrics>]> = [
    ['a link from a node to itself', 1, 1, {}],
    ['a negative node', -1, 1, {}],
    ['a node that is no whole number', 0, 1.5, {}],
    ['a negative delay', 0, 1, { delayUs: -1 }],
    ['a delay that is not a number', 0, 1, { delayUs: Number.NaN }],
    ['a delay of more than 35 minutes', 0, 1, { delayUs: 2 ** 31 }],
    ['more loss than everything', 0, 1, { lossPpm: 1_000_001 }],
    ['endless jitter', 0, 1, { jitterUs: Infinity }],
    ['no time', 0, 1, { updatedAtMs: Number.NaN }]
  ]
  for (const [title, from, to, changes] of invalid) {
    it(`refuses ${title}`, () => {
      const table = new LinkTable()
      assert.throws(() => { table.upsert(from, to, { ...metrics(1), ...changes }) }, InvalidLinkError)
      assert.equal(table.linkCount, 0)
    })
  }

  it('agrees with a plain map after any sequence of changes', () => {
    const node = fc.integer({ min: 0, max: 5 })
    const change = fc.oneof(
      fc.record({ kind: fc.constant('upsert'), from: node, to: node, delayUs: fc.nat(1000) }),
      fc.record({ kind: fc.constantFrom('remove', 'removeNode'), from: node, to: node, delayUs: fc.constant(0) })
    )
    fc.assert(fc.property(fc.array(change, { maxLength: 80 }), changes => {
      const table = new LinkTable({ maxNodes: 6 })
      const model = new Map<string, number[]>()
      for (const { kind, from, to, delayUs } of changes.filter(change => change.from !== change.to)) {
        if (kind === 'upsert') {
          table.upsert(from, to, metrics(delayUs))
          model.set(`${from} ${to}`, [from, to, delayUs])
        } else if (kind === 'remove') {
          assert.equal(table.remove(from, to), model.delete(`${from} ${to}`))
        } else {
          table.removeNode(from)
          for (const [key, [a, b]] of model) {
            if (a === from || b === from) {
              model.delete(key)
            }
          }
        }
        assert.equal(table.linkCount, model.size)
      }
      const expected = [...model.keys()].sort().map(key => model.get(key))
      assert.deepEqual(linksOf(table.snapshot()), expected)
      for (const [from, to, delayUs] of model.values()) {
        assert.equal(table.get(from, to)?.delayUs, delayUs)
      }
    }), { seed: 6 })
  })

  it('grows past its first arrays without losing a link', () => {
    const table = new LinkTable()
    for (let link = 0; link < 1000; link++) {
      table.upsert(link, link + 1, metrics(link))
    }
    assert.deepEqual(linksOf(table.snapshot()), Array.from({ length: 1000 }, (_, link) => [link, link + 1, link]))
  })
})
