// How many route computations a core does in a second, on graphs as an RSP keeps them: forwarders on a plane, each linked
// with its nearest and some random others, measured delays off the straight line by up to a half. Prints one JSON object.
//
//   npx tsx scripts/bench/path-finding.ts [seed]
import { AlternativesFinder } from '../../src/path-finding/alternatives.ts'
import { DisjointFinder } from '../../src/path-finding/disjoint.ts'
import type { PathFinder, PathQuery } from '../../src/path-finding/path-finder.ts'
import { ShortestPathFinder } from '../../src/path-finding/shortest-path.ts'
import { LinkTable } from '../../src/topology/link-table.ts'
import type { Graph } from '../../src/topology/graph.ts'

const MEASURED_MS = 700
const SIZES = [24, 490]
const MEAN_DEGREE = 24
const NEAREST = 6
const ACCESS_POINTS = 3

const seed = Number(process.argv[2] ?? 1)

/** Marsaglia's xorshift32. */
function randomFrom (seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Links in both directions: from each node to its nearest, then between random pairs until the mean degree is reached. */
function fill (nodeCount: number, random: () => number): LinkTable {
  const table = new LinkTable()
  const places = Array.from({ length: nodeCount }, () => [random() * 150, random() * 150])
  const distanceMs = (a: number, b: number): number => Math.hypot(places[a][0] - places[b][0], places[a][1] - places[b][1])
  const link = (a: number, b: number): void => {
    const delayUs = (1 + distanceMs(a, b) * (1 + random() / 2)) * 1000
    const metrics = { delayUs, lossPpm: random() < 0.1 ? 10_000 : 0, jitterUs: 500, updatedAtMs: 0 }
    table.upsert(a, b, metrics)
    table.upsert(b, a, metrics)
  }
  for (let node = 0; node < nodeCount; node++) {
    const others = places.map((_, other) => other).filter(other => other !== node)
    others.sort((a, b) => distanceMs(node, a) - distanceMs(node, b)).slice(0, NEAREST).forEach(other => { link(node, other) })
  }
  while (table.linkCount < nodeCount * Math.min(MEAN_DEGREE, nodeCount - 1)) {
    const [a, b] = [Math.floor(random() * nodeCount), Math.floor(random() * nodeCount)]
    if (a !== b) {
      link(a, b)
    }
  }
  return table
}

function randomQueries (nodeCount: number, random: () => number, shape: Pick<PathQuery, 'paths' | 'maxForwarders'>): PathQuery[] {
  const access = (): PathQuery['source'] => Array.from({ length: ACCESS_POINTS }, () => ({ node: Math.floor(random() * nodeCount), rttUs: 2_000 + random() * 20_000 }))
  return Array.from({ length: 200 }, () => ({ source: access(), destination: access(), weights: { delay: 1, loss: 10 }, avoid: new Set<number>(), relayCostUs: 1_000, ...shape }))
}

/** Calls per second, after a warm-up of a fifth of the time. */
function rateOf (call: (round: number) => unknown): number {
  const run = (durationMs: number): number => {
    const startMs = performance.now()
    let rounds = 0
    while (performance.now() - startMs < durationMs) {
      call(rounds++)
    }
    return rounds / (performance.now() - startMs) * 1000
  }
  run(MEASURED_MS / 5)
  return Math.round(run(MEASURED_MS))
}

function queryRate (finder: PathFinder, graph: Graph, queries: PathQuery[]): number {
  return rateOf(round => finder.find(graph, queries[round % queries.length]))
}

function measure (nodeCount: number): object {
  const random = randomFrom(seed)
  const table = fill(nodeCount, random)
  const graph = table.snapshot()
  const queries = (paths: number, maxForwarders = 16): PathQuery[] => randomQueries(nodeCount, randomFrom(seed + 1), { paths, maxForwarders })
  const ends = Array.from({ length: graph.linkCount }, (_, link) => [graph.offsets.findLastIndex(offset => offset <= link), graph.targets[link]])
  const change = (round: number): void => {
    const [from, to] = ends[round % ends.length]
    table.upsert(from, to, { delayUs: 1000 + round, lossPpm: 0, jitterUs: 0, updatedAtMs: round })
  }
  return {
    nodes: nodeCount,
    meanDegree: Number((graph.linkCount / nodeCount).toFixed(1)),
    queriesPerSecond: {
      shortest: queryRate(new ShortestPathFinder(), graph, queries(1)),
      shortestOfAtMostTwoForwarders: queryRate(new ShortestPathFinder(), graph, queries(1, 2)),
      threeAlternatives: queryRate(new AlternativesFinder(), graph, queries(3)),
      pathAndBackup: queryRate(new DisjointFinder(), graph, queries(2)),
      threeWithBackup: queryRate(new DisjointFinder(), graph, queries(3)),
      eightWithBackup: queryRate(new DisjointFinder(), graph, queries(8))
    },
    updatesPerSecond: rateOf(change),
    updatesWithSnapshotPerSecond: rateOf(round => {
      change(round)
      table.snapshot()
    })
  }
}

console.log(JSON.stringify({ command: `scripts/bench/path-finding.ts ${seed}`, node: process.version, accessPoints: ACCESS_POINTS, results: SIZES.map(measure) }, null, 2))
