// The queries that are timed: between random nodes, each kind with the same ends.
import { ShortestPathFinder } from '../../../src/path-finding/shortest-path.ts'
import type { FoundPath, PathLimits, PathQuery } from '../../../src/path-finding/path-finder.ts'
import type { Graph } from '../../../src/topology/graph.ts'
import { NodeSet } from '../../../src/topology/node-set.ts'
import { measurePath } from '../../../src/topology/path.ts'
import { randomFrom } from './random.ts'

/** Of what the best path has, so much is allowed: too little for it, and enough for another one in most cases. */
const ALLOWED_SHARE = 0.7
const AVOIDED_SHARE = 0.1
const ACCESS_POINTS = 3

export interface QuerySet {
  /** Ends as the peers take them. */
  pairs: Array<[source: number, destination: number]>
  plain: PathQuery[]
  /** Three access points at both ends, loss in the cost, and relays that cost: as an RSP is asked. */
  asAsked: PathQuery[]
  avoiding: PathQuery[]
  /** A limit that the best path breaks. */
  lossLimited: PathQuery[]
  lossAndPriceLimited: PathQuery[]
  rateLimited: PathQuery[]
  forwardersLimited: PathQuery[]
  waypoints: PathQuery[]
}

export function queriesOn (graph: Graph, count: number, seed: number): QuerySet {
  const random = randomFrom(seed)
  const node = (): number => Math.floor(random() * graph.nodeCount)
  const pairs = Array.from({ length: count }, node).map((source): [number, number] => [source, otherThan(source, node)])
  const plain = pairs.map(([source, destination]) => queryBetween(source, destination))
  const finder = new ShortestPathFinder()
  const best = plain.map(query => finder.find(graph, query)[0])
  const access = (): PathQuery['source'] => Array.from({ length: ACCESS_POINTS }, () => ({ node: node(), rttUs: 2_000 + Math.floor(random() * 20_000) }))
  const limited = (limits: (path: FoundPath) => PathLimits): PathQuery[] => plain.map((query, at) => ({ ...query, limits: limits(best[at]) }))
  const lossPpm = (path: FoundPath): number => Math.floor(path.lossPpm * ALLOWED_SHARE)
  return {
    pairs,
    plain,
    asAsked: plain.map(query => ({ ...query, source: access(), destination: access(), weights: { delay: 1, loss: 10 }, relayCostUs: 1_000 })),
    avoiding: plain.map((query, at) => ({ ...query, avoidSet: NodeSet.where(graph.nodeCount, other => !pairs[at].includes(other) && random() < AVOIDED_SHARE) })),
    lossLimited: limited(path => ({ lossPpm: lossPpm(path) })),
    lossAndPriceLimited: limited(path => ({ lossPpm: lossPpm(path), price: Math.ceil(priceOf(graph, path.nodes) * 0.9) })),
    rateLimited: limited(() => ({ leastBytesPerSecond: 5_000_000 })),
    forwardersLimited: plain.map((query, at) => ({ ...query, maxForwarders: Math.max(2, best[at].nodes.length - 1) })),
    waypoints: plain.map((query, at) => ({ ...query, waypoints: [otherThan(pairs[at][0], node)] }))
  }
}

/** Same cost as the peers' path, or the comparison says nothing. */
export function isAsShort (graph: Graph, path: FoundPath, peersNodes: readonly number[]): boolean {
  const peers = measurePath(graph, peersNodes, 0, 0)
  return peers !== undefined && peers.rttUs === path.rttUs
}

function queryBetween (source: number, destination: number): PathQuery {
  return {
    source: [{ node: source, rttUs: 0 }],
    destination: [{ node: destination, rttUs: 0 }],
    weights: { delay: 1, loss: 0 },
    paths: 1,
    avoid: new Set(),
    maxForwarders: 16,
    relayCostUs: 0
  }
}

function otherThan (taken: number, draw: () => number): number {
  let node = draw()
  while (node === taken) {
    node = draw()
  }
  return node
}

function priceOf (graph: Graph, nodes: readonly number[]): number {
  return nodes.slice(1).reduce((sum, node, hop) => sum + (graph.price?.[graph.linkBetween(nodes[hop], node)] ?? 0), 0)
}
