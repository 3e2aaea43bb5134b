/**
 * The listener's side of the long-lived streams of `/byway/setup/1.0.0`, one for each caller:
 *
 *   chunk ─▶ FrameReader ─▶ admit ──▶ handle ──▶ FrameWriter ─▶ stream
 *                             └ not now: the caller is not read for a while; what has come waits
 *
 * What a caller can make a node hold is bounded: two windows of the muxer, MAX_WAITING requests, and MAX_UNREAD_BYTES of answers.
 */
import { BywayError, MalformedMessageError, OverQuotaError, STATUS_INTERNAL, STATUS_OK, statusOf, UnavailableError } from '../errors.ts'
import { release } from '../stream-io.ts'
import { encodeFailure } from './codec.ts'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES, MAX_WAITING, MessageType, SETUP_PROTOCOL } from './constants.ts'
import { SetupFailedError } from './errors.ts'
import { ANSWER_BIT, FrameReader, FrameWriter } from './frames.ts'
import type { Frame } from './frames.ts'
import type { Connection, Logger, PeerId, Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What one window of yamux can bring after a stream was paused, twice: byway's nodes let it grow to 1 MiB. */
const MAX_READ_BUFFER_BYTES = 2 * 1024 * 1024

/** MAX_WAITING answers of a kilobyte; the longest success, with 16 authenticators, has a quarter of that. */
const MAX_UNREAD_BYTES = MAX_WAITING * 1024

/** One stream, and its successor. */
const MAX_INBOUND_STREAMS = 2

/** A caller is asked about again after so long at the latest. */
const MAX_PAUSE_MS = 60_000

const NOTHING = new Uint8Array(0)

/** Refusing must be cheap. */
const OVER_QUOTA = statusOf(new OverQuotaError(''))
const BUSY = encodeFailure({ index: 0, message: 'too many requests: come again later' }, MAX_FRAME_BYTES)

/** Who asks: one object for each stream. */
export interface SetupCaller {
  readonly peer: PeerId
  readonly connection: Connection
}

export interface SetupRequest {
  type: MessageType
  /** The handler's own */
  body: Uint8Array
  /** What came, the header included: no answer is larger */
  frameBytes: number
}

export interface SetupAnswer {
  body: Uint8Array
  /** Called if the answer cannot be delivered, because the stream is gone: undo what it says */
  undelivered?: () => void
}

export interface SetupHandlers {
  /**
   * May this frame be handled? Called before anything of it is decoded. 0: yes. Above 0: not yet; the caller is not read for so many
   * milliseconds, then the same frame is asked about again, so a refusal must not have charged it. Below 0: no, it gets OVER_QUOTA.
   */
  admit?: (caller: SetupCaller, frameBytes: number) => number
  /** Answers at once, or later; within the deadline of an exchange, since its place is taken until then. A BywayError is told to the caller. */
  handle: (request: SetupRequest, caller: SetupCaller) => Promise<SetupAnswer> | SetupAnswer
}

export interface ServeSetupOptions {
  log?: Logger
}

/** Answers set-ups on a node. Gives the function that unregisters it and ends what runs (UNAVAILABLE). */
export async function serveSetup (registrar: Registrar, handlers: SetupHandlers, options: ServeSetupOptions = {}): Promise<() => Promise<void>> {
  const streams = new Map<string, CallerStream>()
  let isStopped = false

  const onStream = (stream: Stream, connection: Connection): void => {
    if (isStopped) {
      stream.abort(new UnavailableError('the service is stopping'))
      return
    }
    const key = connection.remotePeer.toString()
    const previous = streams.get(key)
    const callerStream = new CallerStream(stream, { peer: connection.remotePeer, connection }, handlers, options.log)
    streams.set(key, callerStream)
    previous?.end(new UnavailableError('replaced by a newer stream'))
    const forget = (): void => {
      if (streams.get(key) === callerStream) {
        streams.delete(key)
      }
    }
    stream.addEventListener('close', forget)
    if (stream.status !== 'open') {
      forget()
    }
  }

  await registrar.handle(SETUP_PROTOCOL, onStream, { maxInboundStreams: MAX_INBOUND_STREAMS, runOnLimitedConnection: true })
  return async () => {
    isStopped = true
    await registrar.unhandle(SETUP_PROTOCOL)
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
  readonly #stream: Stream
  readonly #caller: SetupCaller
  readonly #handlers: SetupHandlers
  readonly #log?: Logger
  readonly #reader = new FrameReader(frame => this.#received(frame))
  readonly #writer: FrameWriter
  readonly #waiting = new Map<number, Question>()
  #isGone = false
  /** While the caller is not read: the frame that was not admitted, what came behind it, and what ends the pause. */
  #held: Frame | undefined
  #unread: Uint8Array = NOTHING
  #pause: ReturnType<typeof setTimeout> | undefined
  #isResuming = false

  constructor (stream: Stream, caller: SetupCaller, handlers: SetupHandlers, log?: Logger) {
    this.#stream = stream
    this.#caller = caller
    this.#handlers = handlers
    this.#log = log
    this.#writer = new FrameWriter(stream, log)
    stream.maxReadBufferLength = MAX_READ_BUFFER_BYTES
    stream.maxWriteBufferLength = MAX_UNREAD_BYTES
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
    if (waitMs < 0 || (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(exchange))) {
      this.#write(question, OVER_QUOTA, BUSY.length + FRAME_HEADER_BYTES <= frameBytes ? BUSY : NOTHING)
    } else if (!isKnown(type) || frame.status !== 0 || this.#waiting.has(exchange)) {
      this.#fail(question, new MalformedMessageError('an unknown type, a status, or an exchange that waits already'))
    } else {
      this.#handle(question, { type, body, frameBytes })
    }
    return !this.#isGone
  }

  #handle (question: Question, request: SetupRequest): void {
    let answer: Promise<SetupAnswer> | SetupAnswer
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

  #answer (question: Question, { body, undelivered }: SetupAnswer): void {
    const frameBytes = FRAME_HEADER_BYTES + body.length
    if (frameBytes > question.frameBytes) {
      this.#fail(question, new RangeError(`an answer of ${frameBytes} bytes to a request of ${question.frameBytes}`))
      this.#writer.lost(undelivered)
    } else {
      this.#write(question, STATUS_OK, body, undelivered)
    }
  }

  #fail (question: Question, error: unknown): void {
    const status = statusOf(error)
    if (status === STATUS_INTERNAL && !(error instanceof BywayError && error.remote)) {
      this.#log?.error('a set-up of %p failed - %e', this.#caller.peer, error)
    }
    this.#write(question, status, failureBody(error, question.frameBytes - FRAME_HEADER_BYTES))
  }

  #write ({ type, exchange }: Question, status: number, body: Uint8Array, undelivered?: () => void): void {
    if (this.#isGone) {
      this.#writer.lost(undelivered)
      return
    }
    this.#writer.add({ type: type | ANSWER_BIT, status, exchange, body }, undelivered)
    if (this.#writer.bufferedBytes > MAX_UNREAD_BYTES) {
      this.#writer.flush()
      if (this.#writer.bufferedBytes > MAX_UNREAD_BYTES) {
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

function isKnown (type: number): type is MessageType {
  return type >= MessageType.install && type <= MessageType.remove
}

function failureBody (error: unknown, maxBytes: number): Uint8Array {
  const { index, challenge } = error instanceof SetupFailedError ? error : { index: 0, challenge: undefined }
  const message = error instanceof BywayError && statusOf(error) !== STATUS_INTERNAL ? error.message : 'internal error'
  try {
    return encodeFailure({ index, message, challenge }, maxBytes)
  } catch {
    return NOTHING // an index or a challenge that cannot be: the status says enough
  }
}

/** libp2p streams throw StreamStateError when they are closed already, of which their 'close' event tells. */
function quietly (act: () => void): void {
  try {
    act()
  } catch {}
}
