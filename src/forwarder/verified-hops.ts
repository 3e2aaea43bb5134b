// Hop authenticators that were found good, so that a flow costs one MAC and not one for each packet. A set-associative cache
// over typed arrays: finding an entry compares every byte that the authenticator covers, in place, and allocates nothing.
//
// Only good ones get in, so packets with forged ones push nothing out. Where one may lie depends on a secret seed: nobody can
// choose authenticators that push out those of another.
import { AUTHENTICATOR_BYTES, NODE_ID_BYTES, PATH_TAG_BYTES } from '../../protocols/forward/constants.ts'
import { bytesPerSecondOf, NO_RATE_CLASS } from '../../protocols/forward/rate-class.ts'
import { At, readUint32 } from '../../protocols/forward/source-route.ts'
import { BucketSlab } from '../defence/bucket-slab.ts'
import type { PeerId } from '@libp2p/interface'

/** Where a packet is, and in its list what one hop is known by. One is changed again and again, so that none is made per packet. */
export interface HopInPacket {
  buffer: Uint8Array
  at: number
  authenticatorAt: number
  previousAt: number
  nextAt: number
}

export interface HopOwner {
  account: number
  generation: number
  rsp: PeerId
}

/** What the packets of one hop came to, in one direction, since this was last told. */
export interface HopUsage {
  rsp: PeerId
  /** Node id that the list begins with: shared memory, to be read at once. */
  source: Uint8Array
  pathNumber: number
  /** Undefined where the next node is an end of the path. */
  next: PeerId | undefined
  packets: number
  bytes: number
}

/** Places in a set. */
const WAYS = 4
/** Sets that an entry may lie in: with two to choose from hardly any hop finds no place while a third of them is free. */
const CHOICES = 2
const MIN_CAPACITY = WAYS * CHOICES
/** 2^32 over the golden ratio, odd: what shares a set for one choice does not for the other. */
const GOLDEN_RATIO = 0x9e3779b1
const EMPTY = 0
const NO_BUCKET = -1
/** Offsets in the record of an entry: what is compared first stands first, and `path` is rate class, expiry and path tag, as they lie in a packet. */
const Key = { authenticator: 0, path: 8, one: 24, other: 40, source: 56 } as const
const PATH_BYTES = At.list - At.rateClass
const RECORD_BYTES = 72
/** As for labelled paths. */
const BURST_S = 0.25
const MIN_BURST_BYTES = 65_536

export class VerifiedHops {
  readonly #capacity: number
  /** How far the mixed word is shifted for its high bits to be the number of a set. */
  readonly #shift: number
  readonly #seed: number
  readonly #onUsage: (usage: HopUsage) => void
  readonly #records: Uint8Array
  /** First word of each authenticator: those of a set lie on one cache line. */
  readonly #prints: Int32Array
  /** EMPTY where there is none. */
  readonly #accounts: Int32Array
  readonly #generations: Uint32Array
  readonly #usedAtMs: Float64Array
  readonly #bucketOf: Int32Array
  readonly #buckets: BucketSlab
  readonly #rsps: Array<PeerId | undefined>
  /** Two for each entry: from its first neighbour to the other, and the other way. */
  readonly #nexts: Array<PeerId | undefined>
  /** Of the hop that was found or added last: does it go from its first neighbour to the other? */
  #isForward = true
  readonly #packets: Float64Array
  readonly #bytes: Float64Array

  /** @throws RangeError unless the capacity is a power of two, at least 8 */
  constructor ({ capacity, seed, onUsage }: { capacity: number, seed: number, onUsage: (usage: HopUsage) => void }) {
    if (!Number.isInteger(Math.log2(capacity)) || capacity < MIN_CAPACITY) {
      throw new RangeError(`a cache of ${capacity} entries: give a power of two, at least ${MIN_CAPACITY}`)
    }
    this.#capacity = capacity
    this.#shift = 32 - Math.log2(capacity / WAYS)
    this.#seed = seed | 1
    this.#onUsage = onUsage
    this.#records = new Uint8Array(capacity * RECORD_BYTES)
    this.#prints = new Int32Array(capacity)
    this.#accounts = new Int32Array(capacity)
    this.#generations = new Uint32Array(capacity)
    this.#usedAtMs = new Float64Array(capacity)
    this.#bucketOf = new Int32Array(capacity).fill(NO_BUCKET)
    this.#buckets = new BucketSlab({ maxBuckets: capacity })
    this.#rsps = new Array<PeerId | undefined>(capacity).fill(undefined)
    this.#nexts = new Array<PeerId | undefined>(2 * capacity).fill(undefined)
    this.#packets = new Float64Array(2 * capacity)
    this.#bytes = new Float64Array(2 * capacity)
  }

  /** The entry of this hop, or −1. */
  find (hop: HopInPacket): number {
    const print = printOf(hop)
    for (let choice = 0; choice < CHOICES; choice++) {
      const first = this.#firstOf(print, choice)
      for (let entry = first; entry < first + WAYS; entry++) {
        if (this.#prints[entry] === print && this.#accounts[entry] !== EMPTY && this.#isHop(entry, hop)) {
          return entry
        }
      }
    }
    return -1
  }

  accountOf (entry: number): number {
    return this.#accounts[entry]
  }

  generationOf (entry: number): number {
    return this.#generations[entry]
  }

  /** Keeps a hop that was found good, in the place of a void one or of that which was not used for the longest. Returns the entry. */
  add (hop: HopInPacket, owner: HopOwner, isVoid: (entry: number) => boolean, nowMs: number): number {
    const print = printOf(hop)
    const entry = this.#placeFor(print, isVoid)
    this.remove(entry)
    this.#write(entry, hop)
    this.#isForward = true
    this.#prints[entry] = print
    this.#accounts[entry] = owner.account
    this.#generations[entry] = owner.generation
    this.#rsps[entry] = owner.rsp
    this.#usedAtMs[entry] = nowMs
    const rateClass = hop.buffer[hop.at + At.rateClass]
    if (rateClass !== NO_RATE_CLASS) {
      const rate = bytesPerSecondOf(rateClass)
      this.#bucketOf[entry] = this.#buckets.add(rate, Math.max(MIN_BURST_BYTES, rate * BURST_S), nowMs)
    }
    return entry
  }

  /** May a packet of this size go on, by the rate of the path? */
  take (entry: number, bytes: number, nowMs: number): boolean {
    this.#usedAtMs[entry] = nowMs
    const bucket = this.#bucketOf[entry]
    return bucket === NO_BUCKET || this.#buckets.take(bucket, bytes, nowMs)
  }

  /** A packet of the hop that was found or added last goes on to `next`, undefined where that is an end of the path. */
  count (entry: number, bytes: number, next: PeerId | undefined): void {
    const at = 2 * entry + (this.#isForward ? 0 : 1)
    this.#nexts[at] = next
    this.#packets[at]++
    this.#bytes[at] += bytes
  }

  /** Tells what every entry has counted since the last time. */
  flush (): void {
    for (let entry = 0; entry < this.#capacity; entry++) {
      this.#tell(entry)
    }
  }

  remove (entry: number): void {
    this.#tell(entry)
    if (this.#bucketOf[entry] !== NO_BUCKET) {
      this.#buckets.remove(this.#bucketOf[entry])
      this.#bucketOf[entry] = NO_BUCKET
    }
    this.#accounts[entry] = EMPTY
    this.#rsps[entry] = undefined
    this.#nexts[2 * entry] = this.#nexts[2 * entry + 1] = undefined
  }

  #tell (entry: number): void {
    const record = entry * RECORD_BYTES
    for (let at = 2 * entry; at < 2 * entry + 2; at++) {
      if (this.#packets[at] > 0) {
        this.#onUsage({
          rsp: this.#rsps[entry] as PeerId,
          source: this.#records.subarray(record + Key.source, record + Key.source + NODE_ID_BYTES),
          pathNumber: readUint32(this.#records, record + Key.path + PATH_BYTES - PATH_TAG_BYTES / 2),
          next: this.#nexts[at],
          packets: this.#packets[at],
          bytes: this.#bytes[at]
        })
        this.#packets[at] = this.#bytes[at] = 0
      }
    }
  }

  #placeFor (print: number, isVoid: (entry: number) => boolean): number {
    let idlest = this.#firstOf(print, 0)
    for (let place = 0; place < CHOICES * WAYS; place++) {
      const entry = this.#firstOf(print, Math.floor(place / WAYS)) + place % WAYS
      if (this.#accounts[entry] === EMPTY || isVoid(entry)) {
        return entry
      }
      if (this.#usedAtMs[entry] < this.#usedAtMs[idlest]) {
        idlest = entry
      }
    }
    return idlest
  }

  #firstOf (print: number, choice: number): number {
    const mixed = Math.imul(print, this.#seed)
    return ((choice === 0 ? mixed : Math.imul(mixed, GOLDEN_RATIO)) >>> this.#shift) * WAYS
  }

  #isHop (entry: number, hop: HopInPacket): boolean {
    const records = this.#records
    const { buffer, at, authenticatorAt, previousAt, nextAt } = hop
    const record = entry * RECORD_BYTES
    if (!holds(records, record + Key.authenticator, buffer, authenticatorAt, AUTHENTICATOR_BYTES) ||
        !holds(records, record + Key.path, buffer, at + At.rateClass, PATH_BYTES)) {
      return false
    }
    const isForward = holds(records, record + Key.one, buffer, previousAt, NODE_ID_BYTES)
    this.#isForward = isForward
    return isForward
      ? holds(records, record + Key.other, buffer, nextAt, NODE_ID_BYTES)
      : holds(records, record + Key.one, buffer, nextAt, NODE_ID_BYTES) && holds(records, record + Key.other, buffer, previousAt, NODE_ID_BYTES)
  }

  #write (entry: number, { buffer, at, authenticatorAt, previousAt, nextAt }: HopInPacket): void {
    const record = entry * RECORD_BYTES
    const put = (key: number, from: number, bytes: number): void => {
      this.#records.set(buffer.subarray(from, from + bytes), record + key)
    }
    put(Key.authenticator, authenticatorAt, AUTHENTICATOR_BYTES)
    put(Key.path, at + At.rateClass, PATH_BYTES)
    put(Key.one, previousAt, NODE_ID_BYTES)
    put(Key.other, nextAt, NODE_ID_BYTES)
    put(Key.source, at + At.list, NODE_ID_BYTES)
  }
}

function holds (records: Uint8Array, own: number, buffer: Uint8Array, at: number, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) {
    if (records[own + i] !== buffer[at + i]) {
      return false
    }
  }
  return true
}

function printOf ({ buffer, authenticatorAt }: HopInPacket): number {
  return readUint32(buffer, authenticatorAt) | 0
}
