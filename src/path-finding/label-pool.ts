// The partial paths of a constrained search: their columns, the queue in which they wait, and by state the list of those that
// no other one dominates.

const FIRST_CAPACITY = 1024
const NONE = -1

/** A partial path. */
export interface PartialPath {
  state: number
  node: number
  cost: number
  tieUs: number
  forwarders: number
  /** Which of the nodes that must not come twice are on it, as bits. */
  visited: number
  /** The one that it goes on from, or -1. */
  previous: number
}

export class LabelPool {
  state = new Int32Array(FIRST_CAPACITY)
  node = new Int32Array(FIRST_CAPACITY)
  cost = new Float64Array(FIRST_CAPACITY)
  tieUs = new Float64Array(FIRST_CAPACITY)
  forwarders = new Uint8Array(FIRST_CAPACITY)
  visited = new Uint32Array(FIRST_CAPACITY)
  previous = new Int32Array(FIRST_CAPACITY)
  /** What it has used of each resource, `resourceCount` values for each label. */
  used = new Float64Array(FIRST_CAPACITY)
  size = 0
  #resourceCount = 0
  #countsForwarders = false
  /** By state: the first label of its list, where the number of the search is the present one. */
  #first = new Int32Array(0)
  #searches = new Uint32Array(0)
  #search = 0
  #next = new Int32Array(FIRST_CAPACITY)
  #isDominated = new Uint8Array(FIRST_CAPACITY)
  /** The queue, a binary heap by the least cost of a complete path, then tie, then age. */
  #queue = new Int32Array(FIRST_CAPACITY)
  #least = new Float64Array(FIRST_CAPACITY)
  #queued = 0

  /** What the next partial path has used of each resource; to be written before it is given. */
  candidate = new Float64Array(0)

  /** Empties the pool. */
  begin (stateCount: number, resourceCount: number, countsForwarders: boolean): void {
    if (this.#first.length < stateCount) {
      this.#first = new Int32Array(stateCount)
      this.#searches = new Uint32Array(stateCount)
      this.#search = 0
    }
    this.#search++
    if (this.#search === 2 ** 32) {
      this.#searches.fill(0)
      this.#search = 1
    }
    this.#resourceCount = resourceCount
    this.#countsForwarders = countsForwarders
    this.candidate = new Float64Array(resourceCount)
    this.size = 0
    this.#queued = 0
    this.#reserve(FIRST_CAPACITY)
  }

  /** Takes the partial path in, unless one of its state is at least as good in everything; drops those that are no better. */
  offer (path: Readonly<PartialPath>, leastCost: number): void {
    const label = this.add(path)
    if (this.#isBeaten(label, path.state)) {
      this.size--
      return
    }
    this.#dropBeaten(label, path.state)
    this.#next[label] = this.#searches[path.state] === this.#search ? this.#first[path.state] : NONE
    this.#first[path.state] = label
    this.#searches[path.state] = this.#search
    this.#push(label, leastCost)
  }

  /** Takes a complete path in; complete paths are not compared, since the first to leave the queue is the best. */
  complete (path: Readonly<PartialPath>): void {
    this.#push(this.add(path), path.cost)
  }

  /** The label whose completion may cost least; -1 when none is left. */
  pop (): number {
    while (this.#queued > 0) {
      const label = this.#queue[0]
      this.#queued--
      if (this.#queued > 0) {
        this.#sink(this.#queue[this.#queued])
      }
      if (this.#isDominated[label] === 0) {
        return label
      }
    }
    return NONE
  }

  /** No complete path that is yet to leave the queue after this label costs less. */
  leastCost (label: number): number {
    return this.#least[label]
  }

  /** The nodes of a label's path. */
  trace (label: number): number[] {
    const nodes: number[] = []
    for (let at = label; at !== NONE; at = this.previous[at]) {
      nodes.push(this.node[at])
    }
    return nodes.reverse()
  }

  #isBeaten (label: number, state: number): boolean {
    if (this.#searches[state] !== this.#search) {
      return false
    }
    for (let other = this.#first[state]; other !== NONE; other = this.#next[other]) {
      if (this.#beats(other, label)) {
        return true
      }
    }
    return false
  }

  #dropBeaten (by: number, state: number): void {
    if (this.#searches[state] !== this.#search) {
      return
    }
    let before = NONE
    for (let label = this.#first[state]; label !== NONE; label = this.#next[label]) {
      if (!this.#beats(by, label)) {
        before = label
        continue
      }
      this.#isDominated[label] = 1
      if (before === NONE) {
        this.#first[state] = this.#next[label]
      } else {
        this.#next[before] = this.#next[label]
      }
    }
  }

  #beats (by: number, label: number): boolean {
    const isNoWorse = this.cost[by] < this.cost[label] || (this.cost[by] === this.cost[label] && this.tieUs[by] <= this.tieUs[label])
    if (!isNoWorse || (this.visited[by] & ~this.visited[label]) !== 0 || (this.#countsForwarders && this.forwarders[by] > this.forwarders[label])) {
      return false
    }
    for (let resource = 0; resource < this.#resourceCount; resource++) {
      if (this.used[by * this.#resourceCount + resource] > this.used[label * this.#resourceCount + resource]) {
        return false
      }
    }
    return true
  }

  /** Takes a partial path in that others go on from, and that is not looked at itself. */
  add (path: Readonly<PartialPath>): number {
    const label = this.size++
    if (label >= this.state.length) {
      this.#reserve(label * 2)
    }
    this.state[label] = path.state
    this.node[label] = path.node
    this.cost[label] = path.cost
    this.tieUs[label] = path.tieUs
    this.forwarders[label] = path.forwarders
    this.visited[label] = path.visited
    this.previous[label] = path.previous
    for (let resource = 0; resource < this.#resourceCount; resource++) {
      this.used[label * this.#resourceCount + resource] = this.candidate[resource]
    }
    this.#isDominated[label] = 0
    return label
  }

  #push (label: number, leastCost: number): void {
    this.#least[label] = leastCost
    let position = this.#queued++
    while (position > 0) {
      const parent = (position - 1) >> 1
      const above = this.#queue[parent]
      if (!this.#isBefore(label, above)) {
        break
      }
      this.#queue[position] = above
      position = parent
    }
    this.#queue[position] = label
  }

  #sink (label: number): void {
    const half = this.#queued >> 1
    let position = 0
    while (position < half) {
      let child = 2 * position + 1
      if (child + 1 < this.#queued && this.#isBefore(this.#queue[child + 1], this.#queue[child])) {
        child++
      }
      if (!this.#isBefore(this.#queue[child], label)) {
        break
      }
      this.#queue[position] = this.#queue[child]
      position = child
    }
    this.#queue[position] = label
  }

  #isBefore (a: number, b: number): boolean {
    const difference = this.#least[a] - this.#least[b]
    if (difference !== 0) {
      return difference < 0
    }
    const tie = this.tieUs[a] - this.tieUs[b]
    return tie !== 0 ? tie < 0 : a < b
  }

  #reserve (capacity: number): void {
    if (this.state.length < capacity) {
      this.state = grown(this.state, new Int32Array(capacity))
      this.node = grown(this.node, new Int32Array(capacity))
      this.cost = grown(this.cost, new Float64Array(capacity))
      this.tieUs = grown(this.tieUs, new Float64Array(capacity))
      this.forwarders = grown(this.forwarders, new Uint8Array(capacity))
      this.visited = grown(this.visited, new Uint32Array(capacity))
      this.previous = grown(this.previous, new Int32Array(capacity))
      this.#next = grown(this.#next, new Int32Array(capacity))
      this.#isDominated = grown(this.#isDominated, new Uint8Array(capacity))
      this.#queue = grown(this.#queue, new Int32Array(capacity))
      this.#least = grown(this.#least, new Float64Array(capacity))
    }
    const needed = this.state.length * this.#resourceCount
    if (this.used.length < needed) {
      this.used = grown(this.used, new Float64Array(needed))
    }
  }
}

function grown<T extends Int32Array | Uint32Array | Uint8Array | Float64Array> (from: T, to: T): T {
  to.set(from)
  return to
}
