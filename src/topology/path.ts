// What a path is, whoever found it: the forwarders it visits, and what it costs and promises.
import type { Graph } from './graph.ts'

/** A forwarder at which an end of the flow can be reached, and the round-trip time between the two. */
export interface AccessPoint {
  node: number
  rttUs: number
}

export interface FoundPath {
  /** The forwarders in the order of the flow, entry first, exit last; at least one, none twice. */
  nodes: number[]
  cost: number
  /** Both access legs and all links. */
  rttUs: number
  /** Loss of all links compounded, in millionths; the access legs' loss is not known. */
  lossPpm: number
  /** The oldest updatedAtMs of its links; Infinity where it has no link, for then nothing in it can be outdated. */
  oldestMs: number
  /** Root of the sum of the links' squared jitters: links are taken to be independent of each other. */
  jitterUs: number
  /** Only where a search gave up before it was sure: the best path costs at most so much less. */
  costGap?: number
}

export type PathMetrics = Omit<FoundPath, 'nodes' | 'cost' | 'costGap'>

/**
 * What the graph says of a path between the given access legs, or undefined where a link of it is missing.
 */
export function measurePath (graph: Graph, nodes: readonly number[], entryRttUs: number, exitRttUs: number): PathMetrics | undefined {
  let rttUs = entryRttUs
  let delivered = 1
  let oldestMs = Number.POSITIVE_INFINITY
  let squaredJitter = 0
  for (let hop = 1; hop < nodes.length; hop++) {
    const link = graph.linkBetween(nodes[hop - 1], nodes[hop])
    if (link === -1) {
      return undefined
    }
    rttUs += graph.delayUs[link]
    delivered *= 1 - graph.lossPpm[link] / 1e6
    oldestMs = Math.min(oldestMs, graph.updatedAtMs[link])
    squaredJitter += graph.jitterUs[link] ** 2
  }
  return { rttUs: rttUs + exitRttUs, lossPpm: Math.round((1 - delivered) * 1e6), oldestMs, jitterUs: Math.sqrt(squaredJitter) }
}

/** True when no forwarder stands in both. */
export function areDisjoint (a: readonly number[], b: readonly number[]): boolean {
  return !a.some(node => b.includes(node))
}

/** Orders paths of equal merit: fewer forwarders first, then by the forwarders' numbers. Zero only for the same path. */
export function compareNodes (a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    return a.length - b.length
  }
  for (let hop = 0; hop < a.length; hop++) {
    if (a[hop] !== b[hop]) {
      return a[hop] - b[hop]
    }
  }
  return 0
}
