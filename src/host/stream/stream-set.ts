// The streams of a connection: which there may be, what the peer says about them, and how much all of them together may send.
import {
  INITIAL_MAX_DATA_BYTES, INITIAL_MAX_STREAMS, MAX_CONNECTION_WINDOW_BYTES, UINT32_LIMIT
} from '../../../protocols/stream/constants.ts'
import { StreamViolationError, TooManyStreamsError } from '../../../protocols/stream/errors.ts'
import { ReceiveWindow } from './receive-window.ts'
import { StreamState } from './stream-state.ts'
import type { StreamOwner } from './stream-state.ts'

/** The peer is told of streams that it may open again when so many have ended, or when it may open no more than so many: it cannot ask. */
const RENEW_STREAMS = INITIAL_MAX_STREAMS / 4

export interface StreamSetInit {
  role: 'initiator' | 'responder'
  /** The peer has opened a stream. */
  onStream: (stream: StreamState) => void
  /** Something wants to be sent that did not before. */
  onWork: () => void
  /** Of the path in use. */
  rttMs: () => number
}

export class StreamSet implements StreamOwner {
  readonly #init: StreamSetInit
  readonly #streams = new Map<number, StreamState>()
  /** Streams that want to send, next one first. */
  readonly queue: StreamState[] = []
  readonly waitingPieces = { count: 0 }
  /** Low bit of the ids of streams that are opened here. */
  readonly #own: number
  #opened = 0
  #accepted = 0
  /** Of the peer's. */
  #ended = 0
  #nowMs = 0
  readonly window = new ReceiveWindow(INITIAL_MAX_DATA_BYTES, MAX_CONNECTION_WINDOW_BYTES)
  /** Streams that we, and the peer, may have opened since the beginning. */
  #mayOpen = INITIAL_MAX_STREAMS
  mayAccept = INITIAL_MAX_STREAMS
  mustSendMaxData = false
  mustSendMaxStreams = false
  sendLimit = INITIAL_MAX_DATA_BYTES
  /** Sum of the highest offsets of all streams, out and in. */
  sentBytes = 0
  #receivedBytes = 0

  constructor (init: StreamSetInit) {
    this.#init = init
    this.#own = init.role === 'initiator' ? 0 : 1
  }

  get all (): IterableIterator<StreamState> {
    return this.#streams.values()
  }

  /** Undefined for a stream that is over, or never was. */
  find (id: number): StreamState | undefined {
    return this.#streams.get(id)
  }

  /** @throws TooManyStreamsError */
  open (): StreamState {
    if (this.#opened >= this.#mayOpen) {
      throw new TooManyStreamsError(`${this.#opened} streams were opened, and the peer allows no more now: close some`)
    }
    return this.#add(2 * this.#opened++ + this.#own)
  }

  // ---- frames of the peer ----

  /** @returns false when the packet must count as not received */
  receive (id: number, offset: number, data: Uint8Array, isLast: boolean, nowMs: number): boolean {
    this.#nowMs = nowMs
    const stream = this.#lookUp(id)
    if (stream === undefined) {
      return true
    }
    const before = stream.incoming.highestOffset
    this.#checkLimit(Math.max(0, offset + data.length - before))
    const isTaken = stream.receive(offset, data, isLast)
    this.#receivedBytes += stream.incoming.highestOffset - before
    return isTaken
  }

  receiveReset (id: number, code: number, finalOffset: number, nowMs: number): void {
    this.#nowMs = nowMs
    const stream = this.#lookUp(id)
    if (stream !== undefined) {
      const before = stream.incoming.highestOffset
      this.#checkLimit(Math.max(0, finalOffset - before))
      stream.receiveReset(code, finalOffset)
      this.#receivedBytes += stream.incoming.highestOffset - before
    }
  }

  receiveStop (id: number, code: number): void {
    this.#lookUp(id)?.receiveStop(code)
  }

  receiveMaxData (limit: number): void {
    if (limit <= this.sendLimit) {
      return
    }
    // a packet may raise it thousands of times
    const heldBack = this.sentBytes >= this.sendLimit
    this.sendLimit = limit
    if (heldBack) {
      for (const stream of this.#streams.values()) {
        if (stream.outgoing.unsentBytes > 0) {
          this.wantsToSend(stream)
        }
      }
    }
  }

  receiveMaxStreamData (id: number, limit: number): void {
    const stream = this.#lookUp(id)
    if (stream !== undefined && limit > stream.sendLimit) {
      stream.sendLimit = limit
      this.wantsToSend(stream)
    }
  }

  receiveMaxStreams (limit: number): void {
    this.#mayOpen = Math.max(this.#mayOpen, limit)
  }

  // ---- from the streams ----

  wantsToSend (stream: StreamState): void {
    if (!stream.isQueued) {
      stream.isQueued = true
      this.queue.push(stream)
    }
    this.#init.onWork()
  }

  nowIs (nowMs: number): void {
    this.#nowMs = nowMs
  }

  consumed (stream: StreamState, bytes: number): void {
    if (bytes === 0) {
      return
    }
    const rttMs = this.#init.rttMs()
    if (this.window.consume(bytes, this.#nowMs, rttMs)) {
      this.mustSendMaxData = true
      this.#init.onWork()
    }
    if (stream.window.consume(bytes, this.#nowMs, rttMs) && stream.incoming.finalOffset === undefined) {
      stream.mustSendLimit = true
      this.wantsToSend(stream)
    }
  }

  over (stream: StreamState): void {
    this.#streams.delete(stream.id)
    if (this.#isOwn(stream.id)) {
      return
    }
    this.#ended++
    const limit = Math.min(UINT32_LIMIT / 2, this.#ended + INITIAL_MAX_STREAMS)
    if (limit > this.mayAccept && (limit - this.mayAccept >= RENEW_STREAMS || this.mayAccept - this.#accepted < RENEW_STREAMS)) {
      this.mayAccept = limit
      this.mustSendMaxStreams = true
      this.#init.onWork()
    }
  }

  #checkLimit (moreBytes: number): void {
    if (this.#receivedBytes + moreBytes > this.window.limit) {
      throw new StreamViolationError('flow-control', `${this.#receivedBytes + moreBytes} bytes on all streams are beyond the limit of ${this.window.limit}`)
    }
  }

  #isOwn (id: number): boolean {
    return (id & 1) === this.#own
  }

  /** Opens those of the peer's that were not seen yet. @throws StreamViolationError */
  #lookUp (id: number): StreamState | undefined {
    const known = this.#streams.get(id)
    if (known !== undefined) {
      return known
    }
    const index = id >>> 1
    if (this.#isOwn(id)) {
      if (index >= this.#opened) {
        throw new StreamViolationError('unknown-stream', `stream ${id} was never opened here`)
      }
      return undefined
    }
    if (index >= this.mayAccept) {
      throw new StreamViolationError('stream-limit', `stream ${id} is beyond the limit of ${this.mayAccept} streams`)
    }
    while (this.#accepted <= index) {
      this.#init.onStream(this.#add(2 * this.#accepted++ + 1 - this.#own))
    }
    return this.#streams.get(id)
  }

  #add (id: number): StreamState {
    const stream = new StreamState(id, this)
    this.#streams.set(id, stream)
    return stream
  }
}
