// The reference that path finders are compared with: walks every loopless path. For graphs of a handful of nodes.
import { UNKNOWN } from '../../src/topology/link-columns.ts'
import { measurePath } from '../../src/topology/path.ts'
import type { Graph } from '../../src/topology/graph.ts'
import type { AccessPoint, FoundPath, PathFinder, PathLimits, PathQuery, Waypoint } from '../../src/path-finding/path-finder.ts'

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
  const cost = costOf(graph, query, nodes, metrics.rttUs)
  const path = { nodes, cost, ...metrics }
  return cost < Infinity && visitsInOrder(nodes, query.waypoints ?? []) && isWithin(graph, query.limits ?? {}, path, links) ? path : undefined
}

/** Infinity where a value that counts is not known of a link. */
export function costOf (graph: Graph, { weights, relayCostUs }: Pick<PathQuery, 'weights' | 'relayCostUs'>, nodes: readonly number[], rttUs: number): number {
  const links = nodes.slice(1).map((node, hop) => graph.linkBetween(nodes[hop], node))
  const sum = (valueOf: (link: number) => number): number => links.reduce((total, link) => total + valueOf(link), 0)
  const { delay, loss, jitter = 0, load = 0, price = 0, transfer = 0, hops = 0 } = weights
  return delay * (rttUs + relayCostUs * nodes.length) / 1000 +
    loss * sum(link => graph.lossPpm[link] / 10_000) +
    weigh(jitter, sum(link => graph.jitterUs[link] / 1000)) +
    weigh(load, sum(link => known(graph.loadPpm, link) / 10_000)) +
    weigh(price, sum(link => known(graph.price, link))) +
    weigh(transfer, sum(link => 1e6 / Math.max(0, graph.bytesPerSecond?.[link] ?? 0))) +
    hops * nodes.length
}

function weigh (weight: number, value: number): number {
  return weight === 0 ? 0 : weight * value
}

function known (column: Int32Array | undefined, link: number): number {
  return column === undefined || column[link] === UNKNOWN ? Infinity : column[link]
}

/** Whether some choice of one forwarder for each waypoint stands in the path in their order. */
export function visitsInOrder (nodes: readonly number[], waypoints: readonly Waypoint[]): boolean {
  if (waypoints.length === 0) {
    return true
  }
  const [first, ...rest] = waypoints
  return nodes.some((node, place) => (typeof first === 'number' ? node === first : first.has(node)) && visitsInOrder(nodes.slice(place + 1), rest))
}

function isWithin (graph: Graph, limits: PathLimits, path: FoundPath, links: number[]): boolean {
  const { rttUs = Infinity, lossPpm = Infinity, jitterUs = Infinity, price, leastBytesPerSecond, loadPpm, measuredSinceMs = 0, cost } = limits
  return path.rttUs <= rttUs && path.lossPpm <= lossPpm && path.jitterUs <= jitterUs &&
    (price === undefined || links.reduce((sum, link) => sum + known(graph.price, link), 0) <= price) &&
    (leastBytesPerSecond === undefined || links.every(link => (graph.bytesPerSecond?.[link] ?? UNKNOWN) >= leastBytesPerSecond)) &&
    (loadPpm === undefined || links.every(link => known(graph.loadPpm, link) <= loadPpm)) &&
    links.every(link => graph.updatedAtMs[link] >= measuredSinceMs) &&
    (cost === undefined || costOf(graph, cost, path.nodes, path.rttUs) <= cost.most + 1e-9 * Math.max(1, cost.most))
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
