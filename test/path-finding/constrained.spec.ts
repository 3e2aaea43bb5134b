import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AlternativesFinder } from '../../src/path-finding/alternatives.ts'
import { BidirectionalSearch } from '../../src/path-finding/bidirectional.ts'
import { ConstrainedSearch } from '../../src/path-finding/constrained.ts'
import type { ConstrainedPath } from '../../src/path-finding/constrained-problem.ts'
import type { ConstrainedSearchInit } from '../../src/path-finding/constrained.ts'
import { CostRowsCache } from '../../src/path-finding/cost-rows.ts'
import { InvalidPathQueryError } from '../../src/path-finding/path-finder.ts'
import type { PathQuery } from '../../src/path-finding/path-finder.ts'
import { Patience } from '../../src/path-finding/patience.ts'
import { QueryCosts, WORST } from '../../src/path-finding/query-costs.ts'
import type { Graph } from '../../src/topology/graph.ts'
import { NodeSet } from '../../src/topology/node-set.ts'
import { everyPath } from '../compliance/exhaustive-path-finder.ts'
import { graphOf, randomCase } from '../compliance/random-query.ts'
import type { LinkRow } from '../compliance/random-query.ts'

/** With the bounds of a plain search where the query has no waypoints, as finders use it. */
function search (graph: Graph, query: PathQuery, init: ConstrainedSearchInit, taken: readonly number[] = []): { path: ConstrainedPath | undefined, units: number } {
  const costs = new QueryCosts()
  costs.begin(graph, query, new CostRowsCache())
  const plain = new BidirectionalSearch()
  const constrained = new ConstrainedSearch(init)
  const hasPlain = (query.waypoints ?? []).length === 0 && plain.run(costs)
  constrained.begin(costs, query, hasPlain ? plain : undefined)
  return { path: constrained.run([], taken, WORST), units: costs.weighting.units }
}

const cases = randomCase().map(({ query, ...others }) => ({ ...others, query: { ...query, paths: 1 } }))

describe('the constrained search', () => {
  for (const labelsBeforeSharpening of [0, 3]) {
    it(`finds the best path also where bounds are computed only after ${labelsBeforeSharpening} labels`, () => {
      fc.assert(fc.property(cases, ({ nodeCount, links, query }) => {
        const graph = graphOf(nodeCount, links)
        const [best] = everyPath(graph, query)
        const { path, units } = search(graph, query, { labelsBeforeSharpening })
        assert.equal(path === undefined, best === undefined)
        assert.ok(path === undefined || (path.gap === 0 && Math.abs(path.cost / units - best.cost) < 1e-9))
      }), { numRuns: 1000, seed: 41 })
    })
  }

  it('says how far from the best a path may be where it gave up', () => {
    let gaveUp = 0
    fc.assert(fc.property(cases, ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const every = everyPath(graph, query)
      const { path, units } = search(graph, query, { maxLabels: 2 })
      if (path !== undefined) {
        gaveUp += path.gap > 0 ? 1 : 0
        const twin = every.find(other => other.nodes.join() === path.nodes.join())
        assert.ok(twin !== undefined, 'keeps to the query all the same')
        assert.ok((path.cost - path.gap) / units <= every[0].cost + 1e-9)
      }
    }), { numRuns: 3000, seed: 42 })
    assert.ok(gaveUp > 5, `${gaveUp} searches gave up with a path in hand`)
  })

  it('regression: gives no path that was given already where it gives up', () => {
    let gaveUp = 0
    fc.assert(fc.property(cases, ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const { path } = search(graph, query, { maxLabels: 2 })
      if (path !== undefined) {
        gaveUp += path.gap > 0 ? 1 : 0
        assert.notEqual(search(graph, query, { maxLabels: 2 }, [path.nodes[0]]).path?.nodes[0], path.nodes[0])
      }
    }), { numRuns: 3000, seed: 42 })
    assert.ok(gaveUp > 5, `${gaveUp} searches gave up with a path in hand`)
  })

  it('regression: tells where it gave up, also where it has no path', () => {
    let missed = 0
    fc.assert(fc.property(cases, ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const patience = new Patience(() => 0, 1)
      const { path } = search(graph, { ...query, patience }, { maxLabels: 2 })
      if (path === undefined && everyPath(graph, query).length > 0) {
        missed++
        assert.equal(patience.isCutShort, true)
      }
      const unhurried = new Patience(() => 0, 1)
      search(graph, { ...query, patience: unhurried }, {})
      assert.equal(unhurried.isCutShort, false)
    }), { numRuns: 1000, seed: 43 })
    assert.ok(missed > 5, `${missed} searches gave up with nothing`)
  })

  it('gives up at once where there is no more time', () => {
    fc.assert(fc.property(cases, ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const patience = new Patience(() => 0, 0)
      const { path } = search(graph, { ...query, patience }, {})
      assert.ok(path === undefined || everyPath(graph, query).some(({ nodes }) => nodes.join() === path.nodes.join()))
    }), { numRuns: 300, seed: 44 })
  })
})

describe('what a path is to visit, and limits beyond sums of single metrics', () => {
  const link = (from: number, to: number, delayMs: number, updatedAtMs: number): LinkRow => [from, to, { delayUs: delayMs * 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs, price: delayMs < 20 ? 5 : 1 }]
  /** From 0 to 4 by way of 1 (quick), 2 or 3; 1 and 2 are linked. */
  const graph = graphOf(5, [link(0, 1, 10, 500), link(1, 4, 10, 500), link(0, 2, 20, 900), link(2, 4, 20, 900), link(0, 3, 40, 900), link(3, 4, 40, 900), link(1, 2, 5, 900)])
  const query: PathQuery = { source: [{ node: 0, rttUs: 0 }], destination: [{ node: 4, rttUs: 0 }], weights: { delay: 1, loss: 0 }, paths: 1, avoid: new Set(), maxForwarders: 16, relayCostUs: 0 }
  const bestOf = (changes: Partial<PathQuery>): string => new AlternativesFinder().find(graph, { ...query, ...changes }).map(({ nodes }) => nodes.join()).join(' ')
  const set = (...nodes: number[]): NodeSet => NodeSet.from(5, nodes)

  const cases: Array<[title: string, changes: Partial<PathQuery>, paths: string]> = [
    ['visits the forwarder of a set that costs least', { waypoints: [set(2, 3)] }, '0,1,2,4'],
    ['visits one forwarder for each of two sets', { waypoints: [set(1, 2), set(1, 2)] }, '0,1,2,4'],
    ['visits sets in their order', { waypoints: [set(2), set(1)] }, ''],
    ['counts entry and exit', { waypoints: [set(0, 3), set(4)] }, '0,1,4'],
    ['visits one of a set before a certain one', { waypoints: [set(1, 3), 2] }, '0,1,2,4'],
    ['finds nothing where a set is empty', { waypoints: [set()] }, ''],
    ['ranks what visits a set', { waypoints: [set(2, 3)], paths: 3 }, '0,1,2,4 0,2,4 0,3,4'],
    ['keeps to links that were measured lately', { limits: { measuredSinceMs: 600 } }, '0,2,4'],
    ['keeps a cost under other weights', { weights: { delay: 0, loss: 0, price: 1 }, limits: { cost: { weights: { delay: 1, loss: 0 }, relayCostUs: 0, most: 40 } } }, '0,2,4'],
    ['counts forwarders in that cost', { weights: { delay: 0, loss: 0, price: 1 }, limits: { cost: { weights: { delay: 1, loss: 0 }, relayCostUs: 5_000, most: 54 } } }, '0,1,4'],
    ['weighs forwarders', { weights: { delay: 1, loss: 0, hops: 11 }, waypoints: [set(2, 3)] }, '0,2,4']
  ]
  for (const [title, changes, paths] of cases) {
    it(title, () => { assert.equal(bestOf(changes), paths) })
  }

  it('refuses a cost that is no number', () => {
    assert.throws(() => bestOf({ limits: { cost: { weights: { delay: 1, loss: 0 }, relayCostUs: 0, most: Number.NaN } } }), InvalidPathQueryError)
  })

  it('regression: gives no path that loses everything, whatever loss is allowed', () => {
    const lossy = graphOf(3, [[0, 1, { delayUs: 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }], [1, 2, { delayUs: 1_000, lossPpm: 1_000_000, jitterUs: 0, updatedAtMs: 0 }]])
    const most = { ...query, weights: { delay: 1, loss: 1 }, limits: { lossPpm: 999_999.9 } }
    assert.deepEqual(new AlternativesFinder().find(lossy, { ...most, destination: [{ node: 2, rttUs: 0 }] }), [])
    assert.equal(new AlternativesFinder().find(lossy, { ...most, destination: [{ node: 1, rttUs: 0 }] }).length, 1)
  })

  it('regression: keeps to a cost under other weights however small these are', () => {
    for (const delay of [1e-9, 1, 1e6]) {
      const cost = { weights: { delay, loss: 0 }, relayCostUs: 0, most: delay * 39.5 }
      assert.equal(bestOf({ waypoints: [2], limits: { cost } }), '0,1,2,4', String(delay))
      assert.equal(bestOf({ waypoints: [2], limits: { cost: { ...cost, most: delay * 34.5 } } }), '', String(delay))
    }
  })
})
