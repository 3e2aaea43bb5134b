// Our own descriptor: sealed when first asked for, and anew when it has changed, half of its life is over, or the clock was set back.
import { sealDescriptor } from '../../protocols/descriptor/codec.ts'
import type { DescriptorInit } from '../../protocols/descriptor/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'

/** What a role says of itself; the rest is the node's. */
export type RoleTerms = Partial<Pick<DescriptorInit, 'operator' | 'tags' | 'forwarder' | 'rsp' | 'host' | 'bootstrap'>>

/** Long enough to outlive a restart of whoever caches it, short enough that the dead disappear. */
const LIFE_MS = 30 * 60_000

export interface SelfDescriptorInit {
  peerId: PeerId
  privateKey: PrivateKey
  addressManager: AddressManager
  network: string
  describe: () => RoleTerms
  /** Unix time, ms. */
  now: () => number
}

export class SelfDescriptor {
  readonly #init: SelfDescriptorInit
  #sealed: Promise<Uint8Array> | undefined
  #sealedAtMs = 0
  #addresses = ''
  #sequence = 0n

  constructor (init: SelfDescriptorInit) {
    this.#init = init
  }

  /** Signed bytes. */
  async get (): Promise<Uint8Array> {
    const now = this.#init.now()
    const addresses = this.#init.addressManager.getAddresses().map((address) => address.decapsulate(`/p2p/${this.#init.peerId.toString()}`))
    const key = addresses.join()
    if (this.#sealed === undefined || now < this.#sealedAtMs || now - this.#sealedAtMs > LIFE_MS / 2 || key !== this.#addresses) {
      this.#sealedAtMs = now
      this.#addresses = key
      // time in the sequence keeps it rising over restarts without anything stored
      this.#sequence = this.#sequence >= BigInt(now) ? this.#sequence + 1n : BigInt(now)
      this.#sealed = sealDescriptor({
        ...this.#init.describe(),
        network: this.#init.network,
        sequence: this.#sequence,
        issuedAtMs: now,
        expiresAtMs: now + LIFE_MS,
        endpoints: [{ peer: this.#init.peerId, addresses: addresses.slice(0, 16) }]
      }, this.#init.privateKey)
      // a failure is the caller's to see, but not to be served again
      this.#sealed.catch(() => { this.#sealed = undefined })
    }
    return this.#sealed
  }

  /** What `describe` says has changed. */
  invalidate (): void {
    this.#sealed = undefined
  }
}
