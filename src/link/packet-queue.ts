// The queue of packets before a link, kept as batches that are sent as they are. Bounded in bytes: when it is full the
// oldest droppable packets go, and if there are none the new packet does.
import { Flag } from '../../protocols/forward/constants.ts'

/** A batch fills one Noise message (65,519 bytes of plaintext) together with the muxer's 12-byte header. */
export const MAX_BATCH_BYTES = 65_000
/** A batch begins small, since most hold one or two packets, and doubles. */
const FIRST_BATCH_BYTES = 1_024

interface Batch {
  bytes: Uint8Array
  length: number
  droppableBytes: number
}

export class PacketQueue {
  readonly #maxBytes: number
  readonly #batches: Batch[] = []
  #queuedBytes = 0
  /** Packets that were dropped here, new ones and old ones alike. */
  droppedPackets = 0

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get queuedBytes (): number {
    return this.#queuedBytes
  }

  /** Memory into which `reserve` wrote last; changes with every call of `reserve`. */
  get buffer (): Uint8Array {
    return this.#batches[this.#batches.length - 1].bytes
  }

  /**
   * Room for a packet of `length` bytes: its offset in `buffer`, which the caller fills at once; −1 when there is none.
   */
  reserve (length: number, droppable: boolean): number {
    if (this.#queuedBytes + length > this.#maxBytes && !this.#makeRoom(length)) {
      this.droppedPackets++
      return -1
    }
    const batch = this.#batchFor(length)
    const at = batch.length
    batch.length += length
    if (droppable) {
      batch.droppableBytes += length
    }
    this.#queuedBytes += length
    return at
  }

  /** Length of the oldest batch, 0 when the queue is empty. */
  get headBytes (): number {
    return this.#batches[0]?.length ?? 0
  }

  /** Takes the oldest batch; its memory is the caller's from now on. */
  shift (): Uint8Array {
    const batch = this.#batches.shift() as Batch
    this.#queuedBytes -= batch.length
    return batch.bytes.subarray(0, batch.length)
  }

  clear (): void {
    this.#batches.length = 0
    this.#queuedBytes = 0
  }

  #batchFor (length: number): Batch {
    const last = this.#batches.at(-1)
    if (last !== undefined && last.length + length <= MAX_BATCH_BYTES) {
      if (last.length + length > last.bytes.length) {
        const grown = new Uint8Array(Math.min(MAX_BATCH_BYTES, Math.max(last.bytes.length * 4, last.length + length)))
        grown.set(last.bytes.subarray(0, last.length))
        last.bytes = grown
      }
      return last
    }
    const batch = { bytes: new Uint8Array(Math.max(FIRST_BATCH_BYTES, length)), length: 0, droppableBytes: 0 }
    this.#batches.push(batch)
    return batch
  }

  #makeRoom (length: number): boolean {
    for (let i = 0; i < this.#batches.length && this.#queuedBytes + length > this.#maxBytes; i++) {
      if (this.#batches[i].droppableBytes > 0) {
        this.#dropFrom(this.#batches[i], this.#queuedBytes + length - this.#maxBytes)
        if (this.#batches[i].length === 0 && this.#batches.length > 1) {
          this.#batches.splice(i--, 1)
        }
      }
    }
    return this.#queuedBytes + length <= this.#maxBytes
  }

  /** Removes the oldest droppable packets of a batch, at least `bytes` of them if it has so many, and closes the gaps. */
  #dropFrom (batch: Batch, bytes: number): void {
    let kept = 0
    let freed = 0
    for (let at = 0; at < batch.length;) {
      const length = (batch.bytes[at] << 8) | batch.bytes[at + 1]
      if (freed < bytes && (batch.bytes[at + 3] & Flag.droppable) !== 0) {
        freed += length
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
  }
}
