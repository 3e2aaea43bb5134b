import assert from 'node:assert/strict'
import { ReadyFinder } from '../../src/path-finding/ready-finder.ts'
import { ShortestPathFinder } from '../../src/path-finding/shortest-path.ts'
import { Weighting } from '../../src/path-finding/weighting.ts'
import type { PathFinder } from '../../src/path-finding/path-finder.ts'
import { LinkTable } from '../../src/topology/link-table.ts'
import type { LinkMetrics } from '../../src/topology/link-metrics.ts'
import { pathFinderCompliance } from '../compliance/path-finder.ts'

/** Keeps trees for whatever it is asked, so that all that can come from a tree does. */
class PreparedFinder implements PathFinder {
  readonly #finder = new ReadyFinder(new ShortestPathFinder())

  find (...[graph, query]: Parameters<PathFinder['find']>): ReturnType<PathFinder['find']> {
    this.#finder.keep(graph, new Weighting(query.weights, query.relayCostUs))
    this.#finder.prepare(graph)
    return this.#finder.find(graph, { ...query, paths: query.paths >= 1 && query.paths <= 8 && Number.isInteger(query.paths) ? 1 : query.paths })
  }
}

pathFinderCompliance('the ready finder', () => new PreparedFinder(), 'best')

describe('the ready finder', () => {
  const metrics = (delayMs: number): LinkMetrics => ({ delayUs: delayMs * 1000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
  const query = {
    source: [{ node: 0, rttUs: 0 }], destination: [{ node: 2, rttUs: 0 }], weights: { delay: 1, loss: 0 }, paths: 1, avoid: new Set<number>(), maxForwarders: 16, relayCostUs: 0
  }
  const table = new LinkTable()
  table.upsert(0, 1, metrics(1))
  table.upsert(1, 2, metrics(1))
  table.upsert(0, 2, metrics(9))

  it('answers from trees where the best path keeps to the query, and passes on what it does not', () => {
    const finder = new ReadyFinder(new ShortestPathFinder())
    const graph = table.snapshot()
    finder.keep(graph, new Weighting({ delay: 1, loss: 0 }, 0))
    const nodesOf = (changes: object): number[] => finder.find(graph, { ...query, ...changes })[0].nodes
    assert.deepEqual(nodesOf({}), [0, 1, 2])
    assert.deepEqual(nodesOf({ limits: { rttUs: 2_000 } }), [0, 1, 2])
    assert.deepEqual([finder.ready, finder.passedOn], [2, 0])
    assert.deepEqual(nodesOf({ avoid: new Set([1]) }), [0, 2])
    assert.deepEqual(nodesOf({ maxForwarders: 2 }), [0, 2])
    assert.deepEqual(nodesOf({ weights: { delay: 2, loss: 0 } }), [0, 1, 2])
    assert.deepEqual([finder.ready, finder.passedOn], [2, 3])
  })

  it('passes queries on a newer snapshot on until it was prepared for that', () => {
    const finder = new ReadyFinder(new ShortestPathFinder())
    finder.keep(table.snapshot(), new Weighting({ delay: 1, loss: 0 }, 0))
    finder.find(table.snapshot(), query)
    table.upsert(0, 2, metrics(1))
    const later = table.snapshot()
    assert.deepEqual([finder.find(later, query)[0].nodes, finder.ready], [[0, 2], 1])
    finder.prepare(later)
    assert.deepEqual([finder.find(later, query)[0].nodes, finder.ready], [[0, 2], 2])
  })
})
