// Packets of one source that wait before a link, first in, first out, each with the time at which it came. Bounded by who keeps it. Memory is
// that of blocks, which are closed up when packets go from between others.
import { allocUnsafe } from 'uint8arrays/alloc'
import { Flag, MAX_PACKET_BYTES } from '../../protocols/forward/constants.ts'

/** Room in a block comes in steps, since many sources have one or two packets waiting. */
const BLOCK_STEPS_BYTES = [1_024, 4_096, 16_384, 65_536]
const MAX_BLOCK_BYTES = 65_536
/** Before each packet: when it came. */
const TIME_BYTES = 4
/** Times are kept in sixteenths of a millisecond, modulo 2^32: 74 hours. */
const TICKS_PER_MS = 16

interface Block {
  bytes: Uint8Array
  from: number
  to: number
  droppableBytes: number
}

export class WaitingPackets {
  readonly #blocks: Block[] = []
  #bytes = 0
  #packets = 0
  #droppableBytes = 0

  /** Of packets. */
  get bytes (): number {
    return this.#bytes
  }

  get packets (): number {
    return this.#packets
  }

  get droppableBytes (): number {
    return this.#droppableBytes
  }

  /** Memory that is held: less than twice what waits, and two blocks. */
  get heldBytes (): number {
    return this.#blocks.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** Memory into which `reserve` wrote last. */
  get buffer (): Uint8Array {
    return this.#blocks[this.#blocks.length - 1].bytes
  }

  /** Room for a packet: its offset in `buffer`, which the caller fills at once. `droppable` must be what the flags of the packet say. */
  reserve (length: number, droppable: boolean, nowMs: number): number {
    const block = this.#blockFor(TIME_BYTES + length)
    putUint32(block.bytes, block.to, Math.floor(nowMs * TICKS_PER_MS) >>> 0)
    const at = block.to + TIME_BYTES
    block.to = at + length
    this.#bytes += length
    this.#packets++
    if (droppable) {
      block.droppableBytes += length
      this.#droppableBytes += length
    }
    return at
  }

  // ---- the packet that came first; there must be one ----

  get headBuffer (): Uint8Array {
    return this.#blocks[0].bytes
  }

  get headAt (): number {
    return this.#blocks[0].from + TIME_BYTES
  }

  get headLength (): number {
    const { bytes, from } = this.#blocks[0]
    return lengthAt(bytes, from + TIME_BYTES)
  }

  /** For how long it has waited. */
  headAgeMs (nowMs: number): number {
    const { bytes, from } = this.#blocks[0]
    return ((Math.floor(nowMs * TICKS_PER_MS) - getUint32(bytes, from)) >>> 0) / TICKS_PER_MS
  }

  /** It goes. */
  shift (): void {
    const block = this.#blocks[0]
    const at = block.from + TIME_BYTES
    const length = lengthAt(block.bytes, at)
    if (isDroppable(block.bytes, at)) {
      block.droppableBytes -= length
      this.#droppableBytes -= length
    }
    this.#bytes -= length
    this.#packets--
    block.from = at + length
    if (block.from === block.to) {
      this.#blocks.shift()
    }
  }

  /** Drops the oldest droppable packets, so many bytes of them at least if there are so many. Returns how many packets. */
  dropDroppable (bytes: number): number {
    const before = this.#packets
    const goalBytes = this.#bytes - bytes
    for (const block of this.#blocks) {
      if (this.#bytes <= goalBytes) {
        break
      }
      if (block.droppableBytes > 0) {
        this.#dropFrom(block, this.#bytes - goalBytes)
      }
    }
    this.#closeUp()
    return before - this.#packets
  }

  #blockFor (bytes: number): Block {
    const last = this.#blocks.at(-1)
    if (last !== undefined && last.to + bytes <= MAX_BLOCK_BYTES) {
      grow(last, last.to + bytes)
      return last
    }
    const block = { bytes: roomFor(bytes), from: 0, to: 0, droppableBytes: 0 }
    this.#blocks.push(block)
    return block
  }

  #dropFrom (block: Block, bytes: number): void {
    let kept = block.from
    let freed = 0
    for (let at = block.from; at < block.to;) {
      const length = lengthAt(block.bytes, at + TIME_BYTES)
      const end = at + TIME_BYTES + length
      if (freed < bytes && isDroppable(block.bytes, at + TIME_BYTES)) {
        freed += length
        this.#packets--
      } else {
        block.bytes.copyWithin(kept, at, end)
        kept += end - at
      }
      at = end
    }
    block.to = kept
    block.droppableBytes -= freed
    this.#bytes -= freed
    this.#droppableBytes -= freed
  }

  /** Joins neighbouring blocks that fit into one, so that what dropping leaves holds no memory. */
  #closeUp (): void {
    let into = -1
    for (const block of this.#blocks) {
      const target = into < 0 ? undefined : this.#blocks[into]
      const length = block.to - block.from
      if (target !== undefined && target.to + length <= MAX_BLOCK_BYTES) {
        grow(target, target.to + length)
        target.bytes.set(block.bytes.subarray(block.from, block.to), target.to)
        target.to += length
        target.droppableBytes += block.droppableBytes
      } else if (length > 0) {
        this.#blocks[++into] = block
      }
    }
    this.#blocks.length = into + 1
  }
}

function grow (block: Block, bytes: number): void {
  if (bytes > block.bytes.length) {
    const grown = roomFor(bytes)
    grown.set(block.bytes.subarray(0, block.to))
    block.bytes = grown
  }
}

/** Not zeroed: whoever reserves writes, and only what is reserved leaves. */
function roomFor (bytes: number): Uint8Array {
  return allocUnsafe(BLOCK_STEPS_BYTES.find((step) => step >= bytes) ?? MAX_BLOCK_BYTES)
}

function lengthAt (bytes: Uint8Array, at: number): number {
  return Math.min(MAX_PACKET_BYTES, (bytes[at] << 8) | bytes[at + 1])
}

function isDroppable (bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 3] & Flag.droppable) !== 0
}

function putUint32 (bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

function getUint32 (bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}
