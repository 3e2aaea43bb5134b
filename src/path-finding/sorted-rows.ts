// Adjacency whose rows are sorted by cost, and stay so while links change one by one. A search that knows what it may still
// spend stops in the middle of a row, which is what makes it fast: most links of a node are never looked at.

/** Room that a row has beyond its links, so that a new one seldom moves it. */
const SPARE_SHARE = 0.125
/** Shell sort's gaps (Ciura 2001): rows are short, and many. */
const GAPS = [3548, 1577, 701, 301, 132, 57, 23, 10, 4, 1]

/**
 * Row i is starts[i] … ends[i] - 1 of the columns, in order of cost, then of target. Read it freely; write through `set`
 * and `delete`. A row that is full moves to the end of the columns, which are packed again when half of them is left behind.
 */
export class SortedRows {
  readonly nodeCount: number
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  targets = new Uint32Array(0)
  costs = new Float64Array(0)
  delayUs = new Int32Array(0)
  /** One past the last place that the row may grow into. */
  readonly #limits: Uint32Array
  #used = 0

  /** With room for the given number of links in each row. */
  constructor (lengths: Uint32Array) {
    this.nodeCount = lengths.length
    this.starts = new Uint32Array(lengths.length)
    this.ends = new Uint32Array(lengths.length)
    this.#limits = new Uint32Array(lengths.length)
    let used = 0
    for (let node = 0; node < lengths.length; node++) {
      this.starts[node] = used
      this.ends[node] = used
      used += roomFor(lengths[node])
      this.#limits[node] = used
    }
    this.#resize(used)
    this.#used = used
  }

  get byteLength (): number {
    return this.starts.byteLength * 3 + this.targets.byteLength + this.costs.byteLength + this.delayUs.byteLength
  }

  /** Puts a link at the end of its row, which must have room; `sort` follows. */
  append (node: number, target: number, cost: number, delayUs: number): void {
    this.#put(this.ends[node]++, target, cost, delayUs)
  }

  sort (): void {
    for (let node = 0; node < this.nodeCount; node++) {
      for (const gap of GAPS) {
        if (gap < this.ends[node] - this.starts[node]) {
          this.#sortGap(this.starts[node], this.ends[node], gap)
        }
      }
    }
  }

  /** The place of a link, or -1; by a walk over the row. */
  find (node: number, target: number): number {
    const place = this.targets.subarray(this.starts[node], this.ends[node]).indexOf(target)
    return place === -1 ? -1 : this.starts[node] + place
  }

  /** Puts a link in or changes it. */
  set (node: number, target: number, cost: number, delayUs: number): void {
    let place = this.find(node, target)
    if (place === -1) {
      if (this.ends[node] === this.#limits[node]) {
        this.#moveToEnd(node)
      }
      place = this.ends[node]++
    }
    const [start, end] = [this.starts[node], this.ends[node]]
    while (place > start && this.#isBefore(cost, target, place - 1)) {
      this.#copy(place - 1, place--)
    }
    while (place + 1 < end && !this.#isBefore(cost, target, place + 1)) {
      this.#copy(place + 1, place++)
    }
    this.#put(place, target, cost, delayUs)
  }

  delete (node: number, target: number): void {
    const place = this.find(node, target)
    if (place !== -1) {
      const end = this.ends[node]
      this.targets.copyWithin(place, place + 1, end)
      this.costs.copyWithin(place, place + 1, end)
      this.delayUs.copyWithin(place, place + 1, end)
      this.ends[node]--
    }
  }

  #isBefore (cost: number, target: number, place: number): boolean {
    return cost < this.costs[place] || (cost === this.costs[place] && target < this.targets[place])
  }

  #sortGap (start: number, end: number, gap: number): void {
    for (let next = start + gap; next < end; next++) {
      const [target, cost, delayUs] = [this.targets[next], this.costs[next], this.delayUs[next]]
      let place = next
      while (place >= start + gap && this.#isBefore(cost, target, place - gap)) {
        this.#copy(place - gap, place)
        place -= gap
      }
      this.#put(place, target, cost, delayUs)
    }
  }

  #put (place: number, target: number, cost: number, delayUs: number): void {
    this.targets[place] = target
    this.costs[place] = cost
    this.delayUs[place] = delayUs
  }

  #copy (from: number, to: number): void {
    this.targets[to] = this.targets[from]
    this.costs[to] = this.costs[from]
    this.delayUs[to] = this.delayUs[from]
  }

  #moveToEnd (node: number): void {
    const length = this.ends[node] - this.starts[node]
    const room = roomFor(length + 1)
    if (this.#used + room > this.targets.length) {
      this.#pack()
      this.#resize(Math.ceil((this.#used + room) * 1.5))
    }
    const [from, to] = [this.starts[node], this.#used]
    this.targets.copyWithin(to, from, from + length)
    this.costs.copyWithin(to, from, from + length)
    this.delayUs.copyWithin(to, from, from + length)
    this.starts[node] = to
    this.ends[node] = to + length
    this.#used += room
    this.#limits[node] = this.#used
  }

  /** Closes the holes that moved rows have left, in place: rows keep the order in which they stand. */
  #pack (): void {
    const order = Array.from(this.starts.keys()).sort((a, b) => this.starts[a] - this.starts[b])
    let used = 0
    for (const node of order) {
      const [start, end, room] = [this.starts[node], this.ends[node], this.#limits[node] - this.starts[node]]
      this.targets.copyWithin(used, start, end)
      this.costs.copyWithin(used, start, end)
      this.delayUs.copyWithin(used, start, end)
      this.starts[node] = used
      this.ends[node] = used + (end - start)
      used += room
      this.#limits[node] = used
    }
    this.#used = used
  }

  #resize (length: number): void {
    const before = { targets: this.targets, costs: this.costs, delayUs: this.delayUs }
    this.targets = new Uint32Array(length)
    this.costs = new Float64Array(length)
    this.delayUs = new Int32Array(length)
    this.targets.set(before.targets.subarray(0, length))
    this.costs.set(before.costs.subarray(0, length))
    this.delayUs.set(before.delayUs.subarray(0, length))
  }
}

function roomFor (links: number): number {
  return links + 1 + Math.ceil(links * SPARE_SHARE)
}
