// The priority queue of the shortest path search, on typed arrays.

/**
 * A binary heap of the items 0…capacity - 1, each in it at most once. An item's priority is read from two columns that
 * the caller owns: lower cost first, then lower tie, then lower number. So the order in which items leave depends on
 * the priorities alone. An item whose priority improved while it was inside is told with `raise`.
 */
export class BinaryHeap {
  readonly #costs: Float64Array
  readonly #ties: Float64Array
  readonly #items: Int32Array
  /** Where each item stands in #items; -1 where it is not inside. */
  readonly #positions: Int32Array
  #size = 0

  constructor (costs: Float64Array, ties: Float64Array) {
    this.#costs = costs
    this.#ties = ties
    this.#items = new Int32Array(costs.length)
    this.#positions = new Int32Array(costs.length).fill(-1)
  }

  get size (): number {
    return this.#size
  }

  clear (): void {
    for (let position = 0; position < this.#size; position++) {
      this.#positions[this.#items[position]] = -1
    }
    this.#size = 0
  }

  /** Puts the item in, or moves it up after its priority improved. */
  raise (item: number): void {
    let position = this.#positions[item]
    if (position === -1) {
      position = this.#size++
    }
    while (position > 0) {
      const parent = (position - 1) >> 1
      const above = this.#items[parent]
      if (!this.#before(item, above)) {
        break
      }
      this.#place(above, position)
      position = parent
    }
    this.#place(item, position)
  }

  /** Takes the first item out; -1 when there is none. */
  pop (): number {
    if (this.#size === 0) {
      return -1
    }
    const first = this.#items[0]
    this.#positions[first] = -1
    this.#size--
    if (this.#size > 0) {
      this.#sink(this.#items[this.#size])
    }
    return first
  }

  /** Finds the place of an item, from the top downwards. */
  #sink (item: number): void {
    const half = this.#size >> 1
    let position = 0
    while (position < half) {
      let child = 2 * position + 1
      if (child + 1 < this.#size && this.#before(this.#items[child + 1], this.#items[child])) {
        child++
      }
      const below = this.#items[child]
      if (!this.#before(below, item)) {
        break
      }
      this.#place(below, position)
      position = child
    }
    this.#place(item, position)
  }

  #place (item: number, position: number): void {
    this.#items[position] = item
    this.#positions[item] = position
  }

  #before (a: number, b: number): boolean {
    const difference = this.#costs[a] - this.#costs[b]
    if (difference !== 0) {
      return difference < 0
    }
    const tie = this.#ties[a] - this.#ties[b]
    return tie !== 0 ? tie < 0 : a < b
  }
}
