// Verified descriptors of other nodes, bounded, the newest of each identity. Nothing gets in that was not checked.
import { sha256 } from '@noble/hashes/sha2.js'
import { toString } from 'uint8arrays/to-string'
import type { RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** An overlay larger than this is known in part by each node; regions cut it up. */
const DEFAULT_MAX_ENTRIES = 4_096

export class Directory {
  readonly #entries = new Map<string, VerifiedDescriptor>()
  /** Hashes of the bytes of all entries: what is known needs no second signature check. */
  readonly #hashes = new Map<string, string>()
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
        this.#remove(this.#entries.keys().next().value as string)
      }
    }
    this.#remove(key)
    this.#entries.set(key, descriptor)
    this.#hashes.set(hashOf(descriptor.bytes), key)
    return true
  }

  get (peer: PeerId): VerifiedDescriptor | undefined {
    const descriptor = this.#entries.get(peer.toString())
    return descriptor !== undefined && descriptor.expiresAtMs > this.#now() ? descriptor : undefined
  }

  delete (peer: PeerId): void {
    this.#remove(peer.toString())
  }

  /** Are exactly these sealed bytes an entry? */
  has (bytes: Uint8Array): boolean {
    return this.#hashes.has(hashOf(bytes))
  }

  ofRole (role: RoleName): VerifiedDescriptor[] {
    this.#dropExpired()
    return [...this.#entries.values()].filter((descriptor) => descriptor.roles.has(role))
  }

  #dropExpired (): void {
    const now = this.#now()
    for (const [key, descriptor] of this.#entries) {
      if (descriptor.expiresAtMs <= now) {
        this.#remove(key)
      }
    }
  }

  #remove (key: string): void {
    const descriptor = this.#entries.get(key)
    if (descriptor !== undefined) {
      this.#entries.delete(key)
      this.#hashes.delete(hashOf(descriptor.bytes))
    }
  }
}

function hashOf (bytes: Uint8Array): string {
  return toString(sha256(bytes), 'base64')
}
