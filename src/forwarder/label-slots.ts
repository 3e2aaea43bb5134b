// The part of the forwarding table that every packet meets. What a packet needs of a slot stands in one row of 64 bytes, so
// that it touches one or two cache lines however many labels there are. Nothing here allocates, but growing.
//
// A slot is what a label names: one direction of a path through this node. It holds only for packets from one link.
import { putLabel } from '../../protocols/forward/labelled.ts'
import type { BucketSlab } from '../defence/bucket-slab.ts'
import type { Label } from '../../protocols/forward/labelled.ts'

/** In place of a link, a cap, or a slot. */
export const NONE = -1

/** Shifts from a slot to its row, in words of 4 bytes and in numbers of 8. */
const WORDS_SHIFT = 4
const NUMBERS_SHIFT = 3
const ROW_WORDS = 1 << WORDS_SHIFT
/** Words of a row. Unsigned ones are stored as they come and read with `>>> 0`. */
const Word = { check: 0, fromLink: 1, outLink: 2, outSlot: 3, outCheck: 4, bytesPerSecond: 5, cap: 6, packets: 7 } as const
/** Numbers of a row, in the half that has no words. */
const Value = { expiresAtMs: 4, tokens: 5, filledAtMs: 6, bytes: 7 } as const

const MAX_UINT32 = 0xffffffff
/** Four of the largest packets may come at once, or a quarter of a second at the slot's rate. */
const MIN_BURST_BYTES = 65_536
const BURST_S = 0.25

export interface SlotInit {
  check: number
  /** Index of the link that packets come from; −1 where it is not known yet. */
  fromLink: number
  /** 0 is no limit of the slot's own; more than 32 bits are cut. */
  bytesPerSecond: number
  /** Bucket that packets are taken from as well; −1 for none. */
  cap: number
  expiresAtMs: number
}

export class LabelSlots {
  readonly #caps: BucketSlab
  #capacity = 0
  #words = new Int32Array(0)
  #numbers = new Float64Array(0)
  /** For each slot what `outKey` makes of the label that it sends with, 0 when it sends with none: a column to search. */
  #outKeys = new Uint32Array(0)

  constructor (caps: BucketSlab) {
    this.#caps = caps
  }

  get heldBytes (): number {
    return this.#words.byteLength + this.#outKeys.byteLength
  }

  // ---- for each packet ----

  /**
   * The slot of a label that came over the link with this index, or −1: not known, not given to that neighbour, expired, or
   * nothing to send with yet.
   */
  find (slot: number, check: number, fromLink: number, nowMs: number): number {
    if (slot >= this.#capacity) {
      return NONE
    }
    const words = this.#words
    const row = slot << WORDS_SHIFT
    return words[row + Word.check] === (check | 0) && words[row + Word.fromLink] === fromLink && words[row + Word.outLink] !== NONE &&
      this.#numbers[(slot << NUMBERS_SHIFT) + Value.expiresAtMs] > nowMs
      ? slot
      : NONE
  }

  #touched = 0
  touch (slot: number): void {
    if (slot < this.#capacity) {
      this.#touched = this.#words[slot << WORDS_SHIFT] ^ this.#words[(slot << WORDS_SHIFT) + 15]
    }
  }

  /** Index of the link over which the packets of a slot leave; −1 when they do not. */
  outLink (slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + Word.outLink]
  }

  /** Writes the label with which the packets of a slot leave: 8 bytes. */
  writeOut (slot: number, target: Uint8Array, at: number): void {
    const row = slot << WORDS_SHIFT
    putLabel(target, at, this.#words[row + Word.outSlot], this.#words[row + Word.outCheck])
  }

  /** May a packet of so many bytes go on? Takes them from the slot's own bucket and from its cap's: from both or from neither. */
  charge (slot: number, bytes: number, nowMs: number): boolean {
    const row = slot << WORDS_SHIFT
    const ratePerSecond = this.#words[row + Word.bytesPerSecond] >>> 0
    const cap = this.#words[row + Word.cap]
    if (ratePerSecond === 0) {
      return cap === NONE || this.#caps.take(cap, bytes, nowMs)
    }
    const numbers = this.#numbers
    const at = slot << NUMBERS_SHIFT
    const elapsedMs = Math.max(0, nowMs - numbers[at + Value.filledAtMs])
    const tokens = Math.min(burstBytes(ratePerSecond), numbers[at + Value.tokens] + (elapsedMs / 1000) * ratePerSecond)
    if (tokens < bytes || (cap !== NONE && !this.#caps.take(cap, bytes, nowMs))) {
      return false
    }
    numbers[at + Value.tokens] = tokens - bytes
    numbers[at + Value.filledAtMs] += elapsedMs
    return true
  }

  /** A packet has gone on. */
  count (slot: number, bytes: number): void {
    this.#words[(slot << WORDS_SHIFT) + Word.packets]++
    this.#numbers[(slot << NUMBERS_SHIFT) + Value.bytes] += bytes
  }

  /**
   * The slot whose packets leave over this link with this label, or −1: what a notice from that neighbour is about. Looks
   * through all slots, a tenth of a millisecond for 100,000, so the caller limits the rate.
   */
  findByOut (outLink: number, outSlot: number, outCheck: number): number {
    const words = this.#words
    const key = outKey(outLink, outSlot, outCheck)
    for (let slot = this.#outKeys.indexOf(key); slot >= 0; slot = this.#outKeys.indexOf(key, slot + 1)) {
      const row = slot << WORDS_SHIFT
      if (words[row + Word.outLink] === outLink && words[row + Word.outSlot] === (outSlot | 0) && words[row + Word.outCheck] === (outCheck | 0)) {
        return slot
      }
    }
    return NONE
  }

  // ---- for set-up and housekeeping ----

  checkOf (slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + Word.check] >>> 0
  }

  fromLink (slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + Word.fromLink]
  }

  capOf (slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + Word.cap]
  }

  outLabel (slot: number): Label {
    const row = slot << WORDS_SHIFT
    return { slot: this.#words[row + Word.outSlot] >>> 0, check: this.#words[row + Word.outCheck] >>> 0 }
  }

  packets (slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + Word.packets] >>> 0
  }

  bytes (slot: number): number {
    return this.#numbers[(slot << NUMBERS_SHIFT) + Value.bytes]
  }

  expiresAtMs (slot: number): number {
    return this.#numbers[(slot << NUMBERS_SHIFT) + Value.expiresAtMs]
  }

  setExpiry (slot: number, expiresAtMs: number): void {
    this.#numbers[(slot << NUMBERS_SHIFT) + Value.expiresAtMs] = expiresAtMs
  }

  setFromLink (slot: number, link: number): void {
    this.#words[(slot << WORDS_SHIFT) + Word.fromLink] = link
  }

  /** Packets of the slot may go on from now on: over this link, with this label. */
  setOut (slot: number, link: number, label: Label): void {
    const row = slot << WORDS_SHIFT
    this.#words[row + Word.outLink] = link
    this.#words[row + Word.outSlot] = label.slot
    this.#words[row + Word.outCheck] = label.check
    this.#outKeys[slot] = outKey(link, label.slot, label.check)
  }

  /** A slot in use, with a full bucket; nothing goes on before `setOut`. */
  occupy (slot: number, init: SlotInit, nowMs: number): void {
    this.clear(slot)
    const bytesPerSecond = Math.min(MAX_UINT32, Math.ceil(init.bytesPerSecond))
    const row = slot << WORDS_SHIFT
    this.#words[row + Word.check] = init.check
    this.#words[row + Word.fromLink] = init.fromLink
    this.#words[row + Word.bytesPerSecond] = bytesPerSecond
    this.#words[row + Word.cap] = init.cap
    const at = slot << NUMBERS_SHIFT
    this.#numbers[at + Value.expiresAtMs] = init.expiresAtMs
    this.#numbers[at + Value.tokens] = burstBytes(bytesPerSecond)
    this.#numbers[at + Value.filledAtMs] = nowMs
  }

  /** The check stays, so that the next one can be another. */
  clear (slot: number): void {
    const row = slot << WORDS_SHIFT
    const check = this.#words[row + Word.check]
    this.#words.fill(0, row, row + ROW_WORDS)
    this.#words[row + Word.check] = check
    this.#words[row + Word.fromLink] = NONE
    this.#words[row + Word.outLink] = NONE
    this.#outKeys[slot] = 0
  }

  /** Room for so many slots; the new ones are clear. */
  grow (capacity: number): void {
    const words = new Int32Array(capacity * ROW_WORDS)
    words.set(this.#words)
    const outKeys = new Uint32Array(capacity)
    outKeys.set(this.#outKeys)
    const first = this.#capacity
    this.#words = words
    this.#numbers = new Float64Array(words.buffer)
    this.#outKeys = outKeys
    this.#capacity = capacity
    for (let slot = first; slot < capacity; slot++) {
      this.clear(slot)
    }
  }
}

function burstBytes (bytesPerSecond: number): number {
  return Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_S)
}

/** A label and its link in 32 bits: never 0. Others may have the same, even on purpose: who finds one compares the label. */
function outKey (link: number, slot: number, check: number): number {
  return ((check + Math.imul(slot, 0x9e3779b1) + Math.imul(link, 0x85ebca6b)) >>> 0) || 1
}
