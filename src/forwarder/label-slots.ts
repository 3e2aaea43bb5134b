// The part of the forwarding table that every packet meets. What a packet needs of a slot stands together in a row of 48 bytes,
// since with many labels it is memory that takes time. Nothing here allocates, but growing.
//
// A slot is what a label names: one direction of a path through this node. It holds only for packets from one link.
import { LabelledAt, putLabel } from '../../protocols/forward/labelled.ts'
import type { BucketSlab } from '../defence/bucket-slab.ts'
import type { Label } from '../../protocols/forward/labelled.ts'

/** In place of a link, a cap, an entry or a slot. */
export const NONE = -1

/** A row is 12 words of 4 bytes, of which the last four are 2 numbers of 8. */
const ROW_WORDS = 12
const ROW_NUMBERS = 6
/** `links`: the link that packets come from, and in the lower half the one that they leave over. */
const Word = { check: 0, links: 1, outSlot: 2, outCheck: 3, bytesPerSecond: 4, expiresAtMs: 5, cap: 6, packets: 7 } as const
/** `paid`: up to which byte, of all that its rate has allowed since time 0, the slot has sent. */
const Value = { paid: 4, bytes: 5 } as const

const NO_LINK = 0xffff
/** Largest index of a link that a row has room for. */
export const MAX_LINK = NO_LINK - 1
const MAX_UINT32 = 0xffffffff
/** Times of 32 bits are compared modulo 2^32 ms, so none may be further ahead than half of that. */
const MAX_LEASE_MS = 0x7fffffff
/** Four of the largest packets may come at once, or a quarter of a second at the slot's rate. */
const MIN_BURST_BYTES = 65_536
const BURST_S = 0.25
/** Half a chunk of packets of 1 KB: their rows stay near until it is their turn. */
const PACKETS_AHEAD = 32

export interface SlotInit {
  check: number
  /** Index of the link that packets come from; −1 where it is not known yet. */
  fromLink: number
  /** 0 is no limit of the slot's own; what does not fit into 32 bits is cut. */
  bytesPerSecond: number
  /** Bucket that packets are taken from as well; −1 for none. */
  cap: number
}

export class LabelSlots {
  readonly #caps: BucketSlab
  #capacity = 0
  #words = new Int32Array(0)
  #numbers = new Float64Array(0)
  /** For each slot what `outKey` makes of the label that it sends with, 0 when it sends with none: a column to search. */
  #outKeys = new Uint32Array(0)
  /** Nobody needs it, but without it reading ahead would be optimized away. */
  #lastRead = 0

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
    const row = slot * ROW_WORDS
    const links = words[row + Word.links]
    return words[row + Word.check] === (check | 0) && links >>> 16 === fromLink && (links & NO_LINK) !== NO_LINK &&
      ((words[row + Word.expiresAtMs] - (nowMs | 0)) | 0) > 0
      ? slot
      : NONE
  }

  /**
   * Reads the rows of the next packets of a chunk, and that is all: with many labels most rows are in slow memory, where one
   * after the other would hold up its packet, and all together take the time of one. Looks at no kind, since a wrong row does
   * no harm. Returns where it stopped.
   */
  readAhead (chunk: Uint8Array, from: number): number {
    const words = this.#words
    let at = from
    let read = 0
    for (let packets = 0; packets < PACKETS_AHEAD && at + LabelledAt.payload <= chunk.length; packets++) {
      const label = at + LabelledAt.slot
      const slot = ((chunk[label] << 24) | (chunk[label + 1] << 16) | (chunk[label + 2] << 8) | chunk[label + 3]) >>> 0
      if (slot < this.#capacity) {
        read ^= words[slot * ROW_WORDS] ^ words[(slot + 1) * ROW_WORDS - 1]
      }
      at += (chunk[at] << 8) | chunk[at + 1]
    }
    this.#lastRead = read
    return at
  }

  /** Index of the link over which the packets of a slot leave; −1 when they do not. */
  outLink (slot: number): number {
    return linkIn(this.#words[slot * ROW_WORDS + Word.links] & NO_LINK)
  }

  /** Writes the label with which the packets of a slot leave: 8 bytes. */
  writeOut (slot: number, target: Uint8Array, at: number): void {
    const row = slot * ROW_WORDS
    putLabel(target, at, this.#words[row + Word.outSlot], this.#words[row + Word.outCheck])
  }

  /**
   * May a packet of so many bytes go on? Takes them from the slot's own bucket and from its cap's: from both or from neither.
   * The slot's own is a token bucket in one number (the virtual scheduling of ITU-T I.371): how far it has sent ahead of its rate.
   */
  charge (slot: number, bytes: number, nowMs: number): boolean {
    const row = slot * ROW_WORDS
    const bytesPerSecond = this.#words[row + Word.bytesPerSecond] >>> 0
    const cap = this.#words[row + Word.cap]
    if (bytesPerSecond === 0) {
      return cap === NONE || this.#caps.take(cap, bytes, nowMs)
    }
    const at = slot * ROW_NUMBERS + Value.paid
    const allowed = Math.floor(nowMs * bytesPerSecond / 1_000)
    const paid = Math.max(this.#numbers[at], allowed) + bytes
    if (paid - allowed > burstBytes(bytesPerSecond) || (cap !== NONE && !this.#caps.take(cap, bytes, nowMs))) {
      return false
    }
    this.#numbers[at] = paid
    return true
  }

  /** A packet has gone on. */
  count (slot: number, bytes: number): void {
    this.#words[slot * ROW_WORDS + Word.packets]++
    this.#numbers[slot * ROW_NUMBERS + Value.bytes] += bytes
  }

  /**
   * The slot whose packets leave over this link with this label, or −1: what a notice from that neighbour is about. Looks
   * through all slots, a tenth of a millisecond for 100,000, so the caller limits the rate.
   */
  findByOut (outLink: number, outSlot: number, outCheck: number): number {
    const words = this.#words
    const key = outKey(outLink, outSlot, outCheck)
    for (let slot = this.#outKeys.indexOf(key); slot >= 0; slot = this.#outKeys.indexOf(key, slot + 1)) {
      const row = slot * ROW_WORDS
      if (this.outLink(slot) === outLink && words[row + Word.outSlot] === (outSlot | 0) && words[row + Word.outCheck] === (outCheck | 0)) {
        return slot
      }
    }
    return NONE
  }

  // ---- for set-up and housekeeping ----

  checkOf (slot: number): number {
    return this.#words[slot * ROW_WORDS + Word.check] >>> 0
  }

  fromLink (slot: number): number {
    return linkIn(this.#words[slot * ROW_WORDS + Word.links] >>> 16)
  }

  capOf (slot: number): number {
    return this.#words[slot * ROW_WORDS + Word.cap]
  }

  setCap (slot: number, cap: number): void {
    this.#words[slot * ROW_WORDS + Word.cap] = cap
  }

  outLabel (slot: number): Label {
    const row = slot * ROW_WORDS
    return { slot: this.#words[row + Word.outSlot] >>> 0, check: this.#words[row + Word.outCheck] >>> 0 }
  }

  packets (slot: number): number {
    return this.#words[slot * ROW_WORDS + Word.packets] >>> 0
  }

  bytes (slot: number): number {
    return this.#numbers[slot * ROW_NUMBERS + Value.bytes]
  }

  /** A slot in use, with a full bucket; nothing goes on before it has a lease and a way out. */
  occupy (slot: number, { check, fromLink, bytesPerSecond, cap }: SlotInit): void {
    this.clear(slot)
    const row = slot * ROW_WORDS
    this.#words[row + Word.check] = check
    this.#words[row + Word.bytesPerSecond] = Math.min(MAX_UINT32, Math.ceil(bytesPerSecond))
    this.#words[row + Word.cap] = cap
    this.setFromLink(slot, fromLink)
  }

  /** The slot is found until then, and after 2^31 ms again: it must have been cleared by that time. */
  setExpiry (slot: number, expiresAtMs: number, nowMs: number): void {
    this.#words[slot * ROW_WORDS + Word.expiresAtMs] = Math.min(expiresAtMs, nowMs + MAX_LEASE_MS)
  }

  setFromLink (slot: number, link: number): void {
    const at = slot * ROW_WORDS + Word.links
    this.#words[at] = (link << 16) | (this.#words[at] & NO_LINK)
  }

  /** Packets of the slot go on from now on: over this link, with this label. */
  setOut (slot: number, link: number, label: Label): void {
    const row = slot * ROW_WORDS
    this.#words[row + Word.links] = (this.#words[row + Word.links] & ~NO_LINK) | link
    this.#words[row + Word.outSlot] = label.slot
    this.#words[row + Word.outCheck] = label.check
    this.#outKeys[slot] = outKey(link, label.slot, label.check)
  }

  /** The check stays, so that the next one can be another. */
  clear (slot: number): void {
    const row = slot * ROW_WORDS
    const check = this.#words[row + Word.check]
    this.#words.fill(0, row, row + ROW_WORDS)
    this.#words[row + Word.check] = check
    this.#words[row + Word.links] = NONE
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

function linkIn (half: number): number {
  return half === NO_LINK ? NONE : half
}

function burstBytes (bytesPerSecond: number): number {
  return Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_S)
}

/** A label and its link in 32 bits: never 0. Others may have the same, even on purpose: who finds one compares the label. */
function outKey (link: number, slot: number, check: number): number {
  return ((check + Math.imul(slot, 0x9e3779b1) + Math.imul(link, 0x85ebca6b)) >>> 0) || 1
}
