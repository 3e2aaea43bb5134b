// The reference that path finders are compared with: walks every loopless path. For graphs of a handful of nodes.
import { UNKNOWN } from '../../src/topology/link-columns.ts'
import { measurePath } from '../../src/topology/path.ts'
import type { Graph } from '../../src/topology/graph.ts'
import type { AccessPoint, FoundPath, PathFinder, PathLimits, PathQuery } from '../../src/path-finding/path-finder.ts'

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
    if (last >= graph.nodeCount || query.avoid.has(last) || query.avoidSet?.has(last) === true || nodes.length > query.maxForwarders) {
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
  const links = nodes.slice(1).map((node, hop) => graph.linkBetween(nodes[hop], node))
  const sum = (valueOf: (link: number) => number): number => links.reduce((total, link) => total + valueOf(link), 0)
  const { delay, loss, jitter = 0, load = 0, price = 0, transfer = 0 } = query.weights
  const cost = delay * (metrics.rttUs + query.relayCostUs * nodes.length) / 1000 +
    loss * sum(link => graph.lossPpm[link] / 10_000) +
    weigh(jitter, sum(link => graph.jitterUs[link] / 1000)) +
    weigh(load, sum(link => known(graph.loadPpm, link) / 10_000)) +
    weigh(price, sum(link => known(graph.price, link))) +
    weigh(transfer, sum(link => 1e6 / (graph.bytesPerSecond?.[link] ?? 0)))
  const path = { nodes, cost, ...metrics }
  return cost < Infinity && visitsInOrder(nodes, query.waypoints ?? []) && isWithin(graph, query.limits ?? {}, path, links) ? path : undefined
}

function weigh (weight: number, value: number): number {
  return weight === 0 ? 0 : weight * value
}

function known (column: Int32Array | undefined, link: number): number {
  return column === undefined || column[link] === UNKNOWN ? Infinity : column[link]
}

function visitsInOrder (nodes: number[], waypoints: readonly number[]): boolean {
  const places = waypoints.map(waypoint => nodes.indexOf(waypoint))
  return places.every((place, rank) => place !== -1 && (rank === 0 || places[rank - 1] < place))
}

function isWithin (graph: Graph, limits: PathLimits, path: FoundPath, links: number[]): boolean {
  const { rttUs = Infinity, lossPpm = Infinity, jitterUs = Infinity, price, leastBytesPerSecond, loadPpm } = limits
  return path.rttUs <= rttUs && path.lossPpm <= lossPpm && path.jitterUs <= jitterUs &&
    (price === undefined || links.reduce((sum, link) => sum + known(graph.price, link), 0) <= price) &&
    (leastBytesPerSecond === undefined || links.every(link => (graph.bytesPerSecond?.[link] ?? UNKNOWN) >= leastBytesPerSecond)) &&
    (loadPpm === undefined || links.every(link => known(graph.loadPpm, link) <= loadPpm))
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
