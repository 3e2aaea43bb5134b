// How many route computations a core does in a second of processor time, each kind beside graphology and ngraph.path on the same graphs
// and in the same run. Prints one JSON object with --json, else a line for each figure.
//
//   npm run --silent bench:routes -- --json [--quick] [--seed 1]
//
// --quick: the smallest graph and short windows, to see that it runs; the figures are then worth little.
import { parseArgs } from 'node:util'
import { MEAN_DEGREE, backboneGraph } from './routes/backbone-graph.ts'
import { measureMemory } from './routes/memory.ts'
import { measureKinds, measureShortest } from './routes/on-demand.ts'
import { queriesOn } from './routes/queries.ts'
import type { Pace } from './routes/rate.ts'
import { measureTrees } from './routes/trees.ts'

/** Trees of a graph this large take a gigabyte: some sources stand for all. */
const MOST_TREES = 2_000
const TREES_OF_LARGEST = 100
const QUERIES = 400

const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, seed: { type: 'string', default: '1' } } })
const seed = Number(values.seed)
const isQuick = values.quick === true
const pace: Pace = isQuick ? { windowMs: 60, windows: 1 } : { windowMs: 300, windows: 3 }

function measure (nodeCount: number): object {
  const table = backboneGraph(nodeCount, seed)
  const graph = table.snapshot()
  const queries = queriesOn(graph, isQuick ? 40 : QUERIES, seed + 1)
  const trees = nodeCount <= MOST_TREES ? nodeCount : TREES_OF_LARGEST
  return {
    nodes: nodeCount,
    links: graph.linkCount,
    meanDegree: Number((graph.linkCount / nodeCount).toFixed(1)),
    shortest: measureShortest(graph, queries, pace),
    kinds: measureKinds(graph, queries, pace),
    trees: measureTrees(table, trees, isQuick ? 10 : 50, pace, seed + 2),
    memory: measureMemory(table)
  }
}

/** One line for each figure, named by where it stands in the JSON. */
function lines (value: unknown, name: string): string[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => lines(inner, name === '' ? key : `${name}.${key}`))
    : [`${name}: ${String(value)}`]
}

const startMs = performance.now()
const graphs = (isQuick ? [490] : [490, 2_000, 10_000]).map(measure)
const report = {
  command: `npm run bench:routes -- --seed ${seed}${isQuick ? ' --quick' : ''}`,
  node: process.version,
  meanDegree: MEAN_DEGREE,
  seconds: Math.round((performance.now() - startMs) / 1000),
  graphs
}
console.log(values.json === true ? JSON.stringify(report, null, 2) : lines(report, '').join('\n'))
