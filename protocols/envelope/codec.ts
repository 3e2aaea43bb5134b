// The parts of an envelope that need no key: its outer type, session id and sequence, and the plaintext frames inside.
// Every length is exact: bytes that no field accounts for are an error.
import { MalformedMessageError } from '../errors.ts'
import {
  ATTACH_REQUEST_HEADER_BYTES, ATTACH_RESULT_BYTES, CLOSE_BYTES, ECHO_ID_BYTES, ECHO_REPLY_BYTES, EnvelopeType, FrameType, INIT_BYTES,
  MAX_DESCRIPTOR_BYTES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, RESPONSE_BYTES, SEALED_OVERHEAD_BYTES, SESSION_ID_BYTES
} from './constants.ts'
import { NODE_ID_BYTES } from '../forward/constants.ts'

export type Frame =
  | { type: 'data', payload: Uint8Array }
  | { type: 'echo-request', id: Uint8Array, paddingBytes: number }
  | { type: 'echo-reply', id: Uint8Array }
  | { type: 'attach-request', descriptor: Uint8Array }
  | { type: 'attach-result', forwarder: Uint8Array, status: number }
  | { type: 'close', reason: number }
  | { type: 'stream', packet: Uint8Array }

/** Outer type, after checking that the length is one that this type can have. */
export function envelopeType (envelope: Uint8Array): EnvelopeType {
  switch (envelope[0]) {
    case EnvelopeType.init:
      checkLength('init', envelope, INIT_BYTES, INIT_BYTES)
      return EnvelopeType.init
    case EnvelopeType.response:
      checkLength('response', envelope, RESPONSE_BYTES, RESPONSE_BYTES)
      return EnvelopeType.response
    case EnvelopeType.sealed:
      checkLength('sealed envelope', envelope, SEALED_OVERHEAD_BYTES + 1, MAX_ENVELOPE_BYTES)
      return EnvelopeType.sealed
    default:
      throw new MalformedMessageError(`an envelope begins with 1, 2 or 3, not ${envelope[0] ?? 'nothing'}`)
  }
}

/** A view, not a copy: all three types have their session id at offset 4. */
export function sessionIdOf (envelope: Uint8Array): Uint8Array {
  envelopeType(envelope)
  return envelope.subarray(4, 4 + SESSION_ID_BYTES)
}

/** The same of the first bytes of an envelope, as a notice quotes them; undefined when they are too few, or of something else. */
export function quotedSessionIdOf (quote: Uint8Array): Uint8Array | undefined {
  const isEnvelope = quote[0] === EnvelopeType.init || quote[0] === EnvelopeType.response || quote[0] === EnvelopeType.sealed
  return isEnvelope && quote.length >= 4 + SESSION_ID_BYTES ? quote.subarray(4, 4 + SESSION_ID_BYTES) : undefined
}

/** Sequence number of a sealed envelope, not yet authenticated. */
export function sequenceOf (envelope: Uint8Array): number {
  if (envelopeType(envelope) !== EnvelopeType.sealed) {
    throw new MalformedMessageError('only a sealed envelope has a sequence number')
  }
  return readUint64(envelope, 4 + SESSION_ID_BYTES)
}

export function encodeData (payload: Uint8Array): Uint8Array {
  const frame = allocateFrame(FrameType.data, 1 + payload.length)
  frame.set(payload, 1)
  return frame
}

/** Padding is zeros; it makes a probe as large as the packets whose path it tests. */
export function encodeEchoRequest (id: Uint8Array, paddingBytes = 0): Uint8Array {
  checkLength('echo id', id, ECHO_ID_BYTES, ECHO_ID_BYTES)
  if (paddingBytes < 0) {
    throw new MalformedMessageError(`an echo request cannot have ${paddingBytes} bytes of padding`)
  }
  const frame = allocateFrame(FrameType.echoRequest, ECHO_REPLY_BYTES + paddingBytes)
  frame.set(id, 1)
  return frame
}

/** The id of an echo that is known by a number. */
export function numbered (number: number): Uint8Array {
  const id = new Uint8Array(ECHO_ID_BYTES)
  writeUint64(id, 0, number)
  return id
}

export function encodeEchoReply (id: Uint8Array): Uint8Array {
  checkLength('echo id', id, ECHO_ID_BYTES, ECHO_ID_BYTES)
  const frame = allocateFrame(FrameType.echoReply, ECHO_REPLY_BYTES)
  frame.set(id, 1)
  return frame
}

/** `descriptor` is the forwarder's signed descriptor as it came from `/byway/descriptor`; the peer checks it. */
export function encodeAttachRequest (descriptor: Uint8Array): Uint8Array {
  checkLength('descriptor', descriptor, 1, MAX_DESCRIPTOR_BYTES)
  const frame = allocateFrame(FrameType.attachRequest, ATTACH_REQUEST_HEADER_BYTES + descriptor.length)
  frame[1] = descriptor.length >>> 8
  frame[2] = descriptor.length & 0xff
  frame.set(descriptor, ATTACH_REQUEST_HEADER_BYTES)
  return frame
}

/** `status` is one of `AttachStatus`. */
export function encodeAttachResult (forwarder: Uint8Array, status: number): Uint8Array {
  checkLength('node id', forwarder, NODE_ID_BYTES, NODE_ID_BYTES)
  const frame = allocateFrame(FrameType.attachResult, ATTACH_RESULT_BYTES)
  frame.set(forwarder, 1)
  frame[1 + NODE_ID_BYTES] = checkByte('status', status)
  return frame
}

/** `reason` is one of `CloseReason`. */
export function encodeClose (reason: number): Uint8Array {
  const frame = allocateFrame(FrameType.close, CLOSE_BYTES)
  frame[1] = checkByte('reason', reason)
  return frame
}

/** The parts are views of `frame`, not copies. */
export function decodeFrame (frame: Uint8Array): Frame {
  checkLength('frame', frame, 1, MAX_FRAME_BYTES)
  switch (frame[0]) {
    case FrameType.data:
      return { type: 'data', payload: frame.subarray(1) }
    case FrameType.echoRequest:
      checkLength('echo request', frame, ECHO_REPLY_BYTES, MAX_FRAME_BYTES)
      return { type: 'echo-request', id: frame.subarray(1, ECHO_REPLY_BYTES), paddingBytes: frame.length - ECHO_REPLY_BYTES }
    case FrameType.echoReply:
      checkLength('echo reply', frame, ECHO_REPLY_BYTES, ECHO_REPLY_BYTES)
      return { type: 'echo-reply', id: frame.subarray(1) }
    case FrameType.attachRequest:
      return decodeAttachRequest(frame)
    case FrameType.attachResult:
      checkLength('attach result', frame, ATTACH_RESULT_BYTES, ATTACH_RESULT_BYTES)
      return { type: 'attach-result', forwarder: frame.subarray(1, 1 + NODE_ID_BYTES), status: frame[1 + NODE_ID_BYTES] }
    case FrameType.close:
      checkLength('close', frame, CLOSE_BYTES, CLOSE_BYTES)
      return { type: 'close', reason: frame[1] }
    case FrameType.stream:
      checkLength('stream packet', frame, 2, MAX_FRAME_BYTES)
      return { type: 'stream', packet: frame.subarray(1) }
    default:
      throw new MalformedMessageError(`no frame has type ${frame[0]}; the peer speaks a later version of the envelope`)
  }
}

function decodeAttachRequest (frame: Uint8Array): Frame {
  checkLength('attach request', frame, ATTACH_REQUEST_HEADER_BYTES + 1, ATTACH_REQUEST_HEADER_BYTES + MAX_DESCRIPTOR_BYTES)
  const descriptor = frame.subarray(ATTACH_REQUEST_HEADER_BYTES)
  const stated = frame[1] << 8 | frame[2]
  if (stated !== descriptor.length) {
    throw new MalformedMessageError(`an attach request says that its descriptor has ${stated} bytes, but ${descriptor.length} follow`)
  }
  return { type: 'attach-request', descriptor }
}

function allocateFrame (type: number, bytes: number): Uint8Array {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_FRAME_BYTES) {
    throw new MalformedMessageError(`a frame of ${bytes} bytes does not fit into an envelope: at most ${MAX_FRAME_BYTES}, type included`)
  }
  const frame = new Uint8Array(bytes)
  frame[0] = type
  return frame
}

function checkByte (what: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 255) {
    throw new MalformedMessageError(`${what} is one byte, not ${value}`)
  }
  return value
}

/** Throws MalformedMessageError unless `bytes` has from `min` to `max` bytes. */
export function checkLength (what: string, bytes: Uint8Array, min: number, max: number): void {
  if (bytes.length < min || bytes.length > max) {
    throw new MalformedMessageError(`${what} of ${bytes.length} bytes: ${min === max ? `exactly ${min}` : `from ${min} to ${max}`} expected`)
  }
}

/** Big-endian; `value` is a safe integer. Written by hand: a DataView per packet costs more than the arithmetic. */
export function writeUint64 (bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  for (let i = 0; i < 4; i++) {
    bytes[at + i] = high >>> (24 - 8 * i)
    bytes[at + 4 + i] = value >>> (24 - 8 * i)
  }
}

/** Throws MalformedMessageError for a number that is not a safe integer. */
export function readUint64 (bytes: Uint8Array, at: number): number {
  const value = readUint32(bytes, at) * 0x1_0000_0000 + readUint32(bytes, at + 4)
  if (!Number.isSafeInteger(value)) {
    throw new MalformedMessageError('a 64-bit field holds a number above 2^53 - 1')
  }
  return value
}

function readUint32 (bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0
}
