/**
 * Frames on a long-lived stream of exchanges, for both of its ends:
 *
 *   chunks ─▶ FrameReader ─▶ frames        frames ─▶ FrameWriter ─▶ one send for each turn of the event loop
 *
 * A message of a libp2p stream is dear (some 10 µs each for encryption and muxer), so what is written in one turn leaves together.
 */
import { MalformedMessageError } from '../errors.ts'
import { FRAME_HEADER_BYTES } from './request-stream-protocol.ts'
import type { Logger, Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Stands in the type of an answer; the other bits are those of its request. */
export const ANSWER_BIT = 0x80

/** Room of a new batch: most turns write less. */
const BATCH_BYTES = 2_048

export interface Frame {
  /** One byte, with ANSWER_BIT in an answer */
  type: number
  /** 0 in a request; in an answer as in the table of errors.ts */
  status: number
  /** Unsigned 32-bit number that an answer shares with its request */
  exchange: number
  /** At most the largest frame less its header */
  body: Uint8Array
}

/** The bytes of one frame. RangeError: the body is too long for one. */
export function encodeFrame (frame: Frame, maxFrameBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthOf(frame, maxFrameBytes))
  write(frame, bytes, 0)
  return bytes
}

/** Cuts received bytes into frames. Keeps at most one frame that is not complete. */
export class FrameReader {
  readonly #maxFrameBytes: number
  readonly #onFrame: (frame: Frame) => boolean
  /** The beginning of a frame whose rest has not come yet; made when first needed. */
  #carry: Uint8Array | undefined
  #carried = 0
  /** So much of the pushed chunk has been read. */
  #at = 0

  /** @param onFrame - takes one frame, whose body is a copy of its own, and says whether to go on */
  constructor (maxFrameBytes: number, onFrame: (frame: Frame) => boolean) {
    this.#maxFrameBytes = maxFrameBytes
    this.#onFrame = onFrame
  }

  /**
   * Gives back what was not read because `onFrame` said to stop: push it before anything else.
   *
   * @throws MalformedMessageError - a length that no frame has; after it nothing can be read from this stream
   */
  push (data: Uint8Array | Uint8ArrayList): Uint8Array | undefined {
    const chunk = data.subarray()
    this.#at = 0
    for (let frame = this.#next(chunk); frame !== undefined; frame = this.#next(chunk)) {
      if (!this.#onFrame(frame)) {
        return this.#at < chunk.length ? chunk.subarray(this.#at) : undefined
      }
    }
    return undefined
  }

  #next (chunk: Uint8Array): Frame | undefined {
    const left = chunk.length - this.#at
    if (left === 0 || this.#carried > 0) {
      return left === 0 ? undefined : this.#complete(chunk)
    }
    const length = left === 1 ? Infinity : lengthAt(chunk, this.#at, this.#maxFrameBytes)
    if (left < length) {
      this.#carry ??= new Uint8Array(this.#maxFrameBytes)
      this.#carry.set(chunk.subarray(this.#at))
      this.#carried = left
      return undefined
    }
    this.#at += length
    return frameAt(chunk, this.#at - length, length)
  }

  #complete (chunk: Uint8Array): Frame | undefined {
    const carry = this.#carry as Uint8Array
    if (this.#carried === 1) {
      carry[1] = chunk[this.#at++]
      this.#carried = 2
    }
    const length = lengthAt(carry, 0, this.#maxFrameBytes)
    const part = chunk.subarray(this.#at, this.#at + length - this.#carried)
    carry.set(part, this.#carried)
    this.#carried += part.length
    this.#at += part.length
    if (this.#carried < length) {
      return undefined
    }
    this.#carried = 0
    return frameAt(carry, 0, length)
  }
}

/** Frames on their way into a stream. Bounded by its user, who looks at `bufferedBytes`. */
export class FrameWriter {
  readonly #maxFrameBytes: number
  readonly #stream: Stream
  readonly #log?: Logger
  #batch = new Uint8Array(0)
  #batchBytes = 0
  #isScheduled = false
  /** What to call should the frames of the batch, or those that the stream still holds, never leave. */
  #inBatch: Array<() => void> = []
  #inStream: Array<() => void> = []

  constructor (stream: Stream, maxFrameBytes: number, log?: Logger) {
    this.#maxFrameBytes = maxFrameBytes
    this.#stream = stream
    this.#log = log
    stream.addEventListener('drain', () => { this.flush() })
    // also dispatched when an aborted stream throws its buffer away
    stream.addEventListener('idle', () => {
      if (stream.status === 'open') {
        this.#inStream = []
      }
    })
  }

  /** Bytes that wait here and in the stream. */
  get bufferedBytes (): number {
    return this.#batchBytes + this.#stream.writeBufferLength
  }

  /** Copies the frame. `onLost` is called by `end` if the frame has not left by then. */
  add (frame: Frame, onLost?: () => void): void {
    const length = lengthOf(frame, this.#maxFrameBytes)
    this.#reserve(length)
    write(frame, this.#batch, this.#batchBytes)
    this.#batchBytes += length
    if (onLost !== undefined) {
      this.#inBatch.push(onLost)
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true
      afterThisTurn(() => {
        this.#isScheduled = false
        this.flush()
      })
    }
  }

  /** Sends what waits, unless the stream is full: then its next 'drain' does. */
  flush (): void {
    if (this.#batchBytes === 0 || this.#stream.writableNeedsDrain || this.#stream.writeStatus !== 'writable') {
      return
    }
    // not used again: a stream keeps what it was given
    const batch = this.#batch.subarray(0, this.#batchBytes)
    this.#batch = new Uint8Array(0)
    this.#batchBytes = 0
    this.#inStream.push(...this.#inBatch)
    this.#inBatch = []
    try {
      this.#stream.send(batch)
    } catch {
      // the stream is gone: its 'close' event tells its user, who calls `end`
    }
  }

  /** The stream is gone: whatever has not left never will. */
  end (): void {
    const all = [...this.#inStream, ...this.#inBatch]
    this.#inStream = []
    this.#inBatch = []
    this.#batchBytes = 0
    all.forEach(onLost => { this.lost(onLost) })
  }

  /** For a frame that was not even added. */
  lost (onLost?: () => void): void {
    try {
      onLost?.()
    } catch (error) {
      this.#log?.error('undoing what could not be delivered failed - %e', error)
    }
  }

  #reserve (length: number): void {
    const needed = this.#batchBytes + length
    if (needed > this.#batch.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#batch.length, BATCH_BYTES))
      larger.set(this.#batch.subarray(0, this.#batchBytes))
      this.#batch = larger
    }
  }
}

const afterThisTurn: (run: () => void) => void = typeof globalThis.setImmediate === 'function'
  ? run => { globalThis.setImmediate(run) }
  : afterMessages()

/** In browsers a message to oneself comes after the events that wait, without the clamp of nested timers. */
function afterMessages (): (run: () => void) => void {
  const channel = new MessageChannel()
  const waiting: Array<() => void> = []
  channel.port1.onmessage = () => { waiting.shift()?.() }
  return run => {
    waiting.push(run)
    channel.port2.postMessage(undefined)
  }
}

function lengthOf (frame: Frame, maxFrameBytes: number): number {
  const length = FRAME_HEADER_BYTES + frame.body.length
  if (length > maxFrameBytes) {
    throw new RangeError(`a frame of ${length} bytes: at most ${maxFrameBytes} are allowed`)
  }
  return length
}

function write (frame: Frame, into: Uint8Array, at: number): void {
  const length = FRAME_HEADER_BYTES + frame.body.length
  into[at] = length >> 8
  into[at + 1] = length
  into[at + 2] = frame.type
  into[at + 3] = frame.status
  into[at + 4] = frame.exchange >>> 24
  into[at + 5] = frame.exchange >>> 16
  into[at + 6] = frame.exchange >>> 8
  into[at + 7] = frame.exchange
  into.set(frame.body, at + FRAME_HEADER_BYTES)
}

function lengthAt (buffer: Uint8Array, at: number, maxFrameBytes: number): number {
  const length = (buffer[at] << 8) | buffer[at + 1]
  if (length < FRAME_HEADER_BYTES || length > maxFrameBytes) {
    throw new MalformedMessageError(`a frame of ${length} bytes: ${FRAME_HEADER_BYTES} to ${maxFrameBytes} are allowed`)
  }
  return length
}

function frameAt (buffer: Uint8Array, at: number, length: number): Frame {
  const exchange = ((buffer[at + 4] << 24) | (buffer[at + 5] << 16) | (buffer[at + 6] << 8) | buffer[at + 7]) >>> 0
  const body = new Uint8Array(buffer.subarray(at + FRAME_HEADER_BYTES, at + length))
  return { type: buffer[at + 2], status: buffer[at + 3], exchange, body }
}
