// Cuts a byte stream into packets. Most packets are handed out where they lie in the received chunk; only one that spans
// two chunks is copied. The handler must copy what it keeps, and must not write.
import { COMMON_HEADER_BYTES, MAX_PACKET_BYTES } from './constants.ts'
import { FrameLengthError } from './errors.ts'

export type PacketHandler = (buffer: Uint8Array, at: number, length: number) => void

export class FrameReader {
  readonly #onPacket: PacketHandler
  /** The beginning of a packet whose rest has not come yet; made when first needed. */
  #carry: Uint8Array | undefined
  #carried = 0

  constructor (onPacket: PacketHandler) {
    this.#onPacket = onPacket
  }

  /** @throws FrameLengthError, after which the stream is of no use */
  push (chunk: Uint8Array): void {
    if (chunk.length === 0) {
      return
    }
    let at = this.#carried === 0 ? 0 : this.#complete(chunk)
    const end = chunk.length
    while (end - at >= 2) {
      const length = checked((chunk[at] << 8) | chunk[at + 1])
      if (end - at < length) {
        break
      }
      this.#onPacket(chunk, at, length)
      at += length
    }
    if (at < end) {
      this.#carry ??= new Uint8Array(MAX_PACKET_BYTES)
      this.#carry.set(chunk.subarray(at))
      this.#carried = end - at
    }
  }

  /** Fills up the carried packet. Returns how much of the chunk it took. */
  #complete (chunk: Uint8Array): number {
    const carry = this.#carry as Uint8Array
    let at = 0
    if (this.#carried === 1) {
      carry[1] = chunk[0]
      this.#carried = 2
      at = 1
    }
    const length = checked((carry[0] << 8) | carry[1])
    const taken = Math.min(length - this.#carried, chunk.length - at)
    carry.set(chunk.subarray(at, at + taken), this.#carried)
    this.#carried += taken
    if (this.#carried === length) {
      this.#carried = 0
      this.#onPacket(carry, 0, length)
    }
    return at + taken
  }
}

function checked (length: number): number {
  if (length < COMMON_HEADER_BYTES || length > MAX_PACKET_BYTES) {
    throw new FrameLengthError(length)
  }
  return length
}
