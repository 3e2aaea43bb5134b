// Reads and writes packets of reliable streams where they lie: writers fill a buffer of the caller's, the reader calls a visitor for
// each frame and hands out views. One runs for every packet, so neither makes objects.
import { MalformedMessageError } from '../errors.ts'
import {
  ACK_FIXED_BYTES, ACK_RANGE_BYTES, DATA_HEADER_BYTES, MAX_ACK_RANGES, MAX_DATA_BYTES, MAX_STREAMS_BYTES, MAX_STREAM_DATA_BYTES,
  PACKET_HEADER_BYTES, RESET_BYTES, STOP_SENDING_BYTES, STREAM_NUMBER_LIMIT, StreamFrameType, UINT32_LIMIT
} from './constants.ts'

/** One ack, reused for all: whoever keeps something of it copies it. */
export class Ack {
  /** Modulo 256: the epoch in which `marked` was counted. */
  epoch = 0
  delayUs = 0
  /** Receiver's clock modulo 2^32 when the largest packet arrived. */
  receivedAtUs = 0
  marked = 0
  rangeCount = 0
  /** First and last number of each range, the highest range first. */
  readonly ranges = new Float64Array(2 * MAX_ACK_RANGES)

  get largest (): number {
    return this.ranges[1]
  }
}

/** What a packet does to its receiver. Data are views of the packet. */
export interface FrameVisitor {
  onData: (id: number, offset: number, data: Uint8Array, isLast: boolean) => void
  onAck: (ack: Ack) => void
  onMaxData: (limit: number) => void
  onMaxStreamData: (id: number, limit: number) => void
  onMaxStreams: (limit: number) => void
  onReset: (id: number, code: number, finalBytes: number) => void
  onStopSending: (id: number, code: number) => void
  onPing: () => void
}

const UINT32_MAX = UINT32_LIMIT - 1

const ack = new Ack()

export function packetEpoch (packet: Uint8Array): number {
  return packet[0]
}

/** @throws MalformedMessageError for a packet that has no frame */
export function packetNumber (packet: Uint8Array): number {
  if (packet.length <= PACKET_HEADER_BYTES) {
    throw new MalformedMessageError(`a packet of ${packet.length} bytes has no frame`)
  }
  return readUint48(packet, 1)
}

/** Calls the visitor for each frame, in order. What it throws comes through. @throws MalformedMessageError */
export function readFrames (packet: Uint8Array, visitor: FrameVisitor): void {
  let at = PACKET_HEADER_BYTES
  let hasAck = false
  while (at < packet.length) {
    if (packet[at] === StreamFrameType.ack) {
      if (hasAck) {
        throw new MalformedMessageError('a packet says once what was received, but this one has a second ack')
      }
      hasAck = true
    }
    at = readFrame(packet, at, visitor)
  }
}

function readFrame (packet: Uint8Array, at: number, visitor: FrameVisitor): number {
  const type = packet[at]
  switch (type) {
    case StreamFrameType.data:
    case StreamFrameType.lastData:
      return readData(packet, at, visitor, type === StreamFrameType.lastData)
    case StreamFrameType.ack:
      return readAck(packet, at, visitor)
    case StreamFrameType.maxData:
      checkRoom(packet, at, MAX_DATA_BYTES)
      visitor.onMaxData(readUint48(packet, at + 1))
      return at + MAX_DATA_BYTES
    case StreamFrameType.maxStreamData:
      checkRoom(packet, at, MAX_STREAM_DATA_BYTES)
      visitor.onMaxStreamData(readUint32(packet, at + 1), readUint48(packet, at + 5))
      return at + MAX_STREAM_DATA_BYTES
    case StreamFrameType.maxStreams:
      checkRoom(packet, at, MAX_STREAMS_BYTES)
      visitor.onMaxStreams(readUint32(packet, at + 1))
      return at + MAX_STREAMS_BYTES
    case StreamFrameType.reset:
      checkRoom(packet, at, RESET_BYTES)
      visitor.onReset(readUint32(packet, at + 1), readUint32(packet, at + 5), readUint48(packet, at + 9))
      return at + RESET_BYTES
    case StreamFrameType.stopSending:
      checkRoom(packet, at, STOP_SENDING_BYTES)
      visitor.onStopSending(readUint32(packet, at + 1), readUint32(packet, at + 5))
      return at + STOP_SENDING_BYTES
    case StreamFrameType.ping:
      visitor.onPing()
      return at + 1
    default:
      throw new MalformedMessageError(`no frame of a stream packet has type ${type}`)
  }
}

function readData (packet: Uint8Array, at: number, visitor: FrameVisitor, isLast: boolean): number {
  checkRoom(packet, at, DATA_HEADER_BYTES)
  const offset = readUint48(packet, at + 5)
  const length = packet[at + 11] << 8 | packet[at + 12]
  checkRoom(packet, at, DATA_HEADER_BYTES + length)
  if (length === 0 && !isLast) {
    throw new MalformedMessageError('data without a byte that end nothing mean nothing')
  }
  if (offset + length >= STREAM_NUMBER_LIMIT) {
    throw new MalformedMessageError('a stream has less than 2^48 bytes')
  }
  const from = at + DATA_HEADER_BYTES
  visitor.onData(readUint32(packet, at + 1), offset, packet.subarray(from, from + length), isLast)
  return from + length
}

function readAck (packet: Uint8Array, at: number, visitor: FrameVisitor): number {
  checkRoom(packet, at, ACK_FIXED_BYTES)
  const more = packet[at + 20]
  if (more >= MAX_ACK_RANGES) {
    throw new MalformedMessageError(`an ack has at most ${MAX_ACK_RANGES} ranges, not ${more + 1}`)
  }
  const bytes = ACK_FIXED_BYTES + more * ACK_RANGE_BYTES
  checkRoom(packet, at, bytes)
  ack.delayUs = readUint32(packet, at + 7)
  ack.receivedAtUs = readUint32(packet, at + 11)
  ack.epoch = packet[at + 15]
  ack.marked = readUint32(packet, at + 16)
  ack.rangeCount = more + 1
  let last = readUint48(packet, at + 1)
  for (let i = 0, field = at + 21; ; i++, field += ACK_RANGE_BYTES) {
    const received = readUint32(packet, field)
    const first = last - received + 1
    if (received === 0 || first < 0) {
      throw new MalformedMessageError('an ack names packets below 0, or an empty range')
    }
    ack.ranges[2 * i] = first
    ack.ranges[2 * i + 1] = last
    if (i === more) {
      break
    }
    const missing = readUint32(packet, field + 4)
    if (missing === 0) {
      throw new MalformedMessageError('two ranges of an ack have no gap between them')
    }
    last = first - missing - 1
  }
  visitor.onAck(ack)
  return at + bytes
}

function checkRoom (packet: Uint8Array, at: number, bytes: number): void {
  if (at + bytes > packet.length) {
    throw new MalformedMessageError(`a frame of type ${packet[at]} needs ${bytes} bytes, but only ${packet.length - at} are left`)
  }
}

// ---- writers: each returns where the next frame begins ----

export function writePacketHeader (bytes: Uint8Array, at: number, epoch: number, number: number): number {
  bytes[at] = epoch
  writeUint48(bytes, at + 1, number)
  return at + PACKET_HEADER_BYTES
}

/** The head of a data frame; the caller puts `length` bytes of data behind it. */
export function writeDataHeader (bytes: Uint8Array, at: number, id: number, offset: number, length: number, isLast: boolean): number {
  bytes[at] = isLast ? StreamFrameType.lastData : StreamFrameType.data
  writeUint32(bytes, at + 1, id)
  writeUint48(bytes, at + 5, offset)
  bytes[at + 11] = length >>> 8
  bytes[at + 12] = length & 0xff
  return at + DATA_HEADER_BYTES
}

/** Bytes of an ack with so many ranges. */
export function ackBytes (rangeCount: number): number {
  return ACK_FIXED_BYTES + (rangeCount - 1) * ACK_RANGE_BYTES
}

/** What does not fit into 32 bits ends the ack: that was said in earlier ones. */
export function writeAck (bytes: Uint8Array, at: number, { ranges, rangeCount, delayUs, receivedAtUs, epoch, marked }: Ack): number {
  bytes[at] = StreamFrameType.ack
  writeUint48(bytes, at + 1, ranges[1])
  writeUint32(bytes, at + 7, delayUs)
  writeUint32(bytes, at + 11, receivedAtUs)
  bytes[at + 15] = epoch
  writeUint32(bytes, at + 16, marked)
  let received = ranges[1] - ranges[0] + 1
  writeUint32(bytes, at + 21, Math.min(UINT32_MAX, received))
  let count = 1
  for (; count < rangeCount && received <= UINT32_MAX; count++) {
    const missing = ranges[2 * count - 2] - ranges[2 * count + 1] - 1
    if (missing > UINT32_MAX) {
      break
    }
    received = ranges[2 * count + 1] - ranges[2 * count] + 1
    const field = at + ackBytes(count)
    writeUint32(bytes, field, missing)
    writeUint32(bytes, field + 4, Math.min(UINT32_MAX, received))
  }
  bytes[at + 20] = count - 1
  return at + ackBytes(count)
}

export function writeMaxData (bytes: Uint8Array, at: number, limit: number): number {
  bytes[at] = StreamFrameType.maxData
  writeUint48(bytes, at + 1, limit)
  return at + MAX_DATA_BYTES
}

export function writeMaxStreamData (bytes: Uint8Array, at: number, id: number, limit: number): number {
  bytes[at] = StreamFrameType.maxStreamData
  writeUint32(bytes, at + 1, id)
  writeUint48(bytes, at + 5, limit)
  return at + MAX_STREAM_DATA_BYTES
}

export function writeMaxStreams (bytes: Uint8Array, at: number, limit: number): number {
  bytes[at] = StreamFrameType.maxStreams
  writeUint32(bytes, at + 1, limit)
  return at + MAX_STREAMS_BYTES
}

export function writeReset (bytes: Uint8Array, at: number, id: number, code: number, finalBytes: number): number {
  bytes[at] = StreamFrameType.reset
  writeUint32(bytes, at + 1, id)
  writeUint32(bytes, at + 5, code)
  writeUint48(bytes, at + 9, finalBytes)
  return at + RESET_BYTES
}

export function writeStopSending (bytes: Uint8Array, at: number, id: number, code: number): number {
  bytes[at] = StreamFrameType.stopSending
  writeUint32(bytes, at + 1, id)
  writeUint32(bytes, at + 5, code)
  return at + STOP_SENDING_BYTES
}

export function writePing (bytes: Uint8Array, at: number): number {
  bytes[at] = StreamFrameType.ping
  return at + 1
}

function readUint32 (bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0
}

function readUint48 (bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8 | bytes[at + 1]) * 0x1_0000_0000 + readUint32(bytes, at + 2)
}

function writeUint32 (bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

function writeUint48 (bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  bytes[at] = high >>> 8
  bytes[at + 1] = high
  writeUint32(bytes, at + 2, value)
}
