// A clock that jumps from event to event: what takes hours takes as long as computing it. For simulations; events of one moment run in the order in
// which they were made.

interface Event {
  atMs: number
  sequence: number
  run: () => void
}

export class VirtualTime {
  nowMs = 0
  readonly #heap: Event[] = []
  #sequence = 0

  readonly now = (): number => this.nowMs

  /** At once, if that is past. */
  at (atMs: number, run: () => void): void {
    push(this.#heap, { atMs: Math.max(this.nowMs, atMs), sequence: this.#sequence++, run })
  }

  /** Returns what cancels it. */
  readonly after = (delayMs: number, run: () => void): () => void => {
    let isCancelled = false
    this.at(this.nowMs + delayMs, () => {
      if (!isCancelled) {
        run()
      }
    })
    return () => { isCancelled = true }
  }

  /** Again and again, until what it returns is called. */
  readonly every = (intervalMs: number, run: () => void): () => void => {
    let cancel = (): void => {}
    const next = (): void => {
      cancel = this.after(intervalMs, () => {
        next()
        run()
      })
    }
    next()
    return () => { cancel() }
  }

  run (forMs: number): void {
    const untilMs = this.nowMs + forMs
    while (this.#heap.length > 0 && this.#heap[0].atMs <= untilMs) {
      const event = pop(this.#heap)
      this.nowMs = event.atMs
      event.run()
    }
    this.nowMs = untilMs
  }
}

function comesFirst (a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}

function push (heap: Event[], event: Event): void {
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

function pop (heap: Event[]): Event {
  const top = heap[0]
  const last = heap.pop() as Event
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
