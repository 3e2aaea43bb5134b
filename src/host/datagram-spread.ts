// Sends one sealed datagram over several routes, or over one of them in turn.
import type { Spread } from './path-selector.ts'
import type { Way } from '../link/way.ts'

export class DatagramSpread {
  readonly #spread: Spread
  readonly #send: (way: Way, envelope: Uint8Array) => boolean
  #turn = 0

  constructor (spread: Spread, send: (way: Way, envelope: Uint8Array) => boolean) {
    this.#spread = spread
    this.#send = send
  }

  /** @returns false when none of the ways took it */
  send (envelope: Uint8Array, ways: readonly Way[]): boolean {
    if (this.#spread === 'copies') {
      // the peer opens each sequence number once: the second copy ends there
      return ways.filter((way) => this.#send(way, envelope)).length > 0
    }
    this.#turn = (this.#turn + 1) % ways.length
    return [...ways.slice(this.#turn), ...ways.slice(0, this.#turn)].some((way) => this.#send(way, envelope))
  }
}
