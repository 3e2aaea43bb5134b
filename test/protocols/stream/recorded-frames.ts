// What a packet says, as plain values that can be compared, and the way back.
import {
  Ack, readFrames, writeAck, writeDataHeader, writeMaxData, writeMaxStreamData, writeMaxStreams, writePacketHeader, writePing, writeReset,
  writeStopSending
} from '../../../protocols/stream/codec.ts'
import { MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'

export interface AckValues { epoch: number, delayUs: number, receivedAtUs: number, marked: number, ranges: number[] }

export type Call =
  | ['data', number, number, string, boolean]
  | ['ack', AckValues]
  | ['maxData', number]
  | ['maxStreamData', number, number]
  | ['maxStreams', number]
  | ['reset', number, number, number]
  | ['stopSending', number, number]
  | ['ping']

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

export function callsOf (packet: Uint8Array): Call[] {
  const calls: Call[] = []
  readFrames(packet, {
    onData: (id, offset, data, isLast) => { calls.push(['data', id, offset, hex(data), isLast]) },
    onAck: ({ epoch, delayUs, receivedAtUs, marked, ranges, rangeCount }) => {
      calls.push(['ack', { epoch, delayUs, receivedAtUs, marked, ranges: [...ranges.subarray(0, 2 * rangeCount)] }])
    },
    onMaxData: (limit) => { calls.push(['maxData', limit]) },
    onMaxStreamData: (id, limit) => { calls.push(['maxStreamData', id, limit]) },
    onMaxStreams: (limit) => { calls.push(['maxStreams', limit]) },
    onReset: (id, code, finalBytes) => { calls.push(['reset', id, code, finalBytes]) },
    onStopSending: (id, code) => { calls.push(['stopSending', id, code]) },
    onPing: () => { calls.push(['ping']) }
  })
  return calls
}

export function packetWith (calls: readonly Call[], epoch = 0, number = 0): Uint8Array {
  const packet = new Uint8Array(MAX_STREAM_PACKET_BYTES)
  let at = writePacketHeader(packet, 0, epoch, number)
  for (const call of calls) {
    at = write(packet, at, call)
  }
  return packet.slice(0, at)
}

function write (packet: Uint8Array, at: number, call: Call): number {
  switch (call[0]) {
    case 'data': {
      const data = bytesOf(call[3])
      const from = writeDataHeader(packet, at, call[1], call[2], data.length, call[4])
      packet.set(data, from)
      return from + data.length
    }
    case 'ack': {
      const ack = new Ack()
      const { ranges, ...rest } = call[1]
      Object.assign(ack, rest, { rangeCount: ranges.length / 2 })
      ack.ranges.set(ranges)
      return writeAck(packet, at, ack)
    }
    case 'maxData':
      return writeMaxData(packet, at, call[1])
    case 'maxStreamData':
      return writeMaxStreamData(packet, at, call[1], call[2])
    case 'maxStreams':
      return writeMaxStreams(packet, at, call[1])
    case 'reset':
      return writeReset(packet, at, call[1], call[2], call[3])
    case 'stopSending':
      return writeStopSending(packet, at, call[1], call[2])
    case 'ping':
      return writePing(packet, at)
  }
}
