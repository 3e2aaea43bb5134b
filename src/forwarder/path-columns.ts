// What the forwarding table knows of each path besides its two slots: columns in typed arrays, and which entries are free.
import { NONE } from './label-slots.ts'

/** A value of a refresh chain. */
const CHAIN_BYTES = 16

export class PathColumns {
  capacity = 0
  /** −1 when the entry is free. */
  accounts = new Int32Array(0)
  sources = new Int32Array(0)
  /** The end of the path, and that of its lease. */
  endsAtMs = new Float64Array(0)
  expiresAtMs = new Float64Array(0)
  #shown = new Uint8Array(0)
  #nextFree = new Int32Array(0)
  /** Free entries wait their turn, so that each rests for as long as can be before it is used again. */
  #firstFree = NONE
  #lastFree = NONE

  get heldBytes (): number {
    return this.accounts.byteLength + this.sources.byteLength + this.endsAtMs.byteLength + this.expiresAtMs.byteLength +
      this.#shown.byteLength + this.#nextFree.byteLength
  }

  /** The value of the refresh chain that was shown last: memory of the table, to be read at once. */
  shown (entry: number): Uint8Array {
    return this.#shown.subarray(entry * CHAIN_BYTES, (entry + 1) * CHAIN_BYTES)
  }

  setShown (entry: number, value: Uint8Array): void {
    this.#shown.set(value.subarray(0, CHAIN_BYTES), entry * CHAIN_BYTES)
  }

  /** The entry that has been free for longest, or −1. */
  takeFree (): number {
    const entry = this.#firstFree
    if (entry !== NONE) {
      this.#firstFree = this.#nextFree[entry]
      this.#lastFree = this.#firstFree === NONE ? NONE : this.#lastFree
    }
    return entry
  }

  free (entry: number): void {
    this.accounts[entry] = NONE
    this.#nextFree[entry] = NONE
    if (this.#lastFree === NONE) {
      this.#firstFree = entry
    } else {
      this.#nextFree[this.#lastFree] = entry
    }
    this.#lastFree = entry
  }

  /** Room for so many entries; the new ones are free. */
  grow (capacity: number): void {
    this.accounts = grown(this.accounts, new Int32Array(capacity))
    this.sources = grown(this.sources, new Int32Array(capacity))
    this.endsAtMs = grown(this.endsAtMs, new Float64Array(capacity))
    this.expiresAtMs = grown(this.expiresAtMs, new Float64Array(capacity))
    this.#shown = grown(this.#shown, new Uint8Array(capacity * CHAIN_BYTES))
    this.#nextFree = grown(this.#nextFree, new Int32Array(capacity))
    for (; this.capacity < capacity; this.capacity++) {
      this.free(this.capacity)
    }
  }
}

function grown<T extends { set: (from: T) => void }> (from: T, to: T): T {
  to.set(from)
  return to
}
