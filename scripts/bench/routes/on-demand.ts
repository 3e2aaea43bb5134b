// Queries per second of every kind, with the peers beside those that they can answer.
import { AlternativesFinder } from '../../../src/path-finding/alternatives.ts'
import { CachedFinder } from '../../../src/path-finding/answer-cache.ts'
import { DisjointFinder } from '../../../src/path-finding/disjoint.ts'
import { DisjointPairFinder } from '../../../src/path-finding/disjoint-pair.ts'
import type { PathFinder, PathQuery } from '../../../src/path-finding/path-finder.ts'
import { ShortestPathFinder } from '../../../src/path-finding/shortest-path.ts'
import type { Graph } from '../../../src/topology/graph.ts'
import { peersOn } from './peers.ts'
import type { Peer } from './peers.ts'
import { isAsShort } from './queries.ts'
import type { QuerySet } from './queries.ts'
import { batchRateOf, rateOf, significant } from './rate.ts'
import type { Pace } from './rate.ts'

/** How many answers are compared with the peers'. */
const COMPARED = 20

export interface KindResult {
  queriesPerSecond: number
  /** Share of the queries that have an answer. */
  answered: number
}

export function measureShortest (graph: Graph, { pairs, plain }: QuerySet, pace: Pace): object {
  const finder = new ShortestPathFinder()
  const pairFinder = new DisjointPairFinder()
  const pairQueries = plain.map(query => ({ ...query, paths: 2 }))
  const peers = peersOn(graph)
  for (const peer of peers) {
    compare(graph, finder, peer, plain, pairs)
  }
  const own = rateOf(pace, round => finder.find(graph, plain[round % plain.length]))
  const peerRates = Object.fromEntries(peers.map(peer => [peer.name, rateOf(pace, round => peer.find(...pairs[round % pairs.length]))]))
  const ngraph = Math.max(peerRates['ngraph.path nba'], peerRates['ngraph.path aStar'])
  const pair = rateOf(pace, round => pairFinder.find(graph, pairQueries[round % plain.length]))
  // the second search would go past the first path's nodes, and so take no less than a plain one
  const two = peerRates.graphology / 2
  return {
    queriesPerSecond: own,
    peersPerSecond: peerRates,
    timesGraphology: significant(own / peerRates.graphology),
    timesNgraph: significant(own / ngraph),
    disjointPair: { queriesPerSecond: pair, graphologyTwoSearchesPerSecond: significant(two), timesGraphology: significant(pair / two) }
  }
}

export function measureKinds (graph: Graph, queries: QuerySet, pace: Pace): Record<string, KindResult> {
  const several = (paths: number): PathQuery[] => queries.plain.map(query => ({ ...query, paths }))
  const kinds: Record<string, [finder: PathFinder, queries: PathQuery[]]> = {
    asAsked: [new ShortestPathFinder(), queries.asAsked],
    pathAndBackupAsAsked: [new DisjointFinder(), queries.asAsked.map(query => ({ ...query, paths: 2 }))],
    threeAlternatives: [new AlternativesFinder(), several(3)],
    avoidedTag: [new ShortestPathFinder(), queries.avoiding],
    lossLimited: [new ShortestPathFinder(), queries.lossLimited],
    lossAndPriceLimited: [new ShortestPathFinder(), queries.lossAndPriceLimited],
    rateLimited: [new ShortestPathFinder(), queries.rateLimited],
    forwardersLimited: [new ShortestPathFinder(), queries.forwardersLimited],
    oneWaypoint: [new ShortestPathFinder(), queries.waypoints]
  }
  const results = Object.entries(kinds).map(([name, [finder, asked]]): [string, KindResult] => [name, measureKind(graph, finder, asked, pace)])
  return { ...Object.fromEntries(results), cached: measureCached(graph, queries, pace) }
}

function measureKind (graph: Graph, finder: PathFinder, asked: PathQuery[], pace: Pace): KindResult {
  const sample = asked.slice(0, COMPARED)
  const answered = sample.filter(query => finder.find(graph, query).length > 0).length / sample.length
  return { queriesPerSecond: rateOf(pace, round => finder.find(graph, asked[round % asked.length])), answered: significant(answered) }
}

function measureCached (graph: Graph, { plain }: QuerySet, pace: Pace): KindResult {
  const finder = new CachedFinder(new ShortestPathFinder())
  const asked = plain.slice(0, 50)
  asked.forEach(query => finder.find(graph, query))
  return { queriesPerSecond: batchRateOf(pace, 50, round => finder.find(graph, asked[round % asked.length])), answered: 1 }
}

function compare (graph: Graph, finder: PathFinder, peer: Peer, queries: PathQuery[], pairs: QuerySet['pairs']): void {
  for (let at = 0; at < Math.min(COMPARED, pairs.length); at++) {
    const [path] = finder.find(graph, { ...queries[at], maxForwarders: 16 })
    if (path !== undefined && !isAsShort(graph, path, peer.find(...pairs[at]))) {
      throw new Error(`${peer.name} has another shortest path from ${pairs[at].join(' to ')}: the comparison would say nothing.`)
    }
  }
}
