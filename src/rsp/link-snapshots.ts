// What is believed of the links, by the numbers of their ends, and the graphs that path finding reads: one serves until links come or go, or its
// values are too old.
import { LinkTable } from '../topology/link-table.ts'
import type { Graph } from '../topology/graph.ts'
import type { LinkMetrics } from '../topology/link-metrics.ts'

export class LinkSnapshots {
  readonly #links = new LinkTable()
  readonly #snapshotMs: number
  #graph: Graph | undefined
  #graphAtMs = 0
  /** The oldest value in the graph. */
  #oldestMs = Number.POSITIVE_INFINITY

  /** @param snapshotMs - while links only change their values, a graph serves for so long */
  constructor (snapshotMs: number) {
    this.#snapshotMs = snapshotMs
  }

  coverNodes (nodeCount: number): void {
    this.#links.coverNodes(nodeCount)
    this.#graph = undefined
  }

  removeNode (node: number): void {
    this.#links.removeNode(node)
    this.#graph = undefined
  }

  /** @param metrics - in both directions */
  put (a: number, b: number, metrics: { forth: LinkMetrics, back: LinkMetrics }): void {
    const { linkCount } = this.#links
    this.#links.upsert(a, b, metrics.forth)
    this.#links.upsert(b, a, metrics.back)
    if (this.#links.linkCount !== linkCount) {
      this.#graph = undefined
    }
  }

  remove (a: number, b: number): void {
    const isGone = this.#links.remove(a, b)
    if (this.#links.remove(b, a) || isGone) {
      this.#graph = undefined
    }
  }

  /** The last graph, where it serves still: nothing in it is older than allowed. */
  held (nowMs: number, oldestAllowedMs: number): Graph | undefined {
    const graph = this.#graph
    const isYoung = this.#oldestMs >= oldestAllowedMs && nowMs >= this.#graphAtMs
    return isYoung && graph !== undefined && (nowMs - this.#graphAtMs < this.#snapshotMs || graph.version === this.#links.version) ? graph : undefined
  }

  /** A new graph, without what is older. */
  take (nowMs: number, oldestAllowedMs: number): Graph {
    this.#links.removeOlderThan(oldestAllowedMs)
    const graph = this.#links.snapshot()
    this.#graph = graph
    this.#graphAtMs = nowMs
    this.#oldestMs = graph.updatedAtMs.reduce((oldestMs, ms) => Math.min(oldestMs, ms), Number.POSITIVE_INFINITY)
    return graph
  }

  /** In both directions, and however old. */
  * all (): Generator<{ from: number, to: number, rttUs: number }> {
    const graph = this.#links.snapshot()
    for (let from = 0; from < graph.nodeCount; from++) {
      for (let link = graph.offsets[from]; link < graph.offsets[from + 1]; link++) {
        yield { from, to: graph.targets[link], rttUs: graph.delayUs[link] }
      }
    }
  }
}
