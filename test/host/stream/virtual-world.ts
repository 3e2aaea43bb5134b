// Events in virtual time, in order.

interface Event { atMs: number, number: number, run: () => void }

export class VirtualWorld {
  nowMs = 1_000
  #number = 0
  /** A binary heap. */
  readonly #events: Event[] = []

  at (atMs: number, run: () => void): void {
    const heap = this.#events
    heap.push({ atMs: Math.max(atMs, this.nowMs), number: this.#number++, run })
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >>> 1
      if (!before(heap[i], heap[parent])) break
      ;[heap[i], heap[parent]] = [heap[parent], heap[i]]
      i = parent
    }
  }

  after (ms: number, run: () => void): void {
    this.at(this.nowMs + ms, run)
  }

  /** Until nothing is left to happen, or until that time; or `isDone`. */
  run (untilMs = Infinity, isDone: () => boolean = () => false): void {
    while (this.#events.length > 0 && this.#events[0].atMs <= untilMs && !isDone()) {
      const event = this.#pop()
      this.nowMs = event.atMs
      event.run()
    }
    if (untilMs < Infinity && !isDone()) {
      this.nowMs = Math.max(this.nowMs, untilMs)
    }
  }

  runFor (ms: number, isDone?: () => boolean): void {
    this.run(this.nowMs + ms, isDone)
  }

  #pop (): Event {
    const heap = this.#events
    const top = heap[0]
    const last = heap.pop() as Event
    if (heap.length > 0) {
      heap[0] = last
      for (let i = 0; ;) {
        let least = i
        for (const child of [2 * i + 1, 2 * i + 2]) {
          if (child < heap.length && before(heap[child], heap[least])) least = child
        }
        if (least === i) break
        ;[heap[i], heap[least]] = [heap[least], heap[i]]
        i = least
      }
    }
    return top
  }
}

function before (a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number)
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom (seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
