// Forwarders that are left out of queries for a while because they were seen, or said, to be gone. Bounded.
import type { PeerId } from '@libp2p/interface'

/** Long enough for an RSP to hear of it. */
const AVOID_MS = 20_000
/** As many as a query may name, with a path's beside them. */
const MAX_AVOIDED = 32

export class AvoidList {
  readonly #now: () => number
  /** Oldest first. */
  readonly #until = new Map<string, { peer: PeerId, untilMs: number }>()

  /** @param now - monotonic, ms */
  constructor (now: () => number) {
    this.#now = now
  }

  add (peer: PeerId): void {
    const key = peer.toString()
    this.#until.delete(key)
    this.#until.set(key, { peer, untilMs: this.#now() + AVOID_MS })
    if (this.#until.size > MAX_AVOIDED) {
      this.#until.delete(this.#until.keys().next().value as string)
    }
  }

  get peers (): PeerId[] {
    const nowMs = this.#now()
    return [...this.#until.values()].filter(({ untilMs }) => untilMs > nowMs).map(({ peer }) => peer)
  }
}
