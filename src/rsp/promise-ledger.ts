// Some of the promises that were made lately, until the links that they are made of have been measured anew.
import { measurePath } from '../topology/path.ts'
import type { Graph } from '../topology/graph.ts'
import type { PathMetrics } from '../topology/path.ts'

/** A thousand checks show a share to about one per cent. */
const MAX_PROMISES = 1_024
/** Twenty a second are as good a sample of thousands of answers. */
const MIN_GAP_MS = 50
/** About when a host that was given the path uses it. */
const CHECKED_AFTER_MS = 60_000
/** Links that are not measured any more say nothing. */
const FORGOTTEN_AFTER_MS = 300_000

export interface PromiseLedgerInit {
  minGapMs?: number
  checkedAfterMs?: number
  /** Ms of any monotonic origin. Default: `performance.now`. */
  clock?: () => number
}

/** What was known of a path's links when it was promised, and what is known of them now; access legs are not in it. */
export interface KeptPromise {
  links: number
  /** Half the width of the interval that was promised for the round trip. */
  rttMarginUs: number
  then: PathMetrics
  now: PathMetrics
}

interface Entry {
  nodes: readonly number[]
  then: PathMetrics
  rttMarginUs: number
  /** Unix time, ms, as the links' own; and by the clock. */
  atMs: number
  notedMs: number
}

export class PromiseLedger {
  readonly #minGapMs: number
  readonly #checkedAfterMs: number
  readonly #clock: () => number
  /** Oldest first. */
  #entries: Entry[] = []
  #lastMs = Number.NEGATIVE_INFINITY

  constructor ({ minGapMs = MIN_GAP_MS, checkedAfterMs = CHECKED_AFTER_MS, clock = () => performance.now() }: PromiseLedgerInit = {}) {
    this.#minGapMs = minGapMs
    this.#checkedAfterMs = checkedAfterMs
    this.#clock = clock
  }

  get size (): number {
    return this.#entries.length
  }

  /**
   * Keeps a path of the graph, unless one has just been kept or there is no room. A path without links promises nothing.
   *
   * @param nowMs - Unix time, as that of the links
   */
  note (graph: Graph, nodes: readonly number[], rttMarginUs: number, nowMs: number): void {
    const notedMs = this.#clock()
    if (nodes.length < 2 || notedMs - this.#lastMs < this.#minGapMs || this.#entries.length >= MAX_PROMISES) {
      return
    }
    const then = measurePath(graph, nodes, 0, 0)
    if (then !== undefined) {
      this.#lastMs = notedMs
      this.#entries.push({ nodes, then, rttMarginUs, atMs: nowMs, notedMs })
    }
  }

  /** Gives up those that are old enough and of which all links have been measured since; forgets those that were not for long. */
  due (graph: Graph): KeptPromise[] {
    const due: KeptPromise[] = []
    const clockMs = this.#clock()
    this.#entries = this.#entries.filter(({ nodes, then, rttMarginUs, atMs, notedMs }) => {
      const ageMs = clockMs - notedMs
      if (ageMs < this.#checkedAfterMs) {
        return true
      }
      const now = measurePath(graph, nodes, 0, 0)
      // of a wall clock that was set back the links' own times are not to be judged by
      if (now === undefined || !(now.oldestMs > Math.max(atMs, then.oldestMs))) {
        return ageMs < FORGOTTEN_AFTER_MS
      }
      due.push({ links: nodes.length - 1, rttMarginUs, then, now })
      return false
    })
    return due
  }

  /** The number goes to another node, or to none: its links are not those of which something was promised. */
  removeNode (node: number): void {
    this.#entries = this.#entries.filter(({ nodes }) => !nodes.includes(node))
  }
}
