/**
 * Chunks of bytes ↔ messages, as transforms for a pipeline:
 *
 *   chunks ─▶ requestBodies | responseFrames ─▶ messages
 *   message ─▶ requestFrame | responseFrame ─▶ bytes
 *
 * A length is checked when it is read, before its body is waited for.
 */
import { decode, encode } from 'it-length-prefixed'
import { Uint8ArrayList } from 'uint8arraylist'
import { MalformedMessageError, MessageTooLargeError, STATUS_OK } from './errors.ts'

type Bytes = Uint8Array | Uint8ArrayList

/** A frame's length takes at most so many bytes of varint: 2^28 is far above every limit. */
const MAX_LENGTH_BYTES = 4

/** Longest explanation that travels with a failure, UTF-8. */
export const MAX_FAILURE_BYTES = 256

/** What a length and a status add to a message, generously. */
export const FRAME_OVERHEAD_BYTES = 16

export interface ResponseFrame {
  status: number
  body: Uint8Array
}

export function requestFrame (body: Uint8Array): Uint8ArrayList {
  return encode.single(body, { maxDataLength: body.byteLength })
}

export function responseFrame (status: number, body: Uint8Array): Uint8ArrayList {
  return new Uint8ArrayList(Uint8Array.of(status), encode.single(body, { maxDataLength: body.byteLength }))
}

/** The explanation of a failure as it travels: cut after a whole character. */
export function failureBody (message: string): Uint8Array {
  const body = new Uint8Array(MAX_FAILURE_BYTES)
  return body.subarray(0, new TextEncoder().encodeInto(message, body).written)
}

/** A peer's explanation, fit for a log or a terminal. */
export function printable (body: Uint8Array): string {
  return new TextDecoder().decode(body).replace(/\p{C}/gu, '?')
}

/** The requests in a source of chunks, each of at most `maxBytes`. */
export function requestBodies (maxBytes: number): (source: AsyncIterable<Bytes>) => AsyncGenerator<Uint8Array> {
  return async function * (source) {
    for await (const body of messages(source, 0, () => maxBytes)) {
      yield body.body
    }
  }
}

/** The response frames in a source of chunks; bodies of at most `maxBytes`, failures of at most MAX_FAILURE_BYTES. */
export function responseFrames (maxBytes: number): (source: AsyncIterable<Bytes>) => AsyncGenerator<ResponseFrame> {
  return source => messages(source, 1, status => status === STATUS_OK ? maxBytes : MAX_FAILURE_BYTES)
}

async function * messages (source: AsyncIterable<Bytes>, statusBytes: 0 | 1, maxBytesOf: (status: number) => number): AsyncGenerator<ResponseFrame> {
  let status = STATUS_OK
  let bodyMissing = false
  const lengthDecoder = (buffer: Uint8ArrayList): number => {
    status = statusBytes === 0 ? STATUS_OK : buffer.get(0)
    const { length, bytes } = lengthAt(buffer, statusBytes)
    if (length > maxBytesOf(status)) {
      throw new MessageTooLargeError(`message of ${length} bytes where ${maxBytesOf(status)} are allowed`)
    }
    lengthDecoder.bytes = statusBytes + bytes
    return length
  }
  lengthDecoder.bytes = 0
  try {
    yield * frames()
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'UnexpectedEOFError') {
      throw truncated()
    }
    throw cause
  }
  if (bodyMissing) {
    throw truncated()
  }

  async function * frames (): AsyncGenerator<ResponseFrame> {
    const bodies = decode(source, {
      lengthDecoder,
      maxLengthLength: statusBytes + MAX_LENGTH_BYTES,
      maxDataLength: Infinity, // the decoder of lengths has checked already
      onLength: () => { bodyMissing = true },
      onData: () => { bodyMissing = false }
    })
    for await (const body of bodies) {
      // A copy: what a program keeps of a message must not hold on to the chunk that it came in.
      yield { status, body: new Uint8Array(body.subarray()) }
    }
  }
}

function truncated (): MalformedMessageError {
  return new MalformedMessageError('the stream ended in the middle of a message')
}

/** The unsigned varint at `offset`. RangeError: not all of it is there yet. */
function lengthAt (buffer: Uint8ArrayList, offset: number): { length: number, bytes: number } {
  let length = 0
  for (let index = 0; index < MAX_LENGTH_BYTES; index++) {
    if (offset + index >= buffer.byteLength) {
      throw new RangeError('length is incomplete')
    }
    const byte = buffer.get(offset + index)
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte === 0 && index > 0) {
      throw new MalformedMessageError('length is not in its shortest form')
    }
    if (byte < 0x80) {
      return { length, bytes: index + 1 }
    }
  }
  throw new MessageTooLargeError(`length of more than ${MAX_LENGTH_BYTES} bytes`)
}
