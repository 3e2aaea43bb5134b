// The shortest paths between all nodes over a set of links, and how many of them use each link: what a link is worth is
// how many paths it carries. Dijkstra from every source; 490 nodes with 6,000 links take about 50 ms.
import type { Links } from './link-memory.ts'

const NONE = 0xffff

export class AllPairs {
  readonly nodeCount: number
  readonly #relayCostMs: number
  /** Row s: path length from s to each node, Infinity where there is no path; nothing is counted for the end nodes. */
  readonly distanceMs: Float64Array
  /** Row s: the node before each node on its path from s; NONE where there is none. */
  readonly #previous: Uint16Array
  /** Row s: the nodes in the order of their distance from s, as many as can be reached, then NONE. */
  readonly #settled: Uint16Array
  readonly #heap: Uint16Array
  readonly #places: Int32Array
  #offsets: Uint32Array
  #targets = new Uint16Array(0)
  #costsMs = new Float64Array(0)

  constructor (nodeCount: number, relayCostMs: number) {
    this.nodeCount = nodeCount
    this.#relayCostMs = relayCostMs
    this.distanceMs = new Float64Array(nodeCount * nodeCount)
    this.#previous = new Uint16Array(nodeCount * nodeCount)
    this.#settled = new Uint16Array(nodeCount * nodeCount)
    this.#heap = new Uint16Array(nodeCount)
    this.#places = new Int32Array(nodeCount)
    this.#offsets = new Uint32Array(nodeCount + 1)
  }

  run (links: Links): void {
    this.#layOut(links)
    this.distanceMs.fill(Number.POSITIVE_INFINITY)
    this.#previous.fill(NONE)
    this.#settled.fill(NONE)
    for (let source = 0; source < this.nodeCount; source++) {
      this.#search(source)
    }
  }

  /** The nodes between source and destination; undefined where there is no path. */
  relays (source: number, destination: number): number[] | undefined {
    const row = source * this.nodeCount
    const relays: number[] = []
    let node = this.#previous[row + destination]
    if (node === NONE) {
      return undefined
    }
    for (; node !== source; node = this.#previous[row + node]) {
      relays.push(node)
    }
    return relays.reverse()
  }

  /**
   * By pair number: how many of the ordered pairs' paths use the link.
   *
   * @param worth - by row and column, what a path counts; 1 without
   */
  usage (worth?: Float32Array): Float64Array {
    const { nodeCount } = this
    const uses = new Float64Array(nodeCount * nodeCount)
    const behind = new Float64Array(nodeCount)
    for (let row = 0; row < nodeCount * nodeCount; row += nodeCount) {
      behind.fill(0)
      // from the farthest node inwards, each hands what passes it to the one before it
      for (let rank = nodeCount - 1; rank > 0; rank--) {
        const node = this.#settled[row + rank]
        if (node !== NONE) {
          const before = this.#previous[row + node]
          const passing = behind[node] + (worth === undefined ? 1 : worth[row + node])
          behind[before] += passing
          uses[node < before ? node * nodeCount + before : before * nodeCount + node] += passing
        }
      }
    }
    return uses
  }

  /** Links grouped by the node they leave, each relay's cost counted with the link that leads to it. */
  #layOut ({ pairs, rttMs }: Links): void {
    const { nodeCount } = this
    const offsets = new Uint32Array(nodeCount + 1)
    for (const pair of pairs) {
      offsets[Math.floor(pair / nodeCount) + 1]++
      offsets[pair % nodeCount + 1]++
    }
    for (let node = 0; node < nodeCount; node++) {
      offsets[node + 1] += offsets[node]
    }
    const next = offsets.slice()
    this.#offsets = offsets
    this.#targets = new Uint16Array(2 * pairs.length)
    this.#costsMs = new Float64Array(2 * pairs.length)
    for (let link = 0; link < pairs.length; link++) {
      const [a, b] = [Math.floor(pairs[link] / nodeCount), pairs[link] % nodeCount]
      this.#place(next[a]++, b, rttMs[link])
      this.#place(next[b]++, a, rttMs[link])
    }
  }

  #place (at: number, target: number, rttMs: number): void {
    this.#targets[at] = target
    this.#costsMs[at] = rttMs + this.#relayCostMs
  }

  #search (source: number): void {
    const row = source * this.nodeCount
    const distanceMs = this.distanceMs
    const [offsets, targets, costsMs, previous] = [this.#offsets, this.#targets, this.#costsMs, this.#previous]
    this.#places.fill(-1)
    distanceMs[row + source] = 0
    this.#heap[0] = source
    let size = 1
    for (let rank = 0; size > 0; rank++) {
      const node = this.#heap[0]
      this.#settled[row + rank] = node
      this.#places[node] = -2
      size--
      this.#sink(row, size)
      const from = distanceMs[row + node]
      for (let link = offsets[node]; link < offsets[node + 1]; link++) {
        const target = targets[link]
        const cost = from + costsMs[link]
        if (cost < distanceMs[row + target]) {
          distanceMs[row + target] = cost
          previous[row + target] = node
          size += this.#places[target] === -1 ? 1 : 0
          this.#raise(row, target, size - 1)
        }
      }
    }
    for (let node = 0; node < this.nodeCount; node++) {
      // the last link leads to the destination, which relays nothing
      distanceMs[row + node] -= node === source ? 0 : this.#relayCostMs
    }
  }

  /** Moves a node up after its distance became less; one that is new comes in at the end. */
  #raise (row: number, node: number, end: number): void {
    let place = this.#places[node] === -1 ? end : this.#places[node]
    const cost = this.distanceMs[row + node]
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = this.#heap[parent]
      if (this.distanceMs[row + above] <= cost) {
        break
      }
      this.#put(above, place)
      place = parent
    }
    this.#put(node, place)
  }

  /** Closes the gap at the top with the last of `size + 1` nodes. */
  #sink (row: number, size: number): void {
    if (size === 0) {
      return
    }
    const node = this.#heap[size]
    const cost = this.distanceMs[row + node]
    let place = 0
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.distanceMs[row + this.#heap[child + 1]] < this.distanceMs[row + this.#heap[child]]) {
        child++
      }
      if (this.distanceMs[row + this.#heap[child]] >= cost) {
        break
      }
      this.#put(this.#heap[child], place)
      place = child
    }
    this.#put(node, place)
  }

  #put (node: number, place: number): void {
    this.#heap[place] = node
    this.#places[node] = place
  }
}
