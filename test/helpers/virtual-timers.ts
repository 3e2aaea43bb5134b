// A clock and one-shot timers that move only when a test says so, in the form that DelayLine takes.

export class VirtualTimers {
  nowMs = 0
  /** All until now. */
  started = 0
  readonly #timers = new Set<{ dueMs: number, run: () => void }>()

  readonly now = (): number => this.nowMs

  readonly startTimer = (run: () => void, delayMs: number): () => void => {
    const timer = { dueMs: this.nowMs + delayMs, run }
    this.#timers.add(timer)
    this.started++
    return () => { this.#timers.delete(timer) }
  }

  get running (): number {
    return this.#timers.size
  }

  /** Time passes and no timer runs, as when the process gets no processor; what fell due runs late, with the next `advance`. */
  skip (byMs: number): void {
    this.nowMs += byMs
  }

  /** Runs what falls due on the way, at its own time, including what that starts. */
  advance (byMs: number): void {
    const untilMs = this.nowMs + byMs
    for (;;) {
      const [next] = [...this.#timers].filter(timer => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)
      if (next == null) break
      this.#timers.delete(next)
      this.nowMs = Math.max(this.nowMs, next.dueMs)
      next.run()
    }
    this.nowMs = untilMs
  }
}
