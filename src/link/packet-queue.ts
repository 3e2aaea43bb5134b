// The queue of packets before a link, kept as batches that are sent as they are. Bounded in bytes: when it is full the
// oldest droppable packets go, and if there are not enough of them the new packet does.
import { allocUnsafe } from 'uint8arrays/alloc'
import { Flag } from '../../protocols/forward/constants.ts'

/** A batch fills one Noise message (65,519 bytes of plaintext) together with the muxer's 12-byte header. */
export const MAX_BATCH_BYTES = 65_000
/** Room in a batch comes in steps, since most batches hold one or two packets; it begins with as much as the last one needed. */
const BATCH_STEPS_BYTES = [1_024, 4_096, 16_384, MAX_BATCH_BYTES]
/**
 * A full queue drops at least a sixteenth of itself at once, if there is so much to drop: it is looked through, and closed up,
 * once for many packets instead of once for each.
 */
const DROP_SHIFT = 4

interface Batch {
  bytes: Uint8Array
  length: number
  packets: number
  droppableBytes: number
}

export class PacketQueue {
  readonly #maxBytes: number
  readonly #batches: Batch[] = []
  #queuedBytes = 0
  #droppableBytes = 0
  /** Length of the batch that left last. */
  #lastBytes = 0
  /** Packets that were dropped here, new ones and old ones alike. */
  droppedPackets = 0

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get queuedBytes (): number {
    return this.#queuedBytes
  }

  /** Memory that the queue holds on to: less than twice what is queued, and two batches. */
  get heldBytes (): number {
    return this.#batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** Memory into which `reserve` wrote last; changes with every call of `reserve`. */
  get buffer (): Uint8Array {
    return this.#batches[this.#batches.length - 1].bytes
  }

  /**
   * Room for a packet of `length` bytes: its offset in `buffer`, which the caller fills at once; −1 when there is none.
   * `droppable` must be what the flags of the packet say.
   */
  reserve (length: number, droppable: boolean): number {
    if (this.#queuedBytes + length > this.#maxBytes && !this.#makeRoom(length)) {
      this.droppedPackets++
      return -1
    }
    const batch = this.#batchFor(length)
    const at = batch.length
    batch.length += length
    batch.packets++
    this.#queuedBytes += length
    if (droppable) {
      batch.droppableBytes += length
      this.#droppableBytes += length
    }
    return at
  }

  /** Length of the oldest batch, 0 when the queue is empty. */
  get headBytes (): number {
    return this.#batches[0]?.length ?? 0
  }

  /** Packets in the oldest batch. */
  get headPackets (): number {
    return this.#batches[0]?.packets ?? 0
  }

  /** Takes the oldest batch; its memory is the caller's from now on. */
  shift (): Uint8Array {
    const batch = this.#batches.shift() as Batch
    this.#queuedBytes -= batch.length
    this.#droppableBytes -= batch.droppableBytes
    this.#lastBytes = batch.length
    return batch.bytes.subarray(0, batch.length)
  }

  /** Drops all. */
  clear (): void {
    for (const { packets } of this.#batches) {
      this.droppedPackets += packets
    }
    this.#batches.length = 0
    this.#queuedBytes = 0
    this.#droppableBytes = 0
  }

  #batchFor (length: number): Batch {
    const last = this.#batches.at(-1)
    if (last !== undefined && last.length + length <= MAX_BATCH_BYTES) {
      grow(last, last.length + length)
      return last
    }
    const batch = { bytes: roomFor(Math.max(this.#lastBytes, length)), length: 0, packets: 0, droppableBytes: 0 }
    this.#batches.push(batch)
    return batch
  }

  #makeRoom (length: number): boolean {
    const neededBytes = this.#queuedBytes + length - this.#maxBytes
    if (this.#droppableBytes < neededBytes) {
      return false
    }
    const goalBytes = this.#queuedBytes - Math.max(neededBytes, this.#maxBytes >> DROP_SHIFT)
    for (const batch of this.#batches) {
      if (this.#queuedBytes <= goalBytes) {
        break
      }
      if (batch.droppableBytes > 0) {
        this.#dropFrom(batch, this.#queuedBytes - goalBytes)
      }
    }
    this.#closeUp()
    return true
  }

  /** Removes the oldest droppable packets of a batch, at least `bytes` of them if it has so many, and closes the gaps. */
  #dropFrom (batch: Batch, bytes: number): void {
    let kept = 0
    let freed = 0
    for (let at = 0; at < batch.length;) {
      const length = (batch.bytes[at] << 8) | batch.bytes[at + 1]
      if (freed < bytes && (batch.bytes[at + 3] & Flag.droppable) !== 0) {
        freed += length
        batch.packets--
        this.droppedPackets++
      } else {
        batch.bytes.copyWithin(kept, at, at + length)
        kept += length
      }
      at += length
    }
    batch.length = kept
    batch.droppableBytes -= freed
    this.#queuedBytes -= freed
    this.#droppableBytes -= freed
  }

  /** Joins neighbouring batches that fit into one, so that what dropping leaves holds no memory and costs no message of its own. */
  #closeUp (): void {
    let into = 0
    for (let i = 1; i < this.#batches.length; i++) {
      const target = this.#batches[into]
      const batch = this.#batches[i]
      if (target.length + batch.length <= MAX_BATCH_BYTES) {
        grow(target, target.length + batch.length)
        target.bytes.set(batch.bytes.subarray(0, batch.length), target.length)
        target.length += batch.length
        target.packets += batch.packets
        target.droppableBytes += batch.droppableBytes
      } else {
        this.#batches[++into] = batch
      }
    }
    this.#batches.length = Math.min(this.#batches.length, into + 1)
  }
}

function grow (batch: Batch, bytes: number): void {
  if (bytes > batch.bytes.length) {
    const grown = roomFor(bytes)
    grown.set(batch.bytes.subarray(0, batch.length))
    batch.bytes = grown
  }
}

/** Not zeroed: whoever reserves writes, and only what is reserved leaves. */
function roomFor (bytes: number): Uint8Array {
  return allocUnsafe(BATCH_STEPS_BYTES.find((step) => step >= bytes) ?? MAX_BATCH_BYTES)
}
