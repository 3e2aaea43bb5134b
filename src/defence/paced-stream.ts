/**
 * A stream of messages, length-prefixed unless told otherwise, whose reader gets them one by one, each when its turn is, and each in a turn of the event loop of its own.
 *
 *     stream ─▶ [ held: a few whole messages ] ─▶ reader          paused while there is no room: its window bounds the rest
 *
 * A reader that decodes and handles all that came, as libp2p's `pbStream` and the DHT do, never lets the event loop go on while messages are
 * there: one window of 1 MiB is 10,000 small messages, and held a whole node up for two seconds.
 */
import { StreamMessageEvent } from '@libp2p/interface'
import { concat } from 'uint8arrays/concat'
import { varintOf } from './field-cursor.ts'
import { seenThrough } from './seen-through.ts'
import { MessageRefusedError, MessageTooLongError } from './errors.ts'
import type { AbortOptions, Stream } from '@libp2p/interface'

export interface PacedStreamInit {
  /** Of one message; a longer one ends the stream. */
  maxMessageBytes: number
  /** Until the turn of the next message, which is then taken; undefined: it is refused, which ends the stream. */
  take: () => number | undefined
  onTooLong: () => void
  /** What the first bytes say of the message that they begin; undefined: more are needed. Default: an unsigned varint (multiformats) before it. */
  readPrefix?: (held: Uint8Array) => MessagePrefix | undefined
  /** What the reader gets of a message in place of all of it; what it throws ends the stream. */
  cut?: (message: Uint8Array) => Uint8Array
  /** Runs something in another turn of the event loop, and gives what prevents that. Default: that of Node. */
  startTimer?: (run: () => void, delayMs: number) => () => void
}

/** The bytes of a message, and those before it that say so. */
export interface MessagePrefix { value: number, bytes: number }

/** Messages taken out of the stream's own buffer at once, so that putting the rest back is seldom. */
const HELD_MESSAGES = 4
/** Lengths below 2 MiB. */
const MAX_PREFIX_BYTES = 3

type MessageListener = Parameters<Stream['addEventListener']>[1] | Parameters<Stream['removeEventListener']>[1]

/** What the reader is to have in place of the stream, which nobody else may read. */
export function pacedStream (stream: Stream, init: PacedStreamInit): Stream {
  const paced = new PacedMessages(stream, init)
  return seenThrough(stream, {
    addEventListener: (...[type, listener, options]: Parameters<Stream['addEventListener']>) => {
      if (type === 'message') {
        paced.readBy(listener)
      } else {
        stream.addEventListener(type, listener, options)
      }
    },
    removeEventListener: (...[type, listener, options]: Parameters<Stream['removeEventListener']>) => {
      if (type === 'message') {
        paced.leave(listener)
      } else {
        stream.removeEventListener(type, listener, options)
      }
    },
    close: async (options?: AbortOptions) => {
      paced.end()
      await stream.close(options)
    },
    get readBufferLength () { return stream.readBufferLength + paced.heldBytes },
    get readStatus () { return paced.heldBytes > 0 || stream.readStatus === 'paused' ? 'readable' : stream.readStatus }
  })
}

class PacedMessages {
  readonly #stream: Stream
  readonly #init: PacedStreamInit
  readonly #readers = new Set<MessageListener>()
  /** A copy: it keeps nothing else alive that came in the same message of the layer below. The block it lies in grows by halves, however small the pieces. */
  #held = new Uint8Array()
  #block = this.#held
  /** For the turn of the first message, or for nothing more. */
  #isWaiting = false
  #hasEnded = false
  #cancel = (): void => {}

  constructor (stream: Stream, init: PacedStreamInit) {
    this.#stream = stream
    this.#init = init
    stream.addEventListener('close', () => { this.#forget() })
    stream.addEventListener('remoteCloseWrite', () => { this.#next() })
  }

  get heldBytes (): number {
    return this.#held.byteLength
  }

  readBy (reader: MessageListener): void {
    this.#readers.add(reader)
    this.#stream.addEventListener('message', this.#onData)
  }

  leave (reader: MessageListener): void {
    this.#readers.delete(reader)
  }

  /** Its reader has closed it, and wants nothing more: what still comes has nowhere to wait. */
  end (): void {
    this.#hasEnded = true
    this.#forget()
    this.#readOn()
  }

  readonly #onData = ({ data }: StreamMessageEvent): void => {
    if (this.#hasEnded) {
      this.#stream.abort(new MessageRefusedError())
      return
    }
    const room = HELD_MESSAGES * this.#init.maxMessageBytes - this.#held.byteLength
    this.#hold(data.subarray(0, Math.min(room, data.byteLength)))
    if (data.byteLength > room) {
      this.#stream.pause()
      this.#stream.unshift(data instanceof Uint8Array ? data.subarray(room) : data.sublist(room))
    }
    this.#next()
  }

  #hold (bytes: Uint8Array): void {
    const at = this.#held.byteLength
    if (at + bytes.byteLength > this.#block.byteLength) {
      this.#block = new Uint8Array(Math.max(at + bytes.byteLength, 2 * at))
      this.#block.set(this.#held)
    }
    this.#block.set(bytes, at)
    this.#held = this.#block.subarray(0, at + bytes.byteLength)
  }

  /** Takes a turn for the first message that is held, if it is there whole and none waits for one. */
  #next (): void {
    if (this.#isWaiting) {
      return
    }
    const length = this.#firstBytes()
    if (length === undefined) {
      this.#readOn()
      return
    }
    const waitMs = this.#init.take()
    if (waitMs === undefined) {
      this.#stream.abort(new MessageRefusedError())
      return
    }
    this.#isWaiting = true
    this.#cancel = (this.#init.startTimer ?? startTimer)(() => { this.#release(length) }, waitMs)
  }

  /** With its length; undefined while it is not there whole. What is left of one when no more can come is for the reader to refuse. */
  #firstBytes (): number | undefined {
    const prefix = this.#readPrefix(this.#held)
    const isLast = this.#stream.remoteWriteStatus === 'closed' && this.#stream.readBufferLength === 0
    const rest = isLast && this.#held.byteLength > 0 ? this.#held.byteLength : undefined
    if (prefix === undefined) {
      return rest
    }
    if (prefix.value > this.#init.maxMessageBytes) {
      this.#init.onTooLong()
      this.#stream.abort(new MessageTooLongError(this.#init.maxMessageBytes))
      return undefined
    }
    const length = prefix.bytes + prefix.value
    return this.#held.byteLength >= length ? length : rest
  }

  #release (length: number): void {
    this.#isWaiting = false
    const whole = this.#held.subarray(0, length)
    this.#keep(this.#held.slice(length))
    let message: Uint8Array
    try {
      message = this.#cut(whole)
    } catch (error) {
      this.#stream.abort(error as Error)
      return
    }
    const event = new StreamMessageEvent(message)
    for (const reader of this.#readers) {
      if (typeof reader === 'function') {
        reader(event)
      } else {
        reader?.handleEvent(event)
      }
    }
    this.#next()
  }

  #readPrefix (held: Uint8Array): MessagePrefix | undefined {
    return (this.#init.readPrefix ?? readVarint)(held)
  }

  /** With its length, as it came. What is not there whole is for the reader to refuse. */
  #cut (whole: Uint8Array): Uint8Array {
    const prefix = this.#readPrefix(whole)
    if (this.#init.cut === undefined || prefix === undefined || whole.byteLength < prefix.bytes + prefix.value) {
      return whole
    }
    const message = this.#init.cut(whole.subarray(prefix.bytes))
    return concat([varintOf(message.byteLength), message])
  }

  /** In place of all that is held: what was handed out is written to no more. */
  #keep (held: Uint8Array<ArrayBuffer>): void {
    this.#held = this.#block = held
  }

  #readOn (): void {
    if (this.#stream.readStatus === 'paused') {
      this.#stream.resume()
    }
  }

  #forget (): void {
    this.#cancel()
    this.#isWaiting = true
    this.#keep(new Uint8Array())
    this.#readers.clear()
  }
}

function startTimer (run: () => void, delayMs: number): () => void {
  if (delayMs > 0) {
    const timer = setTimeout(run, delayMs)
    return () => { clearTimeout(timer) }
  }
  const immediate = setImmediate(run)
  return () => { clearImmediate(immediate) }
}

/** The length before a message; longer ones than any message may have count as infinite. */
function readVarint (held: Uint8Array): MessagePrefix | undefined {
  let value = 0
  for (let index = 0; index < MAX_PREFIX_BYTES; index++) {
    if (index >= held.byteLength) {
      return undefined
    }
    value |= (held[index] & 0x7f) << (7 * index)
    if (held[index] < 0x80) {
      return { value, bytes: index + 1 }
    }
  }
  return { value: Infinity, bytes: MAX_PREFIX_BYTES }
}
