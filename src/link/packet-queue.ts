// The queue of packets before a link. What the link can take at once is written straight into the batch of this tick, as it will be sent; all
// else waits in a fair round (fair-round.ts), and is put into batches when credit comes.
//
//   reserve ─┬─ room, and nobody waits ─▶ batch of the tick ─────────────▶ shift
//            └─ else ─▶ round of accounts and sources ─▶ fill: a batch ──▶
import { allocUnsafe } from 'uint8arrays/alloc'
import { FairRound } from './fair-round.ts'
import { QueueCounters } from './queue-counters.ts'

/** A batch fills one Noise message (65,519 bytes of plaintext) together with the muxer's 12-byte header. */
export const MAX_BATCH_BYTES = 65_000
/** Room in a batch comes in steps, since most batches hold one or two packets; it begins with as much as the last one needed. */
const BATCH_STEPS_BYTES = [1_024, 4_096, 16_384, MAX_BATCH_BYTES]
/** As many links as fill a large batch in one tick; those beyond take new memory. */
const MAX_SPARES = 16
/** In place of an account, or of the neighbour that brought a packet: it is the node's own. */
export const OWN = -1
/** In place of the neighbour: it is the node's own, and asks how long the way takes, so it does not wait for what else the node sends. */
export const OWN_ECHO = -3
/** In place of the neighbour: it is the node's own, of a stream, which sends no more while such packets wait. */
export const OWN_STREAM = -4

export interface PacketQueueInit {
  /** Of what waits. */
  maxBytes: number
  /** What has waited for longer is dropped; default: nothing is. */
  lateAfterMs?: number
  /** Default: its own. */
  counters?: QueueCounters
  /** Memory of large batches that have left, for the next ones of all queues that share this: so those that were busy once hold none. Default: its own. */
  spares?: Uint8Array[]
  /** Monotonic, ms. */
  now: () => number
}

interface Batch {
  bytes: Uint8Array
  length: number
  packets: number
}

export class PacketQueue {
  readonly #now: () => number
  readonly #counters: QueueCounters
  /** To be sent as they are. */
  readonly #batches: Batch[] = []
  readonly #waiting: FairRound
  #batchedBytes = 0
  #buffer: Uint8Array = new Uint8Array(0)
  /** Length of the batch that left last. */
  #lastBytes = 0
  /** Memory of that batch, until it is given back or kept. */
  #lent: Uint8Array | undefined
  readonly #spares: Uint8Array[]

  constructor ({ maxBytes, lateAfterMs = Infinity, counters = new QueueCounters(), spares = [], now }: PacketQueueInit) {
    this.#now = now
    this.#spares = spares
    this.#counters = counters
    this.#waiting = new FairRound({ maxBytes, lateAfterMs, counters })
  }

  get queuedBytes (): number {
    return this.#batchedBytes + this.#waiting.bytes
  }

  /** Bytes that wait for credit. */
  get waitingBytes (): number {
    return this.#waiting.bytes
  }

  /** Of these, packets of the node's own streams. */
  get ownStreamBytes (): number {
    return this.#waiting.bytesOf(OWN, OWN_STREAM)
  }

  /** Memory that the queue holds on to: less than twice what is queued, a batch, and two blocks for each source. */
  get heldBytes (): number {
    return this.#batches.reduce((sum, { bytes }) => sum + bytes.length, this.#waiting.heldBytes)
  }

  /** Memory into which `reserve` wrote last; changes with every call of `reserve`. */
  get buffer (): Uint8Array {
    return this.#buffer
  }

  /**
   * Room for a packet of `length` bytes: its offset in `buffer`, which the caller fills at once; −1 when there is none.
   *
   * @param droppable must be what the flags of the packet say
   * @param roomBytes what the link takes at once, with what is in batches already
   * @param account who pays for it: shares are equal between accounts
   * @param source index of the link that brought it: within an account shares are equal between these
   */
  reserve (length: number, droppable: boolean, roomBytes: number, account: number, source: number): number {
    if (this.#batchedBytes + length > roomBytes || this.#waiting.bytes > 0) {
      const at = this.#waiting.reserve(length, droppable, account, source, this.#now())
      this.#buffer = this.#waiting.buffer
      return at
    }
    const batch = this.#batchFor(length)
    const at = batch.length
    batch.length += length
    batch.packets++
    this.#batchedBytes += length
    this.#buffer = batch.bytes
    return at
  }

  /** Puts what waits into a batch of so many bytes at most; false when there is nothing that may go. */
  fill (maxBytes: number): boolean {
    const mostBytes = Math.min(maxBytes, MAX_BATCH_BYTES, this.#waiting.bytes)
    if (mostBytes <= 0) {
      return false
    }
    const bytes = this.#roomFor(mostBytes)
    const taken = this.#waiting.take(bytes, mostBytes, this.#now())
    if (taken.packets > 0) {
      this.#batches.push({ bytes, length: taken.bytes, packets: taken.packets })
      this.#batchedBytes += taken.bytes
    }
    return taken.packets > 0
  }

  /** Length of the oldest batch, 0 when there is none. */
  get headBytes (): number {
    return this.#batches[0]?.length ?? 0
  }

  /** Packets in the oldest batch. */
  get headPackets (): number {
    return this.#batches[0]?.packets ?? 0
  }

  /** Takes the oldest batch; its memory is the caller's from now on, who says by `giveBack` or `keep` what becomes of it. */
  shift (): Uint8Array {
    const batch = this.#batches.shift() as Batch
    this.#batchedBytes -= batch.length
    this.#lastBytes = batch.length
    this.#lent = batch.bytes
    return batch.bytes.subarray(0, batch.length)
  }

  /** Nobody holds the batch that left last any more: the next one may have its memory, which is still in the processor's cache. */
  giveBack (): void {
    if (this.#lent?.length === MAX_BATCH_BYTES && this.#spares.length < MAX_SPARES) {
      this.#spares.push(this.#lent)
    }
    this.#lent = undefined
  }

  /** Somebody may hold the batch that left last for longer: it is not ours any more. */
  keep (): void {
    this.#lent = undefined
  }

  /** Drops all: the link is down. */
  clear (): void {
    this.#counters.down += this.#batches.reduce((sum, { packets }) => sum + packets, this.#waiting.clear())
    this.#batches.length = 0
    this.#batchedBytes = 0
  }

  #batchFor (length: number): Batch {
    const last = this.#batches.at(-1)
    if (last !== undefined && last.length + length <= MAX_BATCH_BYTES) {
      this.#grow(last, last.length + length)
      return last
    }
    const batch = { bytes: this.#roomFor(Math.max(this.#lastBytes, length)), length: 0, packets: 0 }
    this.#batches.push(batch)
    return batch
  }

  #grow (batch: Batch, bytes: number): void {
    if (bytes > batch.bytes.length) {
      const grown = this.#roomFor(bytes)
      grown.set(batch.bytes.subarray(0, batch.length))
      batch.bytes = grown
    }
  }

  /** Not zeroed: whoever reserves writes, and only what is reserved leaves. */
  #roomFor (bytes: number): Uint8Array {
    const roomBytes = BATCH_STEPS_BYTES.find((step) => step >= bytes) ?? MAX_BATCH_BYTES
    return (roomBytes === MAX_BATCH_BYTES ? this.#spares.pop() : undefined) ?? allocUnsafe(roomBytes)
  }
}
