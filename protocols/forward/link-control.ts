// Link control frames: between two neighbours only, on the way back of a forward stream. Version 1 has one: hop credit.
import { Kind, LINK_CONTROL_BYTES } from './constants.ts'

const CREDIT = 1

/** Credit: how many bytes of packets the receiver has consumed since the stream began. */
export function encodeCredit (consumedBytes: number): Uint8Array {
  const frame = new Uint8Array(LINK_CONTROL_BYTES)
  frame[1] = LINK_CONTROL_BYTES
  frame[2] = Kind.linkControl
  frame[5] = CREDIT
  new DataView(frame.buffer).setBigUint64(6, BigInt(consumedBytes))
  return frame
}

/** The consumed bytes, or undefined for a control frame that this version does not know (to be ignored). */
export function decodeCredit (buffer: Uint8Array, at: number, length: number): number | undefined {
  if (buffer[at + 2] !== Kind.linkControl || length !== LINK_CONTROL_BYTES || buffer[at + 5] !== CREDIT) {
    return undefined
  }
  const consumed = new DataView(buffer.buffer, buffer.byteOffset + at + 6, 8).getBigUint64(0)
  return consumed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(consumed) : undefined
}
