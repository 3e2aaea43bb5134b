/**
 * The dialler's side of a long-lived stream: many exchanges at once, answered in any order.
 *
 *   request ─▶ waiting ──┬── answer: settled
 *                        └── deadline or cancelled: rejected ─▶ overdue ── answer after all: `onLate`, if it is a success
 *
 * One timer serves all deadlines and the idle time.
 */
import {
  CancelledError, DeadlineError, MalformedMessageError, MessageTooLargeError, OverQuotaError, ProtocolNotSupportedError, STATUS_OK,
  UnavailableError
} from '../errors.ts'
import { Lifetime } from '../lifetime.ts'
import { release } from '../stream-io.ts'
import { FRAME_HEADER_BYTES } from './request-stream-protocol.ts'
import { ANSWER_BIT, FrameReader, FrameWriter } from './frames.ts'
import type { BywayError } from '../errors.ts'
import type { RequestStreamProtocol } from './request-stream-protocol.ts'
import type { Frame } from './frames.ts'
import type { Connection, Logger, Stream, StreamMessageEvent } from '@libp2p/interface'

/** Longer than the time between two refreshes of state, so that a stream in use stays. */
const DEFAULT_IDLE_MS = 120_000

/** A timer of more than 2^31 − 1 ms would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface RequestStreamOptions {
  /** For opening the stream */
  deadlineMs?: number
  /** Cancels the opening */
  signal?: AbortSignal
  /** Closes itself after so long with nothing to wait for */
  idleMs?: number
  /** Called once, when the stream takes no more requests */
  onClose?: () => void
  log?: Logger
}

export interface ExchangeOptions {
  deadlineMs?: number
  /** Cancels with CancelledError; the peer is not told */
  signal?: AbortSignal
  /** A success that came after the request was given up: what it brought about may have to be undone */
  onLate?: (type: number, body: Uint8Array) => void
}

interface Waiting {
  type: number
  deadlineMs: number
  /** Of performance.now() */
  dueAtMs: number
  resolve: (body: Uint8Array) => void
  reject: (error: BywayError) => void
  onLate?: (type: number, body: Uint8Array) => void
  signal?: AbortSignal
  onAbort?: () => void
}

export class RequestStream {
  readonly #protocol: RequestStreamProtocol
  readonly #stream: Stream
  readonly #peer: string
  readonly #writer: FrameWriter
  readonly #idleMs: number
  readonly #onClose?: () => void
  readonly #log?: Logger
  readonly #waiting = new Map<number, Waiting>()
  /** Given up here, and perhaps still at work there: their numbers stay taken. */
  readonly #overdue = new Map<number, Pick<Waiting, 'type' | 'onLate'>>()
  #lastExchange = 0
  #lastUsedMs = performance.now()
  #isClosed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerDueMs = Infinity

  /** @throws ProtocolNotSupportedError, UnavailableError, DeadlineError, CancelledError */
  static async open (connection: Connection, protocol: RequestStreamProtocol, options: RequestStreamOptions = {}): Promise<RequestStream> {
    const life = new Lifetime(options.signal)
    life.arm(options.deadlineMs ?? protocol.deadlineMs, `stream for ${protocol.id} to ${connection.remotePeer}`)
    try {
      life.signal.throwIfAborted()
      const stream = await connection.newStream(protocol.id, { signal: life.signal, runOnLimitedConnection: true })
      return new RequestStream(stream, connection, protocol, options)
    } catch (cause) {
      life.signal.throwIfAborted()
      if (cause instanceof Error && cause.name === 'UnsupportedProtocolError') {
        throw new ProtocolNotSupportedError(`${connection.remotePeer} does not speak ${protocol.id}`, { cause })
      }
      throw new UnavailableError(`no stream for ${protocol.id} to ${connection.remotePeer}`, { cause })
    } finally {
      life.clear()
    }
  }

  private constructor (stream: Stream, connection: Connection, protocol: RequestStreamProtocol, options: RequestStreamOptions) {
    this.#protocol = protocol
    this.#stream = stream
    this.#peer = connection.remotePeer.toString()
    this.#idleMs = options.idleMs ?? DEFAULT_IDLE_MS
    this.#onClose = options.onClose
    this.#log = options.log
    // all that may wait for answers, and as much again whose deadline passed before the peer took it
    stream.maxWriteBufferLength = 2 * protocol.maxWaiting * protocol.maxFrameBytes
    this.#writer = new FrameWriter(stream, protocol.maxFrameBytes)
    const reader = new FrameReader(protocol.maxFrameBytes, frame => this.#answered(frame))
    stream.addEventListener('message', (event: StreamMessageEvent) => { this.#read(reader, event) })
    // the end is told before the data that came with it
    stream.addEventListener('remoteCloseWrite', () => { queueMicrotask(() => { void this.#end(new UnavailableError(`${this.#peer} ended the stream`)) }) })
    stream.addEventListener('close', event => { void this.#end(new UnavailableError(`the stream to ${this.#peer} is gone`, { cause: event.error })) })
    if (stream.status === 'open' && stream.remoteWriteStatus !== 'closed') {
      this.#wakeAt(this.#lastUsedMs + this.#idleMs)
    } else {
      void this.#end(new UnavailableError(`${this.#peer} ended the stream`))
    }
  }

  get isOpen (): boolean {
    return !this.#isClosed && this.#stream.writeStatus === 'writable'
  }

  /** Exchanges that wait for their answers. */
  get outstanding (): number {
    return this.#waiting.size
  }

  /** When something was last asked or answered, of performance.now(). */
  get lastUsedMs (): number {
    return this.#lastUsedMs
  }

  /**
   * Asks, and gives the body of the answer.
   *
   * Rejects with the error that the peer answers, DeadlineError, CancelledError, UnavailableError (the stream is gone),
   * OverQuotaError (too many wait already) or MessageTooLargeError.
   */
  request (type: number, body: Uint8Array, options: ExchangeOptions = {}): Promise<Uint8Array> {
    const { signal, onLate, deadlineMs = this.#protocol.deadlineMs } = options
    const refusal = this.#refusal(body, signal)
    if (refusal !== undefined) {
      return Promise.reject(refusal)
    }
    return new Promise((resolve, reject) => {
      const exchange = this.#nextExchange()
      const nowMs = this.#lastUsedMs = performance.now()
      const waiting: Waiting = { type, deadlineMs, dueAtMs: nowMs + deadlineMs, resolve, reject, onLate, signal }
      if (signal !== undefined) {
        waiting.onAbort = () => { this.#giveUp(exchange, waiting, new CancelledError('cancelled by the caller', { cause: signal.reason })) }
        signal.addEventListener('abort', waiting.onAbort)
      }
      this.#waiting.set(exchange, waiting)
      this.#writer.add({ type, status: 0, exchange, body })
      this.#wakeAt(Math.min(waiting.dueAtMs, nowMs + this.#idleMs))
    })
  }

  /** Takes no more requests. What waits ends with UnavailableError, and the peer undoes what it cannot deliver. */
  async close (): Promise<void> {
    await this.#end(new UnavailableError(`the stream to ${this.#peer} was closed here`))
  }

  #refusal (body: Uint8Array, signal: AbortSignal | undefined): BywayError | undefined {
    const frameBytes = FRAME_HEADER_BYTES + body.length
    if (signal?.aborted === true) {
      return new CancelledError('cancelled by the caller', { cause: signal.reason })
    }
    if (!this.isOpen) {
      return new UnavailableError(`the stream to ${this.#peer} is closed`)
    }
    if (frameBytes > this.#protocol.maxFrameBytes) {
      return new MessageTooLargeError(`request of ${frameBytes} bytes where ${this.#protocol.maxFrameBytes} are allowed`)
    }
    if (this.#waiting.size >= this.#protocol.maxWaiting || this.#writer.bufferedBytes + frameBytes > 2 * this.#protocol.maxWaiting * this.#protocol.maxFrameBytes) {
      return new OverQuotaError(`${this.#waiting.size} exchanges wait for ${this.#peer}: wait for one to end`)
    }
    return undefined
  }

  #nextExchange (): number {
    do {
      this.#lastExchange = (this.#lastExchange + 1) >>> 0
    } while (this.#waiting.has(this.#lastExchange) || this.#overdue.has(this.#lastExchange))
    return this.#lastExchange
  }

  #read (reader: FrameReader, event: StreamMessageEvent): void {
    try {
      reader.push(event.data)
    } catch (error) {
      this.#stream.abort(error as Error)
    }
  }

  /** Goes on unless the peer does what no honest one does. */
  #answered (frame: Frame): boolean {
    const { exchange, status, body } = frame
    const waiting = this.#waiting.get(exchange)
    const type = (waiting ?? this.#overdue.get(exchange))?.type
    if (type === undefined || frame.type !== (type | ANSWER_BIT)) {
      throw new MalformedMessageError(`${this.#peer} answered what was not asked`)
    }
    this.#lastUsedMs = performance.now()
    if (waiting === undefined) {
      this.#late(exchange, frame)
    } else {
      this.#settle(exchange, waiting)
      if (status === STATUS_OK) {
        waiting.resolve(body)
      } else {
        waiting.reject(this.#protocol.decodeFailure(status, body))
      }
    }
    return !this.#isClosed
  }

  #late (exchange: number, { status, body }: Frame): void {
    const overdue = this.#overdue.get(exchange)
    this.#overdue.delete(exchange)
    if (status === STATUS_OK && overdue?.onLate !== undefined) {
      try {
        overdue.onLate(overdue.type, body)
      } catch (error) {
        this.#log?.error('undoing a late success failed - %e', error)
      }
    }
  }

  #settle (exchange: number, { signal, onAbort }: Waiting): void {
    this.#waiting.delete(exchange)
    if (onAbort !== undefined) {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #giveUp (exchange: number, waiting: Waiting, error: BywayError): void {
    this.#settle(exchange, waiting)
    this.#overdue.set(exchange, { type: waiting.type, onLate: waiting.onLate })
    waiting.reject(error)
    if (this.#overdue.size > this.#protocol.maxWaiting) {
      // it answers nothing, or the way to it is cut: a new stream finds out
      this.#stream.abort(new UnavailableError(`${this.#peer} left ${this.#overdue.size} exchanges without an answer`))
    }
  }

  #wakeAt (atMs: number): void {
    if (atMs < this.#timerDueMs && !this.#isClosed) {
      clearTimeout(this.#timer)
      this.#timerDueMs = atMs
      this.#timer = setTimeout(() => { this.#wake() }, Math.min(Math.max(1, Math.ceil(atMs - performance.now())), MAX_TIMER_MS))
    }
  }

  #wake (): void {
    this.#timerDueMs = Infinity
    const nowMs = performance.now()
    let nextMs = nowMs + this.#idleMs
    for (const [exchange, waiting] of this.#waiting) {
      if (waiting.dueAtMs <= nowMs) {
        this.#giveUp(exchange, waiting, new DeadlineError(`no answer from ${this.#peer} within ${waiting.deadlineMs} ms`))
      } else {
        nextMs = Math.min(nextMs, waiting.dueAtMs)
      }
    }
    if (this.#waiting.size > 0) {
      this.#wakeAt(nextMs)
    } else if (this.#lastUsedMs + this.#idleMs > nowMs) {
      this.#wakeAt(this.#lastUsedMs + this.#idleMs)
    } else {
      void this.close()
    }
  }

  async #end (reason: BywayError): Promise<void> {
    if (this.#isClosed) {
      return
    }
    this.#isClosed = true
    clearTimeout(this.#timer)
    const mayBeAtWork = this.#waiting.size > 0 || this.#overdue.size > 0
    for (const [exchange, waiting] of this.#waiting) {
      this.#settle(exchange, waiting)
      waiting.reject(new UnavailableError(reason.message, { cause: reason.cause }))
    }
    this.#overdue.clear()
    this.#onClose?.()
    if (mayBeAtWork) {
      this.#stream.abort(reason)
    } else {
      await release(this.#stream)
    }
  }
}
