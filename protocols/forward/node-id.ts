// Node ids: the 16-byte names that source routes carry, and a table that finds a node by the bytes in a packet.
import { sha256 } from '@noble/hashes/sha2.js'
import { NODE_ID_BYTES } from './constants.ts'
import type { PeerId } from '@libp2p/interface'

/** First 16 bytes of the SHA-256 of the underlay's peer id bytes. */
export type NodeId = Uint8Array

export function nodeIdOf (peer: PeerId): NodeId {
  let id = known.get(peer)
  if (id === undefined) {
    id = sha256(peer.toMultihash().bytes).slice(0, NODE_ID_BYTES)
    known.set(peer, id)
  }
  return id
}

/** Asked for again and again, and dear to compute. Lives as long as the peer id object. */
const known = new WeakMap<PeerId, NodeId>()

/** A copy, also where `buffer` is one of Node's, whose own `slice` shares memory. */
export function copyOf (buffer: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(buffer.subarray(from, to))
}

/** Are the 16 bytes of `buffer` at `at` this id? */
export function isNodeAt (buffer: Uint8Array, at: number, id: NodeId): boolean {
  for (let i = 0; i < NODE_ID_BYTES; i++) {
    if (buffer[at + i] !== id[i]) {
      return false
    }
  }
  return true
}

interface Entry<T> { id: NodeId, value: T }

/**
 * Values by node id, looked up straight from packet bytes without making a string. The key is the first 48 bits; ids are
 * hashes of keys, so a bucket longer than one takes a deliberate 2^24 search and still only costs its maker's lookups.
 */
export class NodeTable<T> {
  readonly #buckets = new Map<number, Array<Entry<T>>>()
  #size = 0
  /** Found last: packets of a flow come together. */
  #last: Entry<T> | undefined

  get size (): number {
    return this.#size
  }

  getAt (buffer: Uint8Array, at: number): T | undefined {
    const last = this.#last
    if (last !== undefined && isNodeAt(buffer, at, last.id)) {
      return last.value
    }
    const bucket = this.#buckets.get(keyAt(buffer, at))
    if (bucket === undefined) {
      return undefined
    }
    for (const entry of bucket) {
      if (isNodeAt(buffer, at, entry.id)) {
        this.#last = entry
        return entry.value
      }
    }
    return undefined
  }

  get (id: NodeId): T | undefined {
    return this.getAt(id, 0)
  }

  set (id: NodeId, value: T): void {
    this.delete(id)
    const key = keyAt(id, 0)
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      this.#buckets.set(key, [{ id, value }])
    } else {
      bucket.push({ id, value })
    }
    this.#size++
  }

  delete (id: NodeId): boolean {
    const key = keyAt(id, 0)
    const bucket = this.#buckets.get(key)
    const index = bucket?.findIndex((entry) => isNodeAt(id, 0, entry.id)) ?? -1
    if (bucket === undefined || index < 0) {
      return false
    }
    bucket.splice(index, 1)
    this.#last = undefined
    if (bucket.length === 0) {
      this.#buckets.delete(key)
    }
    this.#size--
    return true
  }
}

function keyAt (buffer: Uint8Array, at: number): number {
  return ((buffer[at] << 16) | (buffer[at + 1] << 8) | buffer[at + 2]) * 0x1000000 +
    ((buffer[at + 3] << 16) | (buffer[at + 4] << 8) | buffer[at + 5])
}
