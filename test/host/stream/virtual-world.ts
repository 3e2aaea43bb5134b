// Events in virtual time, in order.

import { EventHeap } from '../../../src/simulation/event-heap.ts'

export class VirtualWorld {
  nowMs = 1_000
  readonly #events = new EventHeap()

  at (atMs: number, run: () => void): void {
    this.#events.add(Math.max(atMs, this.nowMs), run)
  }

  after (ms: number, run: () => void): void {
    this.at(this.nowMs + ms, run)
  }

  /** Until nothing is left to happen, or until that time; or `isDone`. */
  run (untilMs = Infinity, isDone: () => boolean = () => false): void {
    for (let next = this.#events.first; next !== undefined && next.atMs <= untilMs && !isDone(); next = this.#events.first) {
      const event = this.#events.take()
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
