// The reference that path finders are compared with: walks every loopless path. For graphs of a handful of nodes.
import { measurePath } from '../../src/topology/path.ts'
import type { Graph } from '../../src/topology/graph.ts'
import type { AccessPoint, FoundPath, PathFinder, PathQuery } from '../../src/path-finding/path-finder.ts'

export class ExhaustivePathFinder implements PathFinder {
  find (graph: Graph, query: PathQuery): FoundPath[] {
    return everyPath(graph, query).slice(0, query.paths)
  }
}

/** All the paths that the query allows, best first. */
export function everyPath (graph: Graph, query: PathQuery): FoundPath[] {
  const paths: FoundPath[] = []
  const visit = (nodes: number[]): void => {
    const last = nodes[nodes.length - 1]
    if (last >= graph.nodeCount || query.avoid.has(last) || nodes.length > query.maxForwarders) {
      return
    }
    const path = describe(graph, query, nodes)
    if (path !== undefined) {
      paths.push(path)
    }
    for (let link = graph.offsets[last]; link < graph.offsets[last + 1]; link++) {
      if (!nodes.includes(graph.targets[link])) {
        visit([...nodes, graph.targets[link]])
      }
    }
  }
  for (const entry of new Set(query.source.map(point => point.node))) {
    visit([entry])
  }
  return paths.sort((a, b) => byMerit(query, a, b))
}

function describe (graph: Graph, query: PathQuery, nodes: number[]): FoundPath | undefined {
  const entryRttUs = nearest(query.source, nodes[0])
  const exitRttUs = nearest(query.destination, nodes[nodes.length - 1])
  const metrics = measurePath(graph, nodes, entryRttUs, exitRttUs)
  if (metrics === undefined || exitRttUs === Infinity) {
    return undefined
  }
  let lossPercent = 0
  for (let hop = 1; hop < nodes.length; hop++) {
    lossPercent += graph.lossPpm[graph.linkBetween(nodes[hop - 1], nodes[hop])] / 10_000
  }
  const delayMs = (metrics.rttUs + query.relayCostUs * nodes.length) / 1000
  return { nodes, cost: query.weights.delay * delayMs + query.weights.loss * lossPercent, ...metrics }
}

function nearest (points: readonly AccessPoint[], node: number): number {
  return Math.min(...points.filter(point => point.node === node).map(point => point.rttUs))
}

function byMerit (query: PathQuery, a: FoundPath, b: FoundPath): number {
  if (Math.abs(a.cost - b.cost) > 1e-9) {
    return a.cost - b.cost
  }
  return tieUs(query, a) - tieUs(query, b) || a.nodes.length - b.nodes.length
}

export function tieUs (query: PathQuery, path: FoundPath): number {
  return path.rttUs + query.relayCostUs * path.nodes.length
}
