// A clock that jumps from event to event: what takes hours takes as long as computing it. For simulations; events of one moment run in the order in
// which they were made.

import { EventHeap } from './event-heap.ts'

export class VirtualTime {
  nowMs = 0
  readonly #events = new EventHeap()

  readonly now = (): number => this.nowMs

  /** At once, if that is past. */
  at (atMs: number, run: () => void): void {
    this.#events.add(Math.max(this.nowMs, atMs), run)
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
    for (let next = this.#events.first; next !== undefined && next.atMs <= untilMs; next = this.#events.first) {
      const event = this.#events.take()
      this.nowMs = event.atMs
      event.run()
    }
    this.nowMs = untilMs
  }
}
