// The labels of one search and the queue of those that are not final yet, in one: by node, what it costs to come there, and
// in which order nodes are to be looked at. Nothing is cleared between searches: labels carry the number of the search that wrote them.
//
// A node that has left is final. In exact arithmetic no label that comes later is better; where sums are so large that they are rounded, one
// may seem so, and to take it could join a path to its own end.

/** The place of a node that has left. */
const LEFT = -1

/**
 * A heap of four branches over nodes. A label is its cost, then its tie; equal labels leave in order of node number, so that
 * a search does the same whatever the order in which it was fed.
 */
export class LabelHeap {
  readonly capacity: number
  readonly costs: Float64Array
  readonly tiesUs: Float64Array
  /** The node before, or whatever the search gave. */
  readonly previous: Int32Array
  readonly #searches: Uint32Array
  readonly #positions: Int32Array
  readonly #heap: Int32Array
  #search = 1
  size = 0

  constructor (capacity: number) {
    this.capacity = capacity
    this.costs = new Float64Array(capacity)
    this.tiesUs = new Float64Array(capacity)
    this.previous = new Int32Array(capacity)
    this.#searches = new Uint32Array(capacity)
    this.#positions = new Int32Array(capacity)
    this.#heap = new Int32Array(capacity)
  }

  clear (): void {
    this.size = 0
    this.#search++
    if (this.#search === 2 ** 32) {
      this.#searches.fill(0)
      this.#search = 1
    }
  }

  /** The next node to leave; only where size is not 0. */
  get top (): number {
    return this.#heap[0]
  }

  /** True when this search has reached the node. */
  has (node: number): boolean {
    return this.#searches[node] === this.#search
  }

  /** True when the label is better than that of a node that has not left; then it is the node's, and the node is in the queue. */
  improve (node: number, cost: number, tieUs: number, previous: number): boolean {
    let position: number
    if (this.#searches[node] !== this.#search) {
      this.#searches[node] = this.#search
      position = this.size++
    } else if (cost < this.costs[node] || (cost === this.costs[node] && tieUs < this.tiesUs[node])) {
      position = this.#positions[node]
      if (position === LEFT) {
        return false
      }
    } else {
      return false
    }
    this.costs[node] = cost
    this.tiesUs[node] = tieUs
    this.previous[node] = previous
    this.#rise(node, position, cost, tieUs)
    return true
  }

  /** Takes the node of the best label out; only where size is not 0. */
  pop (): number {
    const heap = this.#heap
    const first = heap[0]
    this.size--
    if (this.size > 0) {
      this.#sink(heap[this.size])
    }
    this.#positions[first] = LEFT
    return first
  }

  #rise (node: number, start: number, cost: number, tieUs: number): void {
    const heap = this.#heap
    const costs = this.costs
    let position = start
    while (position > 0) {
      const parent = (position - 1) >> 2
      const above = heap[parent]
      if (costs[above] < cost || (costs[above] === cost && !this.#breaksTie(node, tieUs, above))) {
        break
      }
      heap[position] = above
      this.#positions[above] = position
      position = parent
    }
    heap[position] = node
    this.#positions[node] = position
  }

  /** Finds the place of a node, from the top downwards. */
  #sink (node: number): void {
    const heap = this.#heap
    const costs = this.costs
    const size = this.size
    const cost = costs[node]
    const tieUs = this.tiesUs[node]
    let position = 0
    for (let child = 1; child < size; child = 4 * position + 1) {
      const last = Math.min(child + 4, size)
      let best = heap[child]
      let bestPosition = child
      let bestCost = costs[best]
      for (let other = child + 1; other < last; other++) {
        const candidate = heap[other]
        const candidateCost = costs[candidate]
        if (candidateCost < bestCost || (candidateCost === bestCost && this.#breaksTie(candidate, this.tiesUs[candidate], best))) {
          best = candidate
          bestPosition = other
          bestCost = candidateCost
        }
      }
      if (bestCost > cost || (bestCost === cost && this.#breaksTie(node, tieUs, best))) {
        break
      }
      heap[position] = best
      this.#positions[best] = position
      position = bestPosition
    }
    heap[position] = node
    this.#positions[node] = position
  }

  /** Of two nodes of equal cost, true where the first leaves before the other. */
  #breaksTie (node: number, tieUs: number, other: number): boolean {
    return tieUs < this.tiesUs[other] || (tieUs === this.tiesUs[other] && node < other)
  }
}
