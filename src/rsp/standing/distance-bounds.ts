// How far every node is from some nodes at least (the anchors), kept true while links change, at little cost: what links make
// shorter is carried on at once, what they make longer only when an anchor's turn comes. So whoever asks whether a path over a link
// that has changed can be any good has an answer by two look-ups and a sum, wrong on the safe side only.
//
// Kept is a potential: for no link u→v is an anchor's number at v greater than that at u and the link's own length, which makes it a
// lower bound of every path (the landmarks of Goldberg and Harrelson, SODA 2005, without their recomputation). Numbers are a little less than
// distances, so that links that only jitter break nothing.
//
// Links go both ways and are as long, as the map's are: lengths are round trips.
import { LabelHeap } from '../../path-finding/label-heap.ts'
import type { Graph } from '../../topology/graph.ts'

/** Links may become so much shorter before anything is to do. */
const SLACK = 0.97
/** 16 million numbers of four bytes: 4,096 anchors of as many nodes. */
const MAX_CELLS = 2 ** 24
const FIRST_ANCHORS = 64
const NO_NODE = 0

export interface DistanceBoundsInit {
  /** Added to every link: what the forwarder at its end costs. */
  relayCostUs: number
  maxCells?: number
}

export class DistanceBounds {
  readonly #relayCostUs: number
  readonly #maxCells: number
  #graph: Graph | undefined
  #heap = new LabelHeap(0)
  /** The node of each anchor. */
  #anchors: number[] = []
  readonly #numbers = new Map<number, number>()
  /** By node, then anchor: what concerns one node lies together. */
  #cells = new Float32Array(0)
  #stride = 0
  #turn = 0

  constructor ({ relayCostUs, maxCells = MAX_CELLS }: DistanceBoundsInit) {
    this.#relayCostUs = relayCostUs
    this.#maxCells = maxCells
  }

  get anchors (): number {
    return this.#anchors.length
  }

  get byteLength (): number {
    return this.#cells.byteLength
  }

  /**
   * Makes the bounds those of another snapshot.
   *
   * @param changed - the ends of each link that is not as before, as often as one likes; undefined: it is not known which, and all anchors are lost
   * @returns whether there are still anchors under their numbers; they are lost too where more nodes have come than there is room for
   */
  follow (graph: Graph, changed: Iterable<readonly [from: number, to: number]> | undefined): boolean {
    const hasRoom = this.#stride * graph.nodeCount <= this.#cells.length
    const before = this.#graph
    this.#graph = graph
    if (this.#heap.capacity < graph.nodeCount) {
      this.#heap = new LabelHeap(graph.nodeCount)
    }
    if (changed === undefined || before === undefined || !hasRoom) {
      this.forget()
      return false
    }
    for (const [from, to] of changed) {
      const lengthUs = this.#lengthUs(graph, graph.linkBetween(from, to))
      if (lengthUs < this.#lengthUs(before, before.linkBetween(from, to))) {
        this.#shorten(from, to, lengthUs)
      }
    }
    return true
  }

  /** The number of a node as an anchor; -1 where there is no room for another. */
  anchorAt (node: number): number {
    const known = this.#numbers.get(node)
    if (known !== undefined || this.#graph === undefined || node >= this.#graph.nodeCount || !this.#makeRoom(this.#graph.nodeCount)) {
      return known ?? -1
    }
    const anchor = this.#anchors.push(node) - 1
    this.#numbers.set(node, anchor)
    this.#grow(anchor)
    return anchor
  }

  /** Of each anchor by number: how far, in µs, the node is from it at least. To be read before the next call of anything else. */
  from (node: number): Float32Array {
    return this.#cells.subarray(node * this.#stride, node * this.#stride + this.#anchors.length)
  }

  /** Computes the next anchor's numbers anew; links that have become longer count then. Gives its number, -1 where there is none. */
  refreshNext (): number {
    if (this.#anchors.length === 0) {
      return -1
    }
    this.#turn = (this.#turn + 1) % this.#anchors.length
    this.#grow(this.#turn)
    return this.#turn
  }

  /** All anchors: for as long as nobody asks about any. */
  forget (): void {
    this.#anchors = []
    this.#numbers.clear()
    this.#cells = new Float32Array(0)
    this.#stride = 0
  }

  #makeRoom (nodeCount: number): boolean {
    if (this.#anchors.length < this.#stride) {
      return true
    }
    const stride = Math.min(Math.max(FIRST_ANCHORS, 2 * this.#stride), Math.floor(this.#maxCells / nodeCount))
    if (stride <= this.#stride) {
      return false
    }
    // nodes that come later have room for a while
    const nodes = Math.min(Math.ceil(nodeCount * 1.25), Math.floor(this.#maxCells / stride))
    const cells = new Float32Array(nodes * stride).fill(Number.POSITIVE_INFINITY)
    for (let node = 0; node < nodeCount && this.#stride > 0; node++) {
      cells.set(this.#cells.subarray(node * this.#stride, (node + 1) * this.#stride), node * stride)
    }
    this.#cells = cells
    this.#stride = stride
    return true
  }

  #lengthUs (graph: Graph, link: number): number {
    return link === -1 ? Number.POSITIVE_INFINITY : graph.delayUs[link] + this.#relayCostUs
  }

  /** Dijkstra's algorithm from an anchor. */
  #grow (anchor: number): void {
    const { nodeCount } = this.#graph as Graph
    const node = this.#anchors[anchor]
    for (let at = anchor; at < nodeCount * this.#stride; at += this.#stride) {
      this.#cells[at] = Number.POSITIVE_INFINITY
    }
    this.#heap.clear()
    this.#heap.improve(node, 0, 0, NO_NODE)
    this.#settle(anchor)
  }

  /** A link is so long now: where that breaks an anchor's potential, it is mended from there on. */
  #shorten (from: number, to: number, lengthUs: number): void {
    const anchors = this.#anchors.length
    const [near, far] = [from * this.#stride, to * this.#stride]
    for (let anchor = 0; anchor < anchors; anchor++) {
      const reachedUs = this.#cells[near + anchor] + lengthUs
      if (reachedUs < this.#cells[far + anchor]) {
        this.#heap.clear()
        this.#heap.improve(to, this.#cells[near + anchor] + SLACK * lengthUs, 0, NO_NODE)
        this.#settle(anchor)
      }
    }
  }

  #settle (anchor: number): void {
    const { offsets, targets, delayUs } = this.#graph as Graph
    const heap = this.#heap
    while (heap.size > 0) {
      const node = heap.pop()
      const distanceUs = heap.costs[node]
      this.#cells[node * this.#stride + anchor] = distanceUs
      for (let link = offsets[node]; link < offsets[node + 1]; link++) {
        const target = targets[link]
        const reachedUs = distanceUs + SLACK * (delayUs[link] + this.#relayCostUs)
        if (reachedUs < this.#cells[target * this.#stride + anchor]) {
          heap.improve(target, reachedUs, 0, NO_NODE)
        }
      }
    }
  }
}
