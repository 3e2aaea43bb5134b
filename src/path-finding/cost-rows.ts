// A graph under one weighting: the cost of every link, in rows by the node it leaves and by the node it enters. Built once
// per weighting, then led from snapshot to snapshot by the links that changed.
import type { Graph } from '../topology/graph.ts'
import { SortedRows } from './sorted-rows.ts'
import type { Weighting } from './weighting.ts'

/** Where more than this share of the links changed, building anew is the quicker way. */
const FOLLOWED_SHARE = 0.1

/** How many weightings a CostRowsCache keeps: providers sell a few, hosts ask for any. */
const MAX_WEIGHTINGS = 8

/** What happened to a link's cost in units; Infinity where there is no link. */
export interface LinkChange {
  from: number
  to: number
  before: number
  after: number
}

export class CostRows {
  readonly weighting: Weighting
  graph: Graph
  /** Links by the node they leave. */
  forward: SortedRows
  /** Links by the node they enter; a row's targets are the nodes they come from. */
  backward: SortedRows

  constructor (graph: Graph, weighting: Weighting) {
    this.weighting = weighting
    this.graph = graph
    const { forward, backward } = buildRows(graph, weighting)
    this.forward = forward
    this.backward = backward
  }

  get byteLength (): number {
    return this.forward.byteLength + this.backward.byteLength
  }

  /**
   * Makes the rows those of another snapshot: link by link where it is one of the same table, not long after, and then tells of
   * each change as soon as the rows have it. False where the rows were built anew, and nothing was told.
   */
  follow (graph: Graph, changed?: (change: LinkChange) => void): boolean {
    if (graph === this.graph) {
      return true
    }
    const isKin = graph.changes === this.graph.changes && graph.nodeCount === this.forward.nodeCount
    const sinceVersion = this.graph.version
    const count = isKin ? graph.changes?.count(sinceVersion, graph.version) ?? -1 : -1
    this.graph = graph
    if (count === -1 || count > graph.linkCount * FOLLOWED_SHARE + 1) {
      const { forward, backward } = buildRows(graph, this.weighting)
      this.forward = forward
      this.backward = backward
      return false
    }
    graph.changes?.each(sinceVersion, graph.version, (from, to) => {
      const change = this.#refresh(from, to)
      if (change.before !== change.after) {
        changed?.(change)
      }
    })
    return true
  }

  #refresh (from: number, to: number): LinkChange {
    const place = this.forward.find(from, to)
    const before = place === -1 ? Number.POSITIVE_INFINITY : this.forward.costs[place]
    const link = this.graph.linkBetween(from, to)
    const after = link === -1 ? Number.POSITIVE_INFINITY : this.weighting.linkUnits(this.graph, link)
    if (after === Number.POSITIVE_INFINITY) {
      this.forward.delete(from, to)
      this.backward.delete(to, from)
    } else {
      this.forward.set(from, to, after, this.graph.delayUs[link])
      this.backward.set(to, from, after, this.graph.delayUs[link])
    }
    return { from, to, before, after }
  }
}

function buildRows (graph: Graph, weighting: Weighting): { forward: SortedRows, backward: SortedRows } {
  const { nodeCount, offsets, targets, delayUs } = graph
  const leaving = new Uint32Array(nodeCount)
  const entering = new Uint32Array(nodeCount)
  for (let node = 0; node < nodeCount; node++) {
    leaving[node] = offsets[node + 1] - offsets[node]
  }
  for (const target of targets) {
    entering[target]++
  }
  const forward = new SortedRows(leaving)
  const backward = new SortedRows(entering)
  for (let node = 0; node < nodeCount; node++) {
    for (let link = offsets[node]; link < offsets[node + 1]; link++) {
      const cost = weighting.linkUnits(graph, link)
      if (cost < Number.POSITIVE_INFINITY) {
        forward.append(node, targets[link], cost, delayUs[link])
        backward.append(targets[link], node, cost, delayUs[link])
      }
    }
  }
  forward.sort()
  backward.sort()
  return { forward, backward }
}

/** The rows of the weightings used last. Finders of one map share one. */
export class CostRowsCache {
  readonly #rows = new Map<string, CostRows>()
  readonly #pinned: ReadonlySet<string>

  /** @param pinned - weightings whose rows are kept whatever others come, besides those used last */
  constructor (pinned: readonly Weighting[] = []) {
    this.#pinned = new Set(pinned.map(({ key }) => key))
  }

  rowsFor (graph: Graph, weighting: Weighting): CostRows {
    const known = this.#rows.get(weighting.key)
    this.#rows.delete(weighting.key)
    known?.follow(graph)
    const rows = known ?? new CostRows(graph, weighting)
    this.#rows.set(weighting.key, rows)
    const others = [...this.#rows.keys()].filter((key) => !this.#pinned.has(key))
    if (others.length > MAX_WEIGHTINGS) {
      this.#rows.delete(others[0])
    }
    return rows
  }
}
