// Probe payloads: what measures a link or a path from one end. The packet around them is an ordinary turn-around packet.
import { PayloadType } from './constants.ts'

/** Type, three zero bytes, and an id that only the sender understands. */
export const PROBE_BYTES = 12

/**
 * Under a label: with it a notice about the packet has room to quote the whole id, and is still no larger than the packet.
 */
export const LABELLED_PROBE_BYTES = 20

export function encodeProbe (id: bigint, bytes = PROBE_BYTES): Uint8Array {
  const payload = new Uint8Array(bytes)
  payload[0] = PayloadType.probe
  new DataView(payload.buffer).setBigUint64(4, id)
  return payload
}

export function decodeProbe (payload: Uint8Array): bigint | undefined {
  return payload[0] === PayloadType.probe && payload.length >= PROBE_BYTES
    ? new DataView(payload.buffer, payload.byteOffset + 4, 8).getBigUint64(0)
    : undefined
}
