import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DisjointPairFinder } from '../../src/path-finding/disjoint-pair.ts'
import { MAX_FORWARDERS, isConstrained } from '../../src/path-finding/path-finder.ts'
import type { FoundPath, PathQuery } from '../../src/path-finding/path-finder.ts'
import type { Graph } from '../../src/topology/graph.ts'
import { everyPath } from '../compliance/exhaustive-path-finder.ts'
import { graphOf, randomCase } from '../compliance/random-query.ts'
import type { LinkRow } from '../compliance/random-query.ts'

const link = (from: number, to: number, delayMs: number): LinkRow => [from, to, { delayUs: delayMs * 1000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }]
const base = { weights: { delay: 1, loss: 0 }, avoid: new Set<number>(), maxForwarders: MAX_FORWARDERS, relayCostUs: 0, paths: 2 }

/** Ends that are reached over one forwarder only. */
function sharedEnds (graph: Graph, query: PathQuery): number[] {
  return [query.source, query.destination].map(points => new Set(points.map(({ node }) => node)
    .filter(node => node < graph.nodeCount && !query.avoid.has(node) && query.avoidSet?.has(node) !== true)))
    .filter(nodes => nodes.size === 1).flatMap(nodes => [...nodes])
}

function isPair (graph: Graph, query: PathQuery, a: FoundPath, b: FoundPath): boolean {
  const shared = sharedEnds(graph, query)
  return a.nodes.join() !== b.nodes.join() && !a.nodes.some(node => !shared.includes(node) && b.nodes.includes(node))
}

/** The least total of two disjoint paths, Infinity where there are none. */
function leastTotal (graph: Graph, query: PathQuery): number {
  const every = everyPath(graph, query)
  let least = Infinity
  for (const a of every) {
    for (const b of every) {
      if (a.cost + b.cost < least && isPair(graph, query, a, b)) {
        least = a.cost + b.cost
      }
    }
  }
  return least
}

describe('a disjoint pair', () => {
  it('costs least in total, over all pairs of paths', () => {
    const finder = new DisjointPairFinder()
    let pairs = 0
    fc.assert(fc.property(randomCase().filter(({ query }) => !isConstrained(query)), ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const unlimited = { ...query, paths: 2, maxForwarders: MAX_FORWARDERS }
      const found = finder.find(graph, unlimited)
      const least = leastTotal(graph, unlimited)
      if (least === Infinity) {
        const best = everyPath(graph, unlimited).slice(0, 1)
        assert.deepEqual(found.map(path => path.cost.toFixed(6)), best.map(path => path.cost.toFixed(6)))
        return
      }
      pairs++
      assert.ok(isPair(graph, unlimited, found[0], found[1]), `${found[0].nodes.join()} and ${found[1].nodes.join()}`)
      assert.ok(found[0].cost <= found[1].cost)
      assert.ok(Math.abs(found[0].cost + found[1].cost - least) < 1e-6)
    }), { numRuns: 2000, seed: 21 })
    assert.ok(pairs > 300, 'most cases have a pair')
  })

  it('keeps to limits, numbers of forwarders and waypoints, each path for itself', () => {
    const finder = new DisjointPairFinder()
    fc.assert(fc.property(randomCase(), ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const every = everyPath(graph, query)
      const found = finder.find(graph, { ...query, paths: 2 })
      assert.equal(found.length > 0, every.length > 0)
      found.forEach(path => { assert.ok(every.some(other => other.nodes.join() === path.nodes.join())) })
      assert.ok(found.length < 2 || isPair(graph, query, found[0], found[1]))
    }), { numRuns: 500, seed: 22 })
  })

  it('gives up the best path where that stands in the way of both', () => {
    const graph = graphOf(6, [link(0, 1, 1), link(1, 2, 1), link(2, 5, 1), link(0, 2, 5), link(1, 5, 5)])
    const paths = new DisjointPairFinder().find(graph, { ...base, source: [{ node: 0, rttUs: 0 }], destination: [{ node: 5, rttUs: 0 }] })
    assert.deepEqual(paths.map(path => path.nodes), [[0, 1, 5], [0, 2, 5]])
  })

  it('is the best path alone where only one is asked for', () => {
    const graph = graphOf(6, [link(0, 1, 1), link(1, 2, 1), link(2, 5, 1), link(0, 2, 5), link(1, 5, 5)])
    const paths = new DisjointPairFinder().find(graph, { ...base, paths: 1, source: [{ node: 0, rttUs: 0 }], destination: [{ node: 5, rttUs: 0 }] })
    assert.deepEqual(paths.map(path => path.nodes), [[0, 1, 2, 5]])
  })
})
