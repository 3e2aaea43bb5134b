// Verified descriptors of other nodes, bounded, the newest of each identity. Nothing gets in that was not checked.
import { sha256 } from '@noble/hashes/sha2.js'
import { drawn } from '../defence/drawn.ts'
import { toString } from 'uint8arrays/to-string'
import type { RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** An overlay larger than this is known in part by each node; who says its region looks there first. */
const DEFAULT_MAX_ENTRIES = 4_096
/** A node renews its descriptor twice an hour; one that is to hold for longer outlives its node, or was made in store. */
const MOST_HELD_MS = 3_600_000

export class Directory {
  readonly #entries = new Map<string, VerifiedDescriptor>()
  /** Hashes of the bytes of all entries: what is known needs no second signature check. */
  readonly #hashes = new Map<string, string>()
  readonly #maxEntries: number
  readonly #now: () => number
  readonly #random: () => number

  constructor (init: { now: () => number, maxEntries?: number, random?: () => number }) {
    this.#now = init.now
    this.#random = init.random ?? Math.random
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
    return descriptor !== undefined && heldUntilMs(descriptor) > this.#now() ? descriptor : undefined
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

  /** So many of them at most, drawn anew each time: no order lets some of them, a stranger's say, hide the others for long. */
  someOfRole (role: RoleName, limit: number): VerifiedDescriptor[] {
    return drawn(this.ofRole(role), limit, this.#random)
  }

  #dropExpired (): void {
    const now = this.#now()
    for (const [key, descriptor] of this.#entries) {
      if (heldUntilMs(descriptor) <= now) {
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

/** Unix time, ms. */
export function heldUntilMs ({ issuedAtMs, expiresAtMs }: VerifiedDescriptor): number {
  return Math.min(expiresAtMs, issuedAtMs + MOST_HELD_MS)
}

function hashOf (bytes: Uint8Array): string {
  return toString(sha256(bytes), 'base64')
}
