// Small random graphs with queries on them, for fast-check. Few distinct values, so that ties are common.
import fc from 'fast-check'
import { LinkTable } from '../../src/topology/link-table.ts'
import { NodeSet } from '../../src/topology/node-set.ts'
import type { Graph } from '../../src/topology/graph.ts'
import type { LinkMetrics } from '../../src/topology/link-metrics.ts'
import type { PathQuery } from '../../src/path-finding/path-finder.ts'

export type LinkRow = [from: number, to: number, metrics: LinkMetrics]

export interface Case {
  nodeCount: number
  links: LinkRow[]
  query: PathQuery
}

export function graphOf (nodeCount: number, links: readonly LinkRow[]): Graph {
  const table = new LinkTable()
  table.coverNodes(nodeCount)
  for (const [from, to, metrics] of links) {
    table.upsert(from, to, metrics)
  }
  return table.snapshot()
}

export function randomCase (): fc.Arbitrary<Case> {
  return fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(6)).chain(nodeCount => fc.record({
    nodeCount: fc.constant(nodeCount),
    links: linksAmong(nodeCount),
    query: queryOn(nodeCount)
  }))
}

function linksAmong (nodeCount: number): fc.Arbitrary<LinkRow[]> {
  const node = fc.integer({ min: 0, max: nodeCount - 1 })
  const metrics = fc.record({
    delayUs: fc.oneof(fc.constantFrom(0, 10_000, 20_000, 30_000), fc.integer({ min: 0, max: 200_000 })),
    lossPpm: fc.constantFrom(0, 0, 0, 5_000, 10_000, 1_000_000),
    jitterUs: fc.integer({ min: 0, max: 5_000 }),
    updatedAtMs: fc.integer({ min: 0, max: 60_000 })
  })
  const more = fc.oneof(fc.constant({}), fc.record({
    bytesPerSecond: fc.constantFrom(1_000, 1_000_000),
    loadPpm: fc.constantFrom(0, 500_000),
    price: fc.integer({ min: 0, max: 3 })
  }))
  const link = fc.tuple(node, node, metrics, more).map(([from, to, metrics, more]): LinkRow => [from, to, { ...metrics, ...more }]).filter(([from, to]) => from !== to)
  return nodeCount === 1 ? fc.constant([]) : fc.uniqueArray(link, { minLength: nodeCount, maxLength: 30, size: 'max', selector: ([from, to]) => from * nodeCount + to })
}

function queryOn (nodeCount: number): fc.Arbitrary<PathQuery> {
  // one number more than there are nodes: a point that names no node must do no harm
  const point = fc.record({ node: fc.integer({ min: 0, max: nodeCount }), rttUs: fc.constantFrom(0, 5_000, 10_000, 40_000) })
  return fc.record({
    source: fc.array(point, { minLength: 1, maxLength: 4 }),
    destination: fc.array(point, { minLength: 1, maxLength: 4 }),
    weights: fc.oneof(
      fc.constantFrom({ delay: 1, loss: 0 }, { delay: 0, loss: 1 }, { delay: 1, loss: 20 }, { delay: 0, loss: 0 }, { delay: 0.3, loss: 0.7 }),
      fc.constantFrom({ delay: 1, loss: 0, jitter: 2 }, { delay: 0, loss: 0, price: 1 }, { delay: 1, loss: 0, hops: 7 }, { delay: 0, loss: 0, hops: 1 }, { delay: 0.5, loss: 0, load: 0.1, transfer: 100 })
    ),
    paths: fc.integer({ min: 1, max: 8 }),
    avoid: fc.array(fc.integer({ min: 0, max: nodeCount }), { maxLength: 1 }).map(nodes => new Set(nodes)),
    maxForwarders: fc.constantFrom(1, 2, 3, 4, 16),
    relayCostUs: fc.constantFrom(0, 1_000)
  }).chain(query => fc.oneof({ weight: 2, arbitrary: fc.constant(query) }, { weight: 3, arbitrary: constrainedFrom(query, nodeCount) }))
}

function constrainedFrom (query: PathQuery, nodeCount: number): fc.Arbitrary<PathQuery> {
  const node = fc.integer({ min: 0, max: nodeCount })
  const waypoint = fc.oneof(node, fc.uniqueArray(node, { maxLength: 3 }).map(nodes => NodeSet.from(nodeCount + 1, nodes)))
  return fc.record({
    avoidSet: fc.option(node.map(node => NodeSet.from(nodeCount, node < nodeCount ? [node] : [])), { nil: undefined, freq: 2 }),
    waypoints: fc.oneof(fc.constant([]), fc.constant([]), fc.array(node, { maxLength: 3 }), fc.array(waypoint, { maxLength: 3 })),
    limits: fc.record({
      rttUs: fc.constantFrom(20_000, 60_000, 120_000, 300_000),
      lossPpm: fc.constantFrom(0, 5_000, 14_950, 20_000),
      jitterUs: fc.constantFrom(0, 3_000, 5_000),
      price: fc.integer({ min: 0, max: 6 }),
      leastBytesPerSecond: fc.constantFrom(1_000, 1_001),
      loadPpm: fc.constantFrom(0, 500_000),
      measuredSinceMs: fc.constantFrom(10_000, 40_000),
      cost: fc.record({ weights: fc.constantFrom({ delay: 1, loss: 0 }, { delay: 0, loss: 1, price: 1 }, { delay: 1, loss: 2, hops: 3 }), relayCostUs: fc.constantFrom(0, 1_000), most: fc.constantFrom(1, 40.5, 90.5, 200.5) })
    }).chain(limits => fc.subarray(Object.keys(limits), { maxLength: 2 }).map(kept => Object.fromEntries(Object.entries(limits).filter(([name]) => kept.includes(name)))))
  }).map(constraints => ({ ...query, ...constraints }))
}
