// The application's word that it speaks through our underlay (protocols/identity): signed when first needed, and anew when half of its life is over or the
// clock was set back.
import { sealBinding } from '../../../protocols/identity/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** Long enough that clocks and caches do not matter, short enough that a lost underlay is forgotten. */
const LIFE_MS = 2 * 60 * 60_000
const RENEW_MS = LIFE_MS / 2
/** A timer stands still while the machine sleeps and hears nothing of a clock that is set: whether the binding holds is looked at so often. */
const LOOK_MS = 30_000

export interface ApplicationBindingInit {
  /** The application's. */
  privateKey: PrivateKey
  underlay: PeerId
  network: string
  /** Unix time, ms. */
  now: () => number
  /** There is another one than before. */
  onRenewed?: () => void
}

export class ApplicationBinding {
  readonly #init: ApplicationBindingInit
  #bytes: Uint8Array | undefined
  #issuedAtMs = 0
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
    this.#timer = setInterval(() => {
      // one that fails is tried again at the next look
      this.#renew().catch(() => {})
    }, LOOK_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  async #renew (): Promise<void> {
    const ageMs = this.#init.now() - this.#issuedAtMs
    if (ageMs < 0 || ageMs > RENEW_MS) {
      await this.#seal()
      this.#init.onRenewed?.()
    }
  }

  async #seal (): Promise<void> {
    const { privateKey, underlay, network, now } = this.#init
    const issuedAtMs = now()
    this.#bytes = await sealBinding({ underlay, network, issuedAtMs, expiresAtMs: issuedAtMs + LIFE_MS }, privateKey)
    this.#issuedAtMs = issuedAtMs
  }
}
