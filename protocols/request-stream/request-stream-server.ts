/**
 * The listener's side of long-lived streams of exchanges, one for each caller:
 *
 *   chunk ─▶ FrameReader ─▶ admit ──▶ handle ──▶ FrameWriter ─▶ stream
 *                             └ not now: the caller is not read for a while; what has come waits
 *
 * What a caller can make a node hold is bounded: two windows of the muxer, so many requests as may wait, and a kilobyte or one frame of answers for each.
 */
import { BywayError, MalformedMessageError, OverQuotaError, STATUS_INTERNAL, STATUS_OK, statusOf, UnavailableError } from '../errors.ts'
import { release } from '../stream-io.ts'
import { FRAME_HEADER_BYTES } from './request-stream-protocol.ts'
import { ANSWER_BIT, FrameReader, FrameWriter } from './frames.ts'
import type { RequestStreamProtocol } from './request-stream-protocol.ts'
import type { Frame } from './frames.ts'
import type { Connection, Logger, PeerId, Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What one window of yamux can bring after a stream was paused, twice: byway's nodes let it grow to 1 MiB. */
const MAX_READ_BUFFER_BYTES = 2 * 1024 * 1024

/** Room for the answers of those that may wait, each with so much, and for one of the longest. */
const UNREAD_BYTES_EACH = 1_024

/** One stream, and its successor. */
const MAX_INBOUND_STREAMS = 2

/** A caller is asked about again after so long at the latest. */
const MAX_PAUSE_MS = 60_000

const NOTHING = new Uint8Array(0)

/** Refusing must be cheap. */
const BUSY = new OverQuotaError('too many requests: come again later')

/** Who asks: one object for each stream. */
export interface ExchangeCaller {
  readonly peer: PeerId
  readonly connection: Connection
  /** Fires when the stream is gone: nobody waits for an answer any more. */
  readonly ended: AbortSignal
}

export interface ExchangeRequest {
  /** From 1 to the protocol's last */
  type: number
  /** The handler's own */
  body: Uint8Array
  /** What came, the header included */
  frameBytes: number
}

export interface ExchangeAnswer {
  body: Uint8Array
  /** Called if the answer cannot be delivered, because the stream is gone: undo what it says */
  undelivered?: () => void
}

export interface ExchangeHandlers {
  /**
   * May this frame be handled? Called before anything of it is decoded. 0: yes. Above 0: not yet; the caller is not read for so many
   * milliseconds, then the same frame is asked about again, so a refusal must not have charged it. Below 0: no, it gets OVER_QUOTA.
   */
  admit?: (caller: ExchangeCaller, frameBytes: number) => number
  /** Answers at once, or later; within the deadline of an exchange, since its place is taken until then. A BywayError is told to the caller. */
  handle: (request: ExchangeRequest, caller: ExchangeCaller) => Promise<ExchangeAnswer> | ExchangeAnswer
}

export interface ServeRequestStreamsOptions {
  log?: Logger
}

/** Answers a protocol on a node. Gives the function that unregisters it and ends what runs (UNAVAILABLE). */
export async function serveRequestStreams (registrar: Registrar, protocol: RequestStreamProtocol, handlers: ExchangeHandlers, options: ServeRequestStreamsOptions = {}): Promise<() => Promise<void>> {
  const streams = new Map<string, CallerStream>()
  let isStopped = false

  const onStream = (stream: Stream, connection: Connection): void => {
    if (isStopped) {
      stream.abort(new UnavailableError('the service is stopping'))
      return
    }
    const key = connection.remotePeer.toString()
    const previous = streams.get(key)
    const ended = new AbortController()
    const callerStream = new CallerStream(stream, protocol, { peer: connection.remotePeer, connection, ended: ended.signal }, handlers, options.log)
    streams.set(key, callerStream)
    previous?.end(new UnavailableError('replaced by a newer stream'))
    const forget = (): void => {
      ended.abort()
      if (streams.get(key) === callerStream) {
        streams.delete(key)
      }
    }
    stream.addEventListener('close', forget)
    if (stream.status !== 'open') {
      forget()
    }
  }

  await registrar.handle(protocol.id, onStream, { maxInboundStreams: MAX_INBOUND_STREAMS, runOnLimitedConnection: true })
  return async () => {
    isStopped = true
    await registrar.unhandle(protocol.id)
    for (const stream of [...streams.values()]) {
      stream.end(new UnavailableError('the service is stopping'))
    }
  }
}

/** What an answer needs of its request. */
interface Question {
  type: number
  exchange: number
  frameBytes: number
}

class CallerStream {
  readonly #protocol: RequestStreamProtocol
  readonly #maxUnreadBytes: number
  readonly #stream: Stream
  readonly #caller: ExchangeCaller
  readonly #handlers: ExchangeHandlers
  readonly #log?: Logger
  readonly #reader: FrameReader
  readonly #writer: FrameWriter
  readonly #waiting = new Map<number, Question>()
  #isGone = false
  /** While the caller is not read: the frame that was not admitted, what came behind it, and what ends the pause. */
  #held: Frame | undefined
  #unread: Uint8Array = NOTHING
  #pause: ReturnType<typeof setTimeout> | undefined
  #isResuming = false

  constructor (stream: Stream, protocol: RequestStreamProtocol, caller: ExchangeCaller, handlers: ExchangeHandlers, log?: Logger) {
    this.#stream = stream
    this.#protocol = protocol
    this.#maxUnreadBytes = protocol.maxWaiting * UNREAD_BYTES_EACH + protocol.maxFrameBytes
    this.#caller = caller
    this.#handlers = handlers
    this.#log = log
    this.#reader = new FrameReader(protocol.maxFrameBytes, frame => this.#received(frame))
    this.#writer = new FrameWriter(stream, protocol.maxFrameBytes, log)
    stream.maxReadBufferLength = MAX_READ_BUFFER_BYTES
    stream.maxWriteBufferLength = this.#maxUnreadBytes
    stream.addEventListener('message', (event: StreamMessageEvent) => { this.#read(event.data) })
    stream.addEventListener('remoteCloseWrite', () => { this.#closeWhenDone() })
    stream.addEventListener('close', () => { this.#gone() })
    if (stream.status !== 'open') {
      this.#gone()
    }
    this.#closeWhenDone()
  }

  /** What waits is told UNAVAILABLE, if the caller still reads. */
  end (reason: BywayError): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const question of waiting) {
      this.#fail(question, reason)
    }
    this.#writer.flush()
    this.#stream.abort(reason)
  }

  #gone (): void {
    this.#isGone = true
    clearTimeout(this.#pause)
    this.#held = undefined
    this.#unread = NOTHING
    this.#waiting.clear()
    this.#writer.end()
  }

  /** First the frame that was held back, then what came behind it. */
  #read (data: Uint8Array | Uint8ArrayList, held?: Frame): void {
    let unread = data.subarray()
    try {
      if (held === undefined || this.#received(held)) {
        unread = this.#reader.push(unread) ?? NOTHING
      }
    } catch (error) {
      this.#log?.('ending the stream of %p - %e', this.#caller.peer, error)
      this.#stream.abort(error as Error)
    }
    this.#unread = this.#isGone ? NOTHING : unread
  }

  /** Says whether to read on. */
  #received (frame: Frame): boolean {
    const { type, exchange, body } = frame
    const frameBytes = FRAME_HEADER_BYTES + body.length
    const waitMs = this.#handlers.admit?.(this.#caller, frameBytes) ?? 0
    if (waitMs > 0) {
      this.#held = frame
      this.#stopReading(waitMs)
      return false
    }
    const question = { type, exchange, frameBytes }
    if (waitMs < 0 || (this.#waiting.size >= this.#protocol.maxWaiting && !this.#waiting.has(exchange))) {
      this.#fail(question, BUSY)
    } else if (!(type >= 1 && type <= this.#protocol.types) || frame.status !== 0 || this.#waiting.has(exchange)) {
      this.#fail(question, new MalformedMessageError('an unknown type, a status, or an exchange that waits already'))
    } else {
      this.#handle(question, { type, body, frameBytes })
    }
    return !this.#isGone
  }

  #handle (question: Question, request: ExchangeRequest): void {
    let answer: Promise<ExchangeAnswer> | ExchangeAnswer
    try {
      answer = this.#handlers.handle(request, this.#caller)
    } catch (error) {
      this.#fail(question, error)
      return
    }
    if ('then' in answer) {
      this.#waiting.set(question.exchange, question)
      answer.then(
        later => { this.#settle(question, () => { this.#answer(question, later) }) },
        (error: unknown) => { this.#settle(question, () => { this.#fail(question, error) }) }
      )
    } else {
      this.#answer(question, answer)
    }
  }

  #settle (question: Question, answer: () => void): void {
    this.#waiting.delete(question.exchange)
    answer()
    this.#closeWhenDone()
  }

  #answer (question: Question, { body, undelivered }: ExchangeAnswer): void {
    const frameBytes = FRAME_HEADER_BYTES + body.length
    if (this.#protocol.answersStaySmall && frameBytes > question.frameBytes) {
      this.#fail(question, new RangeError(`an answer of ${frameBytes} bytes to a request of ${question.frameBytes}`))
      this.#writer.lost(undelivered)
    } else {
      this.#write(question, STATUS_OK, body, undelivered)
    }
  }

  #fail (question: Question, error: unknown): void {
    const status = statusOf(error)
    if (status === STATUS_INTERNAL && !(error instanceof BywayError && error.remote)) {
      this.#log?.error('a request of %p failed - %e', this.#caller.peer, error)
    }
    this.#write(question, status, this.#protocol.encodeFailure(error, this.#failureRoom(question)))
  }

  #failureRoom ({ frameBytes }: Question): number {
    return (this.#protocol.answersStaySmall ? frameBytes : this.#protocol.maxFrameBytes) - FRAME_HEADER_BYTES
  }

  #write ({ type, exchange }: Question, status: number, body: Uint8Array, undelivered?: () => void): void {
    if (this.#isGone) {
      this.#writer.lost(undelivered)
      return
    }
    this.#writer.add({ type: type | ANSWER_BIT, status, exchange, body }, undelivered)
    if (this.#writer.bufferedBytes > this.#maxUnreadBytes) {
      this.#writer.flush()
      if (this.#writer.bufferedBytes > this.#maxUnreadBytes) {
        this.#stream.abort(new OverQuotaError('the caller does not read its answers'))
      }
    }
  }

  #stopReading (ms: number): void {
    this.#pause = setTimeout(() => { this.#readOn() }, Math.min(ms, MAX_PAUSE_MS))
    // resume() opens the window after it has dispatched what it held, so a pause in there would have no effect
    if (!this.#isResuming) {
      quietly(() => { this.#stream.pause() })
    }
  }

  #readOn (): void {
    this.#pause = undefined
    const held = this.#held
    this.#held = undefined
    this.#read(this.#unread, held)
    if (this.#pause === undefined && !this.#isGone) {
      this.#isResuming = true
      quietly(() => { this.#stream.resume() })
      this.#isResuming = false
      if (this.#pause !== undefined) {
        quietly(() => { this.#stream.pause() })
      }
    }
    this.#closeWhenDone()
  }

  /** Where the caller has ended its side, ours ends with the last answer. Not at once: the end is told before the data that came with it. */
  #closeWhenDone (): void {
    if (this.#stream.remoteWriteStatus === 'closed') {
      queueMicrotask(() => {
        if (this.#waiting.size === 0 && this.#pause === undefined && this.#stream.readBufferLength === 0 && !this.#isGone) {
          this.#writer.flush()
          void release(this.#stream)
        }
      })
    }
  }
}

/** libp2p streams throw StreamStateError when they are closed already, of which their 'close' event tells. */
function quietly (act: () => void): void {
  try {
    act()
  } catch {}
}
