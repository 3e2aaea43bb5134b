// Tells the peer on which route to answer: when another one is used, and again from time to time, for what tells it may be lost.
const INTERVAL_MS = 1_000
/** The peer goes on on a dead route until it hears of the new one: it is told three times within a tenth of a second. */
const AGAIN_MS = 40
const AGAIN = 2

export class RouteAnnouncer {
  readonly #announce: () => void
  #nextMs = -Infinity
  #again = 0

  /** @param announce - says on the route in use that it is the one */
  constructor (announce: () => void) {
    this.#announce = announce
  }

  /** Another route is used from now on. */
  changed (nowMs: number): void {
    this.#again = AGAIN
    this.#nextMs = nowMs
    this.tick(nowMs)
  }

  tick (nowMs: number): void {
    if (nowMs >= this.#nextMs) {
      this.#nextMs = nowMs + (this.#again > 0 ? AGAIN_MS : INTERVAL_MS)
      this.#again = Math.max(0, this.#again - 1)
      this.#announce()
    }
  }
}
