// What is to happen, by time: a binary heap. What is due at the same time keeps the order in which it was added.

export interface DueEvent {
  atMs: number
  /** Higher than that of all that were added before. */
  sequence: number
  run: () => void
}

export class EventHeap {
  readonly #heap: DueEvent[] = []
  #sequence = 0

  get size (): number {
    return this.#heap.length
  }

  /** Sequence that the next event gets. */
  get nextSequence (): number {
    return this.#sequence
  }

  /** The next one that is due. */
  get first (): Readonly<DueEvent> | undefined {
    return this.#heap[0]
  }

  add (atMs: number, run: () => void): void {
    const heap = this.#heap
    const event = { atMs, sequence: this.#sequence++, run }
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!comesFirst(event, heap[parent])) {
        break
      }
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = event
  }

  /** Takes the first one, of which there must be one. */
  take (): DueEvent {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop() as DueEvent
    if (heap.length === 0) {
      return top
    }
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && comesFirst(heap[child + 1], heap[child])) {
        child++
      }
      if (!comesFirst(heap[child], last)) {
        break
      }
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return top
  }
}

function comesFirst (a: DueEvent, b: DueEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}
