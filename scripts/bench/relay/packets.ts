// What an application of the relay benchmark sends: packets of so many bytes, which say when they were sent. The clock is the
// machine's monotonic one, which all processes share.
import { PayloadType } from '../../../protocols/forward/constants.ts'

/** Type of the payload, where byway looks for one: none that a host serves. */
export const BENCH_PAYLOAD = 0xb0
/** Type, padding, and the time at 8: what the smallest packet has room for. */
export const STAMP_BYTES = 16
const STAMP_AT = 8
/** So much may be on its way from end to end: eight batches, and as 64-byte packets under source routes less than a forwarder's queue holds. */
export const WINDOW_BYTES = 524_288

const stamp = new DataView(new ArrayBuffer(8))

/** Nanoseconds since the machine was started. */
export function nowNs (): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e9 + nanoseconds
}

/** One write of an application: one packet, or as many as it holds. */
export function messageOf (packets: number, packetBytes: number): Uint8Array {
  const message = new Uint8Array(packets * packetBytes)
  for (let at = 0; at < message.length; at += packetBytes) {
    message[at] = BENCH_PAYLOAD
  }
  return message
}

export function stampMessage (message: Uint8Array, packetBytes: number, sentNs: number): void {
  stamp.setFloat64(0, sentNs)
  for (let at = STAMP_AT; at < message.length; at += packetBytes) {
    for (let i = 0; i < 8; i++) {
      message[at + i] = stamp.getUint8(i)
    }
  }
}

export function stampAt (buffer: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) {
    stamp.setUint8(i, buffer[at + STAMP_AT + i])
  }
  return stamp.getFloat64(0)
}

if (Object.values(PayloadType).some((type) => (type as number) === BENCH_PAYLOAD)) {
  throw new Error('the payload type of the benchmark is in use')
}
