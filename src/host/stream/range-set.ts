// Disjoint ranges of whole numbers, in order: received packet numbers, acknowledged bytes, bytes to send again. Few ranges are expected,
// and nearly all changes are at the ends.

export class RangeSet {
  /** Start and end (exclusive) of each range, ascending. */
  readonly #bounds: number[] = []

  get count (): number {
    return this.#bounds.length / 2
  }

  start (index: number): number {
    return this.#bounds[2 * index]
  }

  /** Exclusive. */
  end (index: number): number {
    return this.#bounds[2 * index + 1]
  }

  has (value: number): boolean {
    const index = this.#firstEndingFrom(value + 1)
    return index < this.count && this.start(index) <= value
  }

  /** `end` is exclusive. */
  add (start: number, end: number): void {
    const bounds = this.#bounds
    const length = bounds.length
    if (length > 0 && start >= bounds[length - 2] && start <= bounds[length - 1]) {
      bounds[length - 1] = Math.max(end, bounds[length - 1])
      return
    }
    if (length === 0 || start > bounds[length - 1]) {
      bounds.push(start, end)
      return
    }
    const from = this.#firstEndingFrom(start)
    let to = from
    while (to < this.count && this.start(to) <= end) {
      to++
    }
    if (from === to) {
      bounds.splice(2 * from, 0, start, end)
    } else {
      bounds.splice(2 * from, 2 * (to - from), Math.min(start, this.start(from)), Math.max(end, this.end(to - 1)))
    }
  }

  /** `end` is exclusive. */
  remove (start: number, end: number): void {
    const bounds = this.#bounds
    let index = this.#firstEndingFrom(start + 1)
    while (index < this.count && this.start(index) < end) {
      const [from, to] = [this.start(index), this.end(index)]
      const rest = [...(from < start ? [from, start] : []), ...(to > end ? [end, to] : [])]
      bounds.splice(2 * index, 2, ...rest)
      index += rest.length / 2
    }
  }

  removeFirst (): void {
    this.#bounds.splice(0, 2)
  }

  clear (): void {
    this.#bounds.length = 0
  }

  /** Index of the first range whose end is at or above `value`. */
  #firstEndingFrom (value: number): number {
    let [low, high] = [0, this.count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.end(middle) < value) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
