// What a stream has been given to send: kept until it is acknowledged, since it may have to go again.
import { allocUnsafe } from 'uint8arrays/alloc'
import { RangeSet } from './range-set.ts'

/** Small writes are copied together: each of its own would cost more to keep than to copy. */
const SMALL_BYTES = 1_024
const BLOCK_BYTES = 16_384
/** Acknowledged chunks are cut off the list when there are so many. */
const COMPACT_CHUNKS = 64

export class SendBuffer {
  #chunks: Uint8Array[] = []
  /** Offset of each chunk in the stream. */
  #starts: number[] = []
  /** Chunks before this are acknowledged. */
  #head = 0
  /** Room behind the last chunk, which then is a block of ours. */
  #room: Uint8Array | undefined
  #acknowledged = 0
  #end = 0
  #next = 0
  /** Acknowledged above `#acknowledged`. */
  readonly #islands = new RangeSet()
  readonly #again = new RangeSet()

  /** All written so far. */
  get endOffset (): number {
    return this.#end
  }

  /** What was never sent begins here. */
  get nextOffset (): number {
    return this.#next
  }

  get bufferedBytes (): number {
    return this.#end - this.#acknowledged
  }

  get unsentBytes (): number {
    return this.#end - this.#next
  }

  get hasLost (): boolean {
    return this.#again.count > 0
  }

  get isAcknowledged (): boolean {
    return this.#acknowledged === this.#end
  }

  /** Keeps `bytes`, which nobody may change any more, unless they are few. */
  write (bytes: Uint8Array): void {
    if (bytes.length > SMALL_BYTES) {
      this.#room = undefined
      this.#append(bytes)
    } else if (bytes.length > 0) {
      this.#copyTogether(bytes)
    }
  }

  /** Offset from which lost bytes go again; only if `hasLost`. */
  get lostOffset (): number {
    return this.#again.start(0)
  }

  get lostBytes (): number {
    return this.#again.end(0) - this.#again.start(0)
  }

  /** Copies a range, and counts it as sent. */
  take (offset: number, length: number, into: Uint8Array, at: number): void {
    const end = offset + length
    if (this.#again.count > 0) {
      this.#again.remove(offset, end)
    }
    this.#next = Math.max(this.#next, end)
    let from = offset
    for (let i = this.#indexOf(offset); from < end; i++) {
      const chunk = this.#chunks[i]
      const skip = from - this.#starts[i]
      const count = Math.min(chunk.length - skip, end - from)
      into.set(skip === 0 && count === chunk.length ? chunk : chunk.subarray(skip, skip + count), at + from - offset)
      from += count
    }
  }

  acknowledge (offset: number, length: number): void {
    const end = offset + length
    if (this.#again.count > 0) {
      this.#again.remove(offset, end)
    }
    if (offset > this.#acknowledged) {
      this.#islands.add(offset, end)
      return
    }
    this.#acknowledged = Math.max(this.#acknowledged, end)
    while (this.#islands.count > 0 && this.#islands.start(0) <= this.#acknowledged) {
      this.#acknowledged = Math.max(this.#acknowledged, this.#islands.end(0))
      this.#islands.removeFirst()
    }
    this.#release()
  }

  /** Must go again, but for what was acknowledged. */
  lost (offset: number, length: number): void {
    const end = offset + length
    const from = Math.max(offset, this.#acknowledged)
    if (from < end) {
      this.#again.add(from, end)
      for (let i = 0; i < this.#islands.count; i++) {
        this.#again.remove(this.#islands.start(i), this.#islands.end(i))
      }
    }
  }

  /** Nothing more will be sent. */
  clear (): void {
    this.#chunks = []
    this.#starts = []
    this.#head = 0
    this.#room = undefined
    this.#end = this.#next
    this.#acknowledged = this.#next
    this.#islands.clear()
    this.#again.clear()
  }

  #append (bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#starts.push(this.#end)
    this.#end += bytes.length
  }

  #copyTogether (bytes: Uint8Array): void {
    const last = this.#chunks.length - 1
    if (this.#room !== undefined && this.#room.length >= bytes.length && last >= this.#head) {
      const chunk = this.#chunks[last]
      this.#room.set(bytes)
      this.#chunks[last] = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length + bytes.length)
      this.#room = this.#room.subarray(bytes.length)
      this.#end += bytes.length
      return
    }
    const block = allocUnsafe(BLOCK_BYTES)
    block.set(bytes)
    this.#append(block.subarray(0, bytes.length))
    this.#room = block.subarray(bytes.length)
  }

  /** Index of the chunk that has the byte at `offset`. */
  #indexOf (offset: number): number {
    let [low, high] = [this.#head, this.#chunks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#starts[middle] <= offset) {
        low = middle
      } else {
        high = middle - 1
      }
    }
    return low
  }

  #release (): void {
    while (this.#head < this.#chunks.length && this.#starts[this.#head] + this.#chunks[this.#head].length <= this.#acknowledged) {
      this.#chunks[this.#head++] = EMPTY
    }
    if (this.#head === this.#chunks.length || this.#head >= COMPACT_CHUNKS && this.#head > this.#chunks.length / 2) {
      this.#chunks.splice(0, this.#head)
      this.#starts.splice(0, this.#head)
      this.#head = 0
    }
  }
}

const EMPTY = new Uint8Array()
