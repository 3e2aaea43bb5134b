// When the bytes of a stream were sent: a credit answers the byte that made it go, and not those before, which waited at the other end until there were enough for a credit.

/** What was sent within this time was sent at once. */
const GRAIN_MS = 1
/** A second and more; then what is sent counts as sent with the last. */
const MAX_TIMES = 2_048

interface SentTime {
  /** Up to this byte, counted from the beginning of the stream. */
  bytes: number
  ms: number
}

export class SentTimes {
  /** Oldest first; those before `#first` are done with. */
  readonly #times: SentTime[] = []
  #first = 0

  sent (bytes: number, nowMs: number): void {
    const last = this.#times.at(-1)
    if (last !== undefined && this.#first < this.#times.length && (nowMs - last.ms < GRAIN_MS || this.#times.length - this.#first >= MAX_TIMES)) {
      last.bytes = bytes
    } else {
      this.#times.push({ bytes, ms: nowMs })
    }
  }

  /** When this byte was sent. All before it is forgotten. */
  take (bytes: number): number | undefined {
    while (this.#first < this.#times.length && this.#times[this.#first].bytes < bytes) {
      this.#first++
    }
    const ms = this.#times.at(this.#first)?.ms
    if (this.#first > MAX_TIMES) {
      this.#times.splice(0, this.#first)
      this.#first = 0
    }
    return ms
  }
}
