/**
 * The places of a service, for request-response.ts: so many exchanges at once, of which nobody gets more than a share,
 * neither by its peer id nor, since ids cost nothing, by the address prefix that it shares with others.
 */
import { OverQuotaError } from './errors.ts'

export interface PlaceLimits {
  all: number
  perPeer: number
  /** Of those whose address is counted. */
  perPrefix: number
}

export interface PlaceTaker {
  peer: string
  /** Of its address; undefined where it is not counted by it. */
  prefix?: string
}

export class ExchangePlaces {
  readonly #limits: PlaceLimits
  readonly #byPeer = new Map<string, number>()
  readonly #byPrefix = new Map<string, number>()
  #taken = 0

  constructor (limits: PlaceLimits) {
    this.#limits = limits
  }

  get taken (): number {
    return this.#taken
  }

  /** @throws OverQuotaError */
  take ({ peer, prefix }: PlaceTaker): void {
    const { all, perPeer, perPrefix } = this.#limits
    if ((this.#byPeer.get(peer) ?? 0) >= perPeer) {
      throw new OverQuotaError(`at most ${perPeer} exchanges at once: wait for one to end`)
    }
    if (prefix !== undefined && (this.#byPrefix.get(prefix) ?? 0) >= perPrefix) {
      throw new OverQuotaError('too many exchanges at once with peers of your address prefix: try later')
    }
    if (this.#taken >= all) {
      throw new OverQuotaError('too many exchanges at once: try later')
    }
    this.#taken++
    add(this.#byPeer, peer, 1)
    add(this.#byPrefix, prefix, 1)
  }

  /** To be called once for each place that was taken. */
  give ({ peer, prefix }: PlaceTaker): void {
    this.#taken--
    add(this.#byPeer, peer, -1)
    add(this.#byPrefix, prefix, -1)
  }
}

function add (counts: Map<string, number>, key: string | undefined, change: number): void {
  if (key === undefined) {
    return
  }
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) {
    counts.set(key, count)
  } else {
    counts.delete(key)
  }
}
