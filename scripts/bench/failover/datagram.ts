// The datagrams of the failover benchmark: a number, when it was sent, and bytes that follow from the number, so that a wrong one is seen.

export const DATAGRAM_BYTES = 200
const FILL_AT = 16

/** The same clock in all processes of a machine, ms. */
export function nowMs (): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function datagramOf (number: number, sentMs: number): Uint8Array {
  const datagram = new Uint8Array(DATAGRAM_BYTES)
  const view = new DataView(datagram.buffer)
  view.setFloat64(0, number)
  view.setFloat64(8, sentMs)
  for (let at = FILL_AT; at < DATAGRAM_BYTES; at++) {
    datagram[at] = fillOf(number, at)
  }
  return datagram
}

/** @returns undefined for one that is not as it was sent */
export function readDatagram (datagram: Uint8Array): { number: number, sentMs: number } | undefined {
  if (datagram.length !== DATAGRAM_BYTES) {
    return undefined
  }
  const view = new DataView(datagram.buffer, datagram.byteOffset)
  const number = view.getFloat64(0)
  const isIntact = datagram.subarray(FILL_AT).every((byte, i) => byte === fillOf(number, FILL_AT + i))
  return isIntact ? { number, sentMs: view.getFloat64(8) } : undefined
}

function fillOf (number: number, at: number): number {
  return (number * 31 + at * 17) & 0xff
}
