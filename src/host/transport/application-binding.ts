// The application's word that it speaks through our underlay (protocols/identity): signed when first needed, and anew when half of its life is over.
import { sealBinding } from '../../../protocols/identity/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** Long enough that clocks and caches do not matter, short enough that a lost underlay is forgotten. */
const LIFE_MS = 2 * 60 * 60_000
const RENEW_MS = LIFE_MS / 2

export interface ApplicationBindingInit {
  /** The application's. */
  privateKey: PrivateKey
  underlay: PeerId
  network: string
  /** Unix time, ms. */
  now: () => number
}

export class ApplicationBinding {
  readonly #init: ApplicationBindingInit
  #bytes: Uint8Array | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (init: ApplicationBindingInit) {
    this.#init = init
  }

  /** Sealed; there once `start` is done. */
  get bytes (): Uint8Array {
    if (this.#bytes === undefined) {
      throw new Error('the binding is sealed by start()')
    }
    return this.#bytes
  }

  async start (): Promise<void> {
    await this.#seal()
    this.#timer = setInterval(() => { void this.#seal() }, RENEW_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  async #seal (): Promise<void> {
    const { privateKey, underlay, network, now } = this.#init
    const issuedAtMs = now()
    this.#bytes = await sealBinding({ underlay, network, issuedAtMs, expiresAtMs: issuedAtMs + LIFE_MS }, privateKey)
  }
}
