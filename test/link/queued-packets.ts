// Packets that carry a number, for the tests of what holds them.
import { Flag } from '../../protocols/forward/constants.ts'

/** The number stands behind what all packets begin with. */
export const NUMBERED_BYTES = 10

export function writeNumbered (buffer: Uint8Array, at: number, number: number, length: number, droppable = false): void {
  const view = new DataView(buffer.buffer, buffer.byteOffset + at, length)
  view.setUint16(0, length)
  view.setUint8(2, 1)
  view.setUint8(3, droppable ? Flag.droppable : 0)
  view.setUint32(6, number)
}

export interface Numbered {
  number: number
  length: number
  isMarked: boolean
}

/** All that lie in a batch. */
export function readNumbered (batch: Uint8Array): Numbered[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
  const packets: Numbered[] = []
  for (let at = 0; at < batch.length; at += view.getUint16(at)) {
    packets.push({ number: view.getUint32(at + 6), length: view.getUint16(at), isMarked: (view.getUint8(at + 3) & Flag.congestion) !== 0 })
  }
  return packets
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
