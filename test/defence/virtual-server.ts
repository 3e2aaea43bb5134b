// A machine with one CPU in virtual time. What the world does happens at its time; what the server does happens then or when the CPU is
// free, one thing after the other, and takes as long as it says.

interface Event {
  dueMs: number
  number: number
  isServer: boolean
  hasPromises: boolean
  run: (nowMs: number) => void
}

export class VirtualServer {
  /** All that the CPU did, in ms. */
  busyMs = 0
  #clockMs = 0
  #events: Event[] = []
  #number = 0
  #hasPromises = false

  /** Of the server: ahead of the world's while the CPU is behind. */
  readonly now = (): number => this.#clockMs

  readonly yieldTurn = (run: () => void): void => { this.#onServer(this.#clockMs, run, true) }

  /** Like those of Node: whole milliseconds, one at least. */
  readonly startTimer = (run: () => void, delayMs: number): () => void => {
    const event = this.#onServer(this.#clockMs + Math.max(1, Math.ceil(delayMs)), run, true)
    return () => { event.run = () => {} }
  }

  /** What `run` begins and does not end goes on in this turn if it called `hasPromises`. */
  onServer (dueMs: number, run: () => void): void {
    this.#onServer(dueMs, run, false)
  }

  hasPromises (): void {
    this.#hasPromises = true
  }

  #onServer (dueMs: number, run: () => void, hasPromises: boolean): Event {
    return this.#add({ dueMs, number: this.#number++, isServer: true, hasPromises, run })
  }

  inWorld (dueMs: number, run: (nowMs: number) => void): void {
    this.#add({ dueMs, number: this.#number++, isServer: false, hasPromises: false, run })
  }

  /** Only from what runs on the server. */
  spend (ms: number): void {
    this.#clockMs += ms
    this.busyMs += ms
  }

  async runUntil (endMs: number): Promise<void> {
    for (let event = this.#take(endMs); event !== undefined; event = this.#take(endMs)) {
      if (event.isServer) {
        this.#clockMs = Math.max(this.#clockMs, event.dueMs)
        this.#hasPromises = event.hasPromises
        event.run(this.#clockMs)
        if (this.#hasPromises) {
          await new Promise(resolve => { setImmediate(resolve) })
        }
      } else {
        event.run(event.dueMs)
      }
    }
  }

  #add (event: Event): Event {
    this.#events.push(event)
    for (let at = this.#events.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, this.#events[parent])) {
        break
      }
      this.#events[at] = this.#events[parent]
      this.#events[parent] = event
      at = parent
    }
    return event
  }

  #take (endMs: number): Event | undefined {
    const first = this.#events[0]
    if (first === undefined || first.dueMs > endMs) {
      return undefined
    }
    const last = this.#events.pop() as Event
    if (this.#events.length > 0) {
      this.#sink(last)
    }
    return first
  }

  #sink (event: Event): void {
    const events = this.#events
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child + 1 < events.length && isBefore(events[child + 1], events[child])) {
        child++
      }
      if (child >= events.length || !isBefore(events[child], event)) {
        break
      }
      events[at] = events[child]
      at = child
    }
    events[at] = event
  }
}

function isBefore (one: Event, other: Event): boolean {
  return one.dueMs !== other.dueMs ? one.dueMs < other.dueMs : one.number < other.number
}
