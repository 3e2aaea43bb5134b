import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BidirectionalSearch } from '../../src/path-finding/bidirectional.ts'
import { ConstrainedSearch } from '../../src/path-finding/constrained.ts'
import type { ConstrainedPath } from '../../src/path-finding/constrained-problem.ts'
import type { ConstrainedSearchInit } from '../../src/path-finding/constrained.ts'
import { CostRowsCache } from '../../src/path-finding/cost-rows.ts'
import type { PathQuery } from '../../src/path-finding/path-finder.ts'
import { QueryCosts, WORST } from '../../src/path-finding/query-costs.ts'
import type { Graph } from '../../src/topology/graph.ts'
import { everyPath } from '../compliance/exhaustive-path-finder.ts'
import { graphOf, randomCase } from '../compliance/random-query.ts'

/** With the bounds of a plain search where the query has no waypoints, as finders use it. */
function search (graph: Graph, query: PathQuery, init: ConstrainedSearchInit): { path: ConstrainedPath | undefined, units: number } {
  const costs = new QueryCosts()
  costs.begin(graph, query, new CostRowsCache())
  const plain = new BidirectionalSearch()
  const constrained = new ConstrainedSearch(init)
  const hasPlain = (query.waypoints ?? []).length === 0 && plain.run(costs)
  constrained.begin(costs, query, hasPlain ? plain : undefined)
  return { path: constrained.run([], [], WORST), units: costs.weighting.units }
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
})
