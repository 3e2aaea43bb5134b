// Verified descriptors of other nodes, bounded, the newest of each identity. Nothing gets in that was not checked.
import type { RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** An overlay larger than this is known in part by each node; regions cut it up. */
const DEFAULT_MAX_ENTRIES = 4_096

export class Directory {
  readonly #entries = new Map<string, VerifiedDescriptor>()
  readonly #maxEntries: number
  readonly #now: () => number

  constructor (init: { now: () => number, maxEntries?: number }) {
    this.#now = init.now
    this.#maxEntries = init.maxEntries ?? DEFAULT_MAX_ENTRIES
  }

  get size (): number {
    return this.#entries.size
  }

  /** Keeps the descriptor if it is newer than what is known. Returns whether it was. */
  add (descriptor: VerifiedDescriptor): boolean {
    const key = descriptor.peer.toString()
    const known = this.#entries.get(key)
    if (known !== undefined && known.sequence >= descriptor.sequence) {
      return false
    }
    if (known === undefined && this.#entries.size >= this.#maxEntries) {
      this.#dropExpired()
      if (this.#entries.size >= this.#maxEntries) {
        // the least recently renewed goes: Maps keep the order in which entries were set
        this.#entries.delete(this.#entries.keys().next().value as string)
      }
    }
    this.#entries.delete(key)
    this.#entries.set(key, descriptor)
    return true
  }

  get (peer: PeerId): VerifiedDescriptor | undefined {
    const descriptor = this.#entries.get(peer.toString())
    return descriptor !== undefined && descriptor.expiresAtMs > this.#now() ? descriptor : undefined
  }

  delete (peer: PeerId): void {
    this.#entries.delete(peer.toString())
  }

  ofRole (role: RoleName): VerifiedDescriptor[] {
    this.#dropExpired()
    return [...this.#entries.values()].filter((descriptor) => descriptor.roles.has(role))
  }

  #dropExpired (): void {
    const now = this.#now()
    for (const [key, descriptor] of this.#entries) {
      if (descriptor.expiresAtMs <= now) {
        this.#entries.delete(key)
      }
    }
  }
}
