// The libraries that the finders are compared with, on the same links.
import { DirectedGraph } from 'graphology'
import { bidirectional } from 'graphology-shortest-path/dijkstra.js'
import createGraph from 'ngraph.graph'
import { aStar, nba } from 'ngraph.path'
import type { Graph } from '../../../src/topology/graph.ts'

export interface Peer {
  name: string
  /** The nodes of a shortest path; empty where there is none. */
  find: (source: number, destination: number) => number[]
}

export function peersOn (graph: Graph): Peer[] {
  return [graphologyOn(graph), ...ngraphOn(graph)]
}

function graphologyOn (graph: Graph): Peer {
  const peer = new DirectedGraph<object, { weight: number }>()
  for (let node = 0; node < graph.nodeCount; node++) {
    peer.addNode(node)
  }
  eachLink(graph, (from, to, weight) => { peer.addDirectedEdge(from, to, { weight }) })
  return {
    name: 'graphology',
    find: (source, destination) => (bidirectional(peer, source, destination, 'weight') ?? []).map(Number)
  }
}

function ngraphOn (graph: Graph): Peer[] {
  const peer = createGraph<unknown, { weight: number }>()
  eachLink(graph, (from, to, weight) => { peer.addLink(from, to, { weight }) })
  const options = { oriented: true, distance: (_from: unknown, _to: unknown, link: { data: { weight: number } }) => link.data.weight }
  const finders = { 'ngraph.path nba': nba(peer, options), 'ngraph.path aStar': aStar(peer, options) }
  return Object.entries(finders).map(([name, finder]) => ({
    name,
    // it gives paths from the destination to the source
    find: (source, destination) => finder.find(source, destination).map(node => Number(node.id)).reverse()
  }))
}

function eachLink (graph: Graph, visit: (from: number, to: number, weight: number) => void): void {
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let link = graph.offsets[node]; link < graph.offsets[node + 1]; link++) {
      visit(node, graph.targets[link], graph.delayUs[link])
    }
  }
}
