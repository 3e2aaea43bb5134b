// What a path is, whoever found it: the forwarders it visits, and what it costs and promises.
import { UNKNOWN } from './link-columns.ts'
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
  /** What every link of it delivers at least; undefined where that of a link is not known, or there is no link. */
  bytesPerSecond?: number
  /** Of its most loaded link, in millionths; undefined where that of a link is not known. */
  loadPpm?: number
  /** The sum of its links'; undefined where that of a link is not known. */
  price?: number
  /** Sum of the links' variances of the next round trip, in µs², as of independent quantities; undefined where one is not known. */
  delayVarianceUs2?: number
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
  let bytesPerSecond = Number.POSITIVE_INFINITY
  let loadPpm = 0
  let price = 0
  let delayVarianceUs2 = 0
  for (let hop = 1; hop < nodes.length; hop++) {
    const link = graph.linkBetween(nodes[hop - 1], nodes[hop])
    if (link === -1) {
      return undefined
    }
    rttUs += graph.delayUs[link]
    delivered *= 1 - graph.lossPpm[link] / 1e6
    oldestMs = Math.min(oldestMs, graph.updatedAtMs[link])
    squaredJitter += graph.jitterUs[link] ** 2
    // NaN, once in, stays in
    bytesPerSecond = Math.min(bytesPerSecond, valueAt(graph.bytesPerSecond, link))
    loadPpm = Math.max(loadPpm, valueAt(graph.loadPpm, link))
    price += valueAt(graph.price, link)
    delayVarianceUs2 += valueAt(graph.delayVariance, link)
  }
  return {
    rttUs: rttUs + exitRttUs,
    lossPpm: Math.round((1 - delivered) * 1e6),
    oldestMs,
    jitterUs: Math.sqrt(squaredJitter),
    bytesPerSecond: known(bytesPerSecond),
    loadPpm: known(loadPpm),
    price: known(price),
    delayVarianceUs2: known(delayVarianceUs2)
  }
}

/** NaN where it is not known. */
function valueAt (column: Int32Array | Float32Array | undefined, link: number): number {
  const value = column === undefined ? UNKNOWN : column[link]
  return value === UNKNOWN ? Number.NaN : value
}

function known (value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
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
