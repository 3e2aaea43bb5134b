import assert from 'node:assert/strict'
import { AnswerCache, CachedFinder } from '../../src/path-finding/answer-cache.ts'
import { AlternativesFinder } from '../../src/path-finding/alternatives.ts'
import { LinkTable } from '../../src/topology/link-table.ts'
import { Patience } from '../../src/path-finding/patience.ts'
import { NodeSet } from '../../src/topology/node-set.ts'
import { pathFinderCompliance } from '../compliance/path-finder.ts'

pathFinderCompliance('the cached finder', () => new CachedFinder(new AlternativesFinder()), 'cheapest')

const metrics = { delayUs: 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }
const query = {
  source: [{ node: 0, rttUs: 0 }], destination: [{ node: 2, rttUs: 0 }], weights: { delay: 1, loss: 0 }, paths: 2, avoid: new Set<number>(), maxForwarders: 16, relayCostUs: 0
}

describe('the cache of answers', () => {
  it('gives an answer again on the same snapshot, and finds anew on the next', () => {
    const table = new LinkTable()
    table.upsert(0, 1, metrics)
    table.upsert(1, 2, metrics)
    const finder = new CachedFinder(new AlternativesFinder())
    const first = finder.find(table.snapshot(), query)
    assert.deepEqual(finder.find(table.snapshot(), { ...query }), first)
    assert.deepEqual([finder.cache.hits, finder.cache.misses], [1, 1])
    table.upsert(0, 2, metrics)
    assert.deepEqual(finder.find(table.snapshot(), query).map(path => path.nodes), [[0, 2], [0, 1, 2]])
    assert.deepEqual([finder.cache.hits, finder.cache.misses], [1, 2])
  })

  for (const changes of [{ paths: 1 }, { avoid: new Set([1]) }, { avoidSet: NodeSet.from(3, [1]) }, { waypoints: [1] }, { waypoints: [NodeSet.from(3, [1])] }, { waypoints: [NodeSet.from(3, [1, 2])] }, { limits: { rttUs: 1 } }, { limits: { lossPpm: 1 } },
    { weights: { delay: 1, loss: 0, price: 1 } }, { maxForwarders: 2 }, { relayCostUs: 1 }, { source: [{ node: 0, rttUs: 1 }] }]) {
    it(`takes a query with other ${Object.keys(changes).join()} for another query`, () => {
      const table = new LinkTable()
      table.upsert(0, 2, metrics)
      const finder = new CachedFinder(new AlternativesFinder())
      finder.find(table.snapshot(), query)
      finder.find(table.snapshot(), { ...query, ...changes })
      assert.deepEqual([finder.cache.hits, finder.cache.misses], [0, 2])
    })
  }

  it('does not remember what was cut short as the whole answer', () => {
    const graph = new LinkTable().snapshot()
    let searches = 0
    const finder = new CachedFinder({
      find: (_graph, { patience }) => {
        searches++
        assert.ok(patience !== undefined)
        patience.isCutShort = searches === 1
        return []
      }
    })
    const asked = Array.from({ length: 3 }, () => new Patience(() => 0, 1_000))
    for (const patience of asked) {
      finder.find(graph, { ...query, patience })
    }
    assert.deepEqual(asked.map(({ isCutShort }) => isCutShort), [true, false, false])
    assert.equal(searches, 2)
  })

  it('holds no more than its bound, and drops what was used longest ago', () => {
    const graph = new LinkTable().snapshot()
    const cache = new AnswerCache<number>(4)
    for (const [i, digest] of ['a', 'b', 'c'].entries()) {
      cache.set(graph, digest, i)
    }
    cache.get(graph, 'a')
    for (const digest of ['d', 'e']) {
      cache.set(graph, digest, 9)
      assert.ok(cache.size <= 4)
    }
    assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(digest => cache.get(graph, digest) !== undefined), [true, false, false, true, true])
  })

  it('keeps what is asked for again and again, however much else comes', () => {
    const graph = new LinkTable().snapshot()
    const cache = new AnswerCache<number>(8)
    cache.set(graph, 'wanted', 1)
    for (let i = 0; i < 100; i++) {
      cache.set(graph, `other ${i}`, i)
      assert.equal(cache.get(graph, 'wanted'), 1)
      assert.ok(cache.size <= 8)
    }
  })

  it('forgets all when the snapshot is of another map', () => {
    const cache = new AnswerCache<number>()
    cache.set(new LinkTable().snapshot(), 'a', 1)
    assert.equal(cache.get(new LinkTable().snapshot(), 'a'), undefined)
    assert.equal(cache.size, 0)
  })

  it('gives paths that no caller can spoil for the next', () => {
    const table = new LinkTable()
    table.upsert(0, 2, metrics)
    const finder = new CachedFinder(new AlternativesFinder())
    const [path] = finder.find(table.snapshot(), query)
    assert.throws(() => path.nodes.push(7), TypeError)
    finder.find(table.snapshot(), query).length = 0
    assert.equal(finder.find(table.snapshot(), query).length, 1)
  })
})
