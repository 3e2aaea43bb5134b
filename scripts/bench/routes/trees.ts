// Path trees: growing them, looking paths up, and mending them after one link has changed.
import { PathTrees } from '../../../src/path-finding/path-trees.ts'
import { Weighting } from '../../../src/path-finding/weighting.ts'
import type { LinkTable } from '../../../src/topology/link-table.ts'
import { randomFrom } from './random.ts'
import { batchRateOf, elapsedMs, significant } from './rate.ts'
import type { Pace } from './rate.ts'

const LONGEST = 64

/** Kinds of change, in turn: dearer, as before, gone, and there again. */
const CHANGES = 4

export function measureTrees (table: LinkTable, sourceCount: number, links: number, pace: Pace, seed: number): object {
  const random = randomFrom(seed)
  const graph = table.snapshot()
  const { nodeCount } = graph
  const weighting = new Weighting({ delay: 1, loss: 0 }, 0)
  const trees = new PathTrees(graph, weighting, sourceCount)
  const sources = Array.from({ length: sourceCount }, (_, at) => Math.floor(at * nodeCount / sourceCount))
  const growMs = elapsedMs(() => { sources.forEach(source => trees.treeOf(source)) })
  const ends = Array.from({ length: 8192 }, () => [sources[Math.floor(random() * sourceCount)], Math.floor(random() * nodeCount)])
  const nodes = new Uint16Array(LONGEST)
  let walked = 0
  const lookUpsPerSecond = batchRateOf(pace, 1000, round => {
    const [source, destination] = ends[round & 8191]
    walked += trees.path(source, destination, nodes)
  })
  const mendMs = measureMending(table, trees, links, random)
  return {
    trees: sourceCount,
    growMs: significant(growMs),
    lookUpsPerSecond,
    nodesWalkedPerSecond: walked > 0 ? significant(lookUpsPerSecond * meanLength(trees, ends)) : 0,
    megabytes: significant(trees.byteLength / 1e6),
    changedLinks: mendMs.length,
    mendMs: { mean: significant(mean(mendMs)), p99: significant(quantile(mendMs, 0.99)), most: significant(Math.max(...mendMs)) },
    // of the same trees
    timesFasterThanGrowing: significant(growMs / mean(mendMs)),
    timesFasterAtWorst: significant(growMs / Math.max(...mendMs))
  }
}

/** Milliseconds of each change, to all trees; snapshots are taken outside of it. */
function measureMending (table: LinkTable, trees: PathTrees, links: number, random: () => number): number[] {
  const { nodeCount, offsets, targets } = table.snapshot()
  const times: number[] = []
  for (let round = 0; round < links; round++) {
    const from = Math.floor(random() * nodeCount)
    const to = targets[offsets[from] + Math.floor(random() * (offsets[from + 1] - offsets[from]))]
    const metrics = table.get(from, to)
    for (let change = 0; metrics !== undefined && change < CHANGES; change++) {
      if (change === 2) {
        table.remove(from, to)
      } else {
        table.upsert(from, to, change === 0 ? { ...metrics, delayUs: metrics.delayUs * 2 } : metrics)
      }
      const next = table.snapshot()
      times.push(elapsedMs(() => { trees.follow(next) }))
    }
  }
  return times
}

function meanLength (trees: PathTrees, ends: number[][]): number {
  const nodes = new Uint16Array(LONGEST)
  return mean(ends.map(([source, destination]) => trees.path(source, destination, nodes)))
}

function mean (values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function quantile (values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]
}
