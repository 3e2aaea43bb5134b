// The last switches of a channel, with their times and reasons: what explains how it came to the route that it uses.
import type { Channel, RouteChange } from './channel.ts'

export interface Switch {
  /** Unix time, ms. */
  atMs: number
  /** How the channel went from then on: `via A→B (RSP x, −38 ms)` or `default (reason)`. */
  route: string
  reason: string
}

/** Of one channel; who flaps more often than this shows it in these. */
const MAX_SWITCHES = 16

export class SwitchHistory {
  readonly #nowMs: () => number
  #switches: Switch[] = []

  /** @param nowMs - Unix time */
  constructor (channel: Pick<Channel, 'addEventListener'>, nowMs: () => number = Date.now) {
    this.#nowMs = nowMs
    channel.addEventListener('route', ({ detail }: CustomEvent<RouteChange>) => { this.#note(detail) })
  }

  /** Oldest first. */
  get all (): readonly Switch[] {
    return this.#switches
  }

  #note ({ text: route, reason }: RouteChange): void {
    this.#switches = [...this.#switches, { atMs: this.#nowMs(), route, reason }].slice(-MAX_SWITCHES)
  }
}
