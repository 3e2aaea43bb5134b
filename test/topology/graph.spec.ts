import assert from 'node:assert/strict'
import { LinkTable } from '../../src/topology/link-table.ts'
import { areDisjoint, compareNodes, measurePath } from '../../src/topology/path.ts'

const table = new LinkTable()
table.upsert(0, 1, { delayUs: 10_000, lossPpm: 100_000, jitterUs: 300, updatedAtMs: 50 })
table.upsert(0, 2, { delayUs: 1, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
table.upsert(1, 2, { delayUs: 20_000, lossPpm: 500_000, jitterUs: 400, updatedAtMs: 40 })
const graph = table.snapshot()

describe('graph', () => {
  it('finds a link by its ends and says -1 where there is none', () => {
    const ends = [[0, 1], [0, 2], [1, 2], [1, 0], [2, 0], [3, 0], [-1, 0], [0, 9], [0.5, 1]]
    assert.deepEqual(ends.map(([from, to]) => graph.linkBetween(from, to)), [0, 1, 2, -1, -1, -1, -1, -1, -1])
  })
})

describe('a path on a graph', () => {
  it('adds delays, compounds losses, is as old as its oldest link, and adds jitters by their squares', () => {
    assert.deepEqual(measurePath(graph, [0, 1, 2], 3_000, 4_000), {
      rttUs: 37_000, lossPpm: 550_000, oldestMs: 40, jitterUs: 500, bytesPerSecond: undefined, loadPpm: undefined, price: undefined, delayVarianceUs2: undefined
    })
  })

  describe('with traffic and prices', () => {
    const links = new LinkTable()
    const basic = { delayUs: 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }
    links.upsert(0, 1, { ...basic, bytesPerSecond: 4_000, loadPpm: 300_000, price: 7, delayVariance: 100 })
    links.upsert(1, 2, { ...basic, bytesPerSecond: 9_000, loadPpm: 0, price: 0, delayVariance: 0 })
    links.upsert(2, 3, { ...basic, bytesPerSecond: 5_000, loadPpm: 500_000, price: 5, delayVariance: 50 })
    links.upsert(3, 4, { ...basic, bytesPerSecond: 8_000, price: 1 })
    const measured = (...nodes: number[]): unknown[] => {
      const { bytesPerSecond, loadPpm, price, delayVarianceUs2 } = measurePath(links.snapshot(), nodes, 1, 1) ?? {}
      return [bytesPerSecond, loadPpm, price, delayVarianceUs2]
    }

    it('carries what its narrowest link does, is as loaded as its most loaded one, and adds prices and variances', () => {
      assert.deepEqual(measured(0, 1, 2, 3), [4_000, 500_000, 12, 150])
    })

    it('does not say what is not known of every link, and says the rest', () => {
      assert.deepEqual(measured(0, 1, 2, 3, 4), [4_000, undefined, 13, undefined])
    })

    it('has no rate where it has no link, and no load, price or variance', () => {
      assert.deepEqual(measured(2), [undefined, 0, 0, 0])
    })
  })

  it('has no metrics where a link is missing', () => {
    assert.equal(measurePath(graph, [0, 1, 0], 0, 0), undefined)
  })

  it('is disjoint from another when they share no forwarder', () => {
    assert.equal(areDisjoint([0, 1], [2, 3]), true)
    assert.equal(areDisjoint([0, 1], [2, 1, 3]), false)
  })

  it('comes before a longer one and before one with higher numbers', () => {
    assert.deepEqual([[1, 2], [0, 1, 2], [3], [1, 0]].sort(compareNodes), [[3], [1, 0], [1, 2], [0, 1, 2]])
    assert.equal(compareNodes([1, 2], [1, 2]), 0)
  })
})
