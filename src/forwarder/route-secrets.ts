// The secrets under which a forwarder's hop authenticators are made: a random one for each window of expiry times. Which one
// holds stands in the packet, and each is forgotten when nothing that it was used for can be valid any more: so they rotate by
// themselves, and a stolen one is good for about half an hour.
import { CLOCK_SKEW_S, MAX_ROUTE_LIFE_S } from '../../protocols/forward/constants.ts'

/** Longer than what a packet's expiry may be away from now in both directions (1,020 s), so that two secrets live at once. */
const WINDOW_S = 1_024
const SECRET_BYTES = 32

export interface RouteSecretsInit {
  /** So many bytes that nobody can guess. */
  randomBytes: (count: number) => Uint8Array
  /** Unix time in seconds. */
  nowS: () => number
}

export class RouteSecrets {
  readonly #init: RouteSecretsInit
  readonly #secrets = new Map<number, Uint8Array>()

  constructor (init: RouteSecretsInit) {
    this.#init = init
  }

  /** Secrets that live now. */
  get size (): number {
    return this.#secrets.size
  }

  /** The secret for packets of this expiry; undefined for one that no packet may have now. */
  of (expiryS: number): Uint8Array | undefined {
    const nowS = this.#init.nowS()
    const [oldest, newest] = [nowS - CLOCK_SKEW_S, nowS + MAX_ROUTE_LIFE_S + CLOCK_SKEW_S]
    if (!(expiryS >= oldest && expiryS <= newest)) {
      return undefined
    }
    this.#forgetOutside(windowOf(oldest), windowOf(newest))
    const window = windowOf(expiryS)
    const secret = this.#secrets.get(window) ?? this.#init.randomBytes(SECRET_BYTES)
    this.#secrets.set(window, secret)
    return secret
  }

  #forgetOutside (first: number, last: number): void {
    for (const window of this.#secrets.keys()) {
      if (window < first || window > last) {
        this.#secrets.delete(window)
      }
    }
  }
}

function windowOf (expiryS: number): number {
  return Math.floor(expiryS / WINDOW_S)
}
