// The forwarding state of a node: the paths that were set up through it. An entry has two slots, one for each direction, and for
// each a label: the slot and a random check, good for packets from one neighbour. A label that is kept for too long meets another
// check, so labels are the handles of entries too. Pure: links are indices, clock (monotonic, ms) and randomness are the caller's.
import { LabelSlots, MAX_LINK, NONE } from './label-slots.ts'
import { PathColumns } from './path-columns.ts'
import { stateOf } from './path-state.ts'
import type { BucketSlab } from '../defence/bucket-slab.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { PathInit, PathState, RefreshStep, RemovalStep } from './path-state.ts'

export interface ForwardingTableInit {
  /** Most entries at once. */
  maxPaths: number
  /** What several paths share, such as the cap of an RSP on a link. */
  caps: BucketSlab
  /** 32 bits that nobody can guess. */
  random32: () => number
  /** Hears of every entry that goes, whatever for, once, when it is gone. */
  onRemoved?: (path: PathState) => void
}

const FIRST_PATHS = 64
/** So many slots have 32-bit rows to stand in. */
const MAX_PATHS = 2 ** 24

export class ForwardingTable {
  /** What packets need. */
  readonly slots: LabelSlots
  readonly #paths = new PathColumns()
  readonly #maxPaths: number
  readonly #random32: () => number
  readonly #onRemoved: (path: PathState) => void
  /** By link: how many entries name it, so that a link that none names goes without a search. */
  readonly #linkUses: number[] = []
  #size = 0
  #expiryCursor = 0

  /** @throws RangeError for a maximum that is not a whole number from 1 to 2^24 */
  constructor ({ maxPaths, caps, random32, onRemoved = () => {} }: ForwardingTableInit) {
    if (!Number.isInteger(maxPaths) || maxPaths < 1 || maxPaths > MAX_PATHS) {
      throw new RangeError(`maxPaths is ${maxPaths}: give a whole number from 1 to ${MAX_PATHS}`)
    }
    this.slots = new LabelSlots(caps)
    this.#maxPaths = maxPaths
    this.#random32 = random32
    this.#onRemoved = onRemoved
  }

  /** Paths through this node. */
  get size (): number {
    return this.#size
  }

  get labels (): number {
    return 2 * this.#size
  }

  /** Does an entry name this link? */
  usesLink (link: number): boolean {
    return (this.#linkUses[link] ?? 0) > 0
  }

  get heldBytes (): number {
    return this.slots.heldBytes + this.#paths.heldBytes
  }

  /** An entry that forwards nothing before it is bound. Undefined when the table is full. */
  reserve (path: PathInit, nowMs: number): { forward: Label, back: Label } | undefined {
    const entry = Math.max(path.previous, path.next) > MAX_LINK ? NONE : this.#takeFree()
    if (entry === NONE) {
      return undefined
    }
    const { bytesPerSecond, caps: [forwardCap, backCap] } = path
    const occupy = (slot: number, fromLink: number, cap: number): Label => {
      const check = this.#newCheck(slot)
      this.slots.occupy(slot, { check, fromLink, bytesPerSecond, cap })
      return { slot, check }
    }
    this.#paths.accounts[entry] = path.account
    this.#paths.sources[entry] = path.source
    this.#paths.endsAtMs[entry] = path.endsAtMs
    this.#paths.setShown(entry, path.anchor)
    this.#use(path.previous, 1)
    this.#use(path.next, 1)
    this.#size++
    const labels = { forward: occupy(2 * entry, path.previous, forwardCap), back: occupy(2 * entry + 1, path.next, backCap) }
    this.#lease(entry, path.leaseMs, nowMs)
    return labels
  }

  /**
   * The next hop has given its label for packets on to it. Once for each entry.
   *
   * @returns false when the entry is gone, or bound already
   */
  bindNext (forward: Label, out: Label): boolean {
    const entry = this.#entryOf(forward)
    if (entry === NONE || this.slots.outLink(2 * entry) !== NONE) {
      return false
    }
    this.slots.setOut(2 * entry, this.slots.fromLink(2 * entry + 1), out)
    return true
  }

  /**
   * The hop before has given its label for packets back to it. Once for each entry. `cap` is what they are taken from as well, where
   * that neighbour was not known when the entry was reserved.
   *
   * @returns false when the entry is gone, bound already, or reserved for another neighbour
   */
  bindPrevious (forward: Label, previous: number, out: Label, cap = NONE): boolean {
    const entry = this.#entryOf(forward)
    if (entry === NONE || previous > MAX_LINK || this.slots.outLink(2 * entry + 1) !== NONE) {
      return false
    }
    const reservedFor = this.slots.fromLink(2 * entry)
    if (reservedFor === NONE) {
      this.#use(previous, 1)
      this.slots.setFromLink(2 * entry, previous)
      this.slots.setCap(2 * entry + 1, cap)
    } else if (reservedFor !== previous) {
      return false
    }
    this.slots.setOut(2 * entry + 1, previous, out)
    return true
  }

  /**
   * A longer lease, by the forward label and from the hop before only. `follows` says whether the value shown comes after the
   * last one in the chain; then it is the last one from now on.
   */
  refresh (label: Label, fromLink: number, shown: Uint8Array, leaseMs: number, follows: (shown: Uint8Array, last: Uint8Array) => boolean,
    nowMs: number): RefreshStep | 'unknown' | 'notNext' {
    const slot = this.slots.find(label.slot, label.check, fromLink, nowMs)
    if (slot === NONE || slot % 2 !== 0) {
      return 'unknown'
    }
    const entry = slot / 2
    if (!follows(shown, this.#paths.shown(entry))) {
      return 'notNext'
    }
    this.#paths.setShown(entry, shown)
    return { next: this.slots.outLink(slot), out: this.slots.outLabel(slot), leaseMs: this.#lease(entry, leaseMs, nowMs) }
  }

  /** A neighbour of the entry takes it away, by the label that it was given: where that goes on to. Undefined for others. */
  remove (label: Label, fromLink: number): RemovalStep | undefined {
    const entry = this.#entryOf(label)
    return entry === NONE || fromLink === NONE || this.slots.fromLink(label.slot) !== fromLink ? undefined : this.#removeBy(label.slot)
  }

  /** This node itself takes an entry away, as if the hop before had. */
  release (forward: Label): RemovalStep | undefined {
    const entry = this.#entryOf(forward)
    return entry === NONE ? undefined : this.#removeBy(2 * entry)
  }

  /** Returns how many entries have gone with the link. */
  removeLink (link: number): number {
    const before = this.#size
    for (let entry = 0; entry < this.#paths.capacity && (this.#linkUses[link] ?? 0) > 0; entry++) {
      if (this.#isUsed(entry) && (this.slots.fromLink(2 * entry) === link || this.slots.fromLink(2 * entry + 1) === link)) {
        this.#remove(entry)
      }
    }
    return before - this.#size
  }

  /** Returns how many entries the account had. */
  removeAccount (account: number): number {
    const before = this.#size
    for (let entry = this.#paths.accounts.indexOf(account); entry >= 0 && account >= 0; entry = this.#paths.accounts.indexOf(account, entry + 1)) {
      this.#remove(entry)
    }
    return before - this.#size
  }

  /** Removes what has expired; looks at no more than `maxScan` entries, and goes on from there the next time. */
  expire (nowMs: number, maxScan = this.#paths.capacity): number {
    const before = this.#size
    for (let looked = 0; looked < Math.min(maxScan, this.#paths.capacity); looked++) {
      const entry = this.#expiryCursor++ % this.#paths.capacity
      this.#expiryCursor = entry + 1
      if (this.#isUsed(entry) && this.#paths.expiresAtMs[entry] <= nowMs) {
        this.#remove(entry)
      }
    }
    return before - this.#size
  }

  forEach (callback: (path: PathState) => void): void {
    for (let entry = 0; entry < this.#paths.capacity; entry++) {
      if (this.#isUsed(entry)) {
        callback(stateOf(entry, this.slots, this.#paths))
      }
    }
  }

  /** Returns for how long: never beyond the end of the path. */
  #lease (entry: number, leaseMs: number, nowMs: number): number {
    const expiresAtMs = this.#paths.expiresAtMs[entry] = Math.min(nowMs + leaseMs, this.#paths.endsAtMs[entry])
    this.slots.setExpiry(2 * entry, expiresAtMs, nowMs)
    this.slots.setExpiry(2 * entry + 1, expiresAtMs, nowMs)
    return expiresAtMs - nowMs
  }

  /** The label of a slot is what its packets would have gone on with, so its removal does too. */
  #removeBy (slot: number): RemovalStep {
    const isForward = slot % 2 === 0
    const link = this.slots.fromLink(isForward ? slot + 1 : slot - 1)
    const out = this.slots.outLink(slot) === NONE ? undefined : this.slots.outLabel(slot)
    this.#remove(slot >>> 1)
    return { link, out, travels: isForward ? 'on' : 'back' }
  }

  #remove (entry: number): void {
    const state = stateOf(entry, this.slots, this.#paths)
    this.slots.clear(2 * entry)
    this.slots.clear(2 * entry + 1)
    this.#paths.free(entry)
    this.#use(state.previous, -1)
    this.#use(state.next, -1)
    this.#size--
    this.#onRemoved(state)
  }

  #isUsed (entry: number): boolean {
    return this.#paths.accounts[entry] >= 0
  }

  /** By either label; −1 for one that is not, or no longer, in use. */
  #entryOf ({ slot, check }: Label): number {
    return this.#isUsed(slot >>> 1) && this.slots.checkOf(slot) === check ? slot >>> 1 : NONE
  }

  #takeFree (): number {
    const { capacity } = this.#paths
    if (this.#size === capacity && capacity < this.#maxPaths) {
      const grown = Math.min(this.#maxPaths, Math.max(FIRST_PATHS, 2 * capacity))
      this.slots.grow(2 * grown)
      this.#paths.grow(grown)
    }
    return this.#paths.takeFree()
  }

  /** Another one than the slot had before, even if chance would have it so. */
  #newCheck (slot: number): number {
    const check = this.#random32() >>> 0
    return check === this.slots.checkOf(slot) ? (check + 1) >>> 0 : check
  }

  #use (link: number, change: number): void {
    if (link !== NONE) {
      this.#linkUses[link] = (this.#linkUses[link] ?? 0) + change
    }
  }
}
