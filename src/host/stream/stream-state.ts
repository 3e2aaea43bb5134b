// One reliable stream: both of its directions, and what the application does with it. Pure; the connection moves its frames.
import { INITIAL_MAX_STREAM_DATA_BYTES, MAX_STREAM_WINDOW_BYTES } from '../../../protocols/stream/constants.ts'
import { SendBufferFullError, StreamClosedError, StreamResetError, StreamViolationError } from '../../../protocols/stream/errors.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { ReceiveWindow } from './receive-window.ts'
import { SendBuffer } from './send-buffer.ts'
import type { WaitingPieces } from './receive-buffer.ts'

/** Writes say "wait" from here on, counted in bytes that were not sent yet. */
const HIGH_WATER_BYTES = 524_288
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 2
/** Who goes on writing all the same is stopped here. */
const MAX_UNSENT_BYTES = 16_777_216

/** What happens on a stream. All are called from within the connection's methods, and may call the stream's. */
export interface StreamEvents {
  /** In order; a view of memory that is the application's from now on. */
  onData?: (data: Uint8Array) => void
  /** The peer has sent all. */
  onEnd?: () => void
  /** The peer gave its direction up. */
  onReset?: (code: number) => void
  /** The peer does not read any more. What was not delivered is given up. */
  onStopped?: (code: number) => void
  /** There is room to write again. */
  onDrain?: () => void
  /** Both directions are over. */
  onClosed?: () => void
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly waitingPieces: WaitingPieces
  /** It has something to send: data, an end, or a control frame. */
  wantsToSend (stream: StreamState): void
  /** The application acts now. */
  nowIs (nowMs: number): void
  /** The application has taken, or will never want, so many bytes. */
  consumed (stream: StreamState, bytes: number): void
  /** Both directions are over. */
  over (stream: StreamState): void
}

type SendPhase = 'open' | 'ending' | 'reset' | 'over'

export class StreamState {
  readonly id: number
  events: StreamEvents = {}
  readonly outgoing = new SendBuffer()
  readonly incoming: ReceiveBuffer
  readonly window = new ReceiveWindow(INITIAL_MAX_STREAM_DATA_BYTES, MAX_STREAM_WINDOW_BYTES)
  readonly #owner: StreamOwner
  /** Highest offset that the peer takes. */
  sendLimit = INITIAL_MAX_STREAM_DATA_BYTES
  // what has to be told to the peer
  mustSendEnd = false
  mustSendReset = false
  mustSendStop = false
  mustSendLimit = false
  /** Is it in the connection's list of those that want to send? */
  isQueued = false
  #phase: SendPhase = 'open'
  #wasReset = false
  #wasStopped = false
  #resetCode = 0
  #stopCode = 0
  #endSent = false
  #endAcknowledged = false
  #isReading = true
  #isReceiveOver = false
  /** A reset came when all was there and waited to be read: it changes nothing. */
  #outlivedReset = false
  #wantsDrain = false

  constructor (id: number, owner: StreamOwner) {
    this.id = id
    this.#owner = owner
    this.incoming = new ReceiveBuffer((data) => {
      this.#owner.consumed(this, data.length)
      this.events.onData?.(data)
    }, owner.waitingPieces)
  }

  get resetCode (): number {
    return this.#resetCode
  }

  get stopCode (): number {
    return this.#stopCode
  }

  get canWrite (): boolean {
    return this.#phase === 'open'
  }

  /** Its end is announced behind its last byte. */
  get isEnding (): boolean {
    return this.#phase === 'ending'
  }

  get isOver (): boolean {
    return this.#phase === 'over' && this.#isReceiveOver
  }

  /**
   * Takes all of `bytes`, which must not change any more.
   *
   * @returns false when it would be better to wait for `onDrain`
   * @throws SendBufferFullError, having taken nothing; StreamClosedError; StreamResetError
   */
  write (bytes: Uint8Array): boolean {
    if (this.#phase !== 'open') {
      throw this.#wasReset ? new StreamResetError(this.#resetCode, this.#wasStopped) : new StreamClosedError('the end of this stream was announced: open another one')
    }
    if (this.outgoing.unsentBytes + bytes.length > MAX_UNSENT_BYTES) {
      throw new SendBufferFullError(`${this.outgoing.unsentBytes} bytes wait to be sent: wait for drain after a write that returned false`)
    }
    if (bytes.length > 0) {
      this.outgoing.write(bytes)
      this.#owner.wantsToSend(this)
    }
    const isHigh = this.outgoing.unsentBytes >= HIGH_WATER_BYTES
    // what an earlier write was promised holds
    this.#wantsDrain ||= isHigh
    return !isHigh
  }

  /** Nothing more will be written; what was, arrives. */
  end (): void {
    if (this.#phase === 'open') {
      this.#phase = 'ending'
      this.mustSendEnd = true
      this.#owner.wantsToSend(this)
    }
  }

  /** Gives the outgoing direction up, with what was not delivered. */
  reset (code = 0): void {
    if (this.#phase === 'open' || this.#phase === 'ending') {
      this.#phase = 'reset'
      this.#wasReset = true
      this.#resetCode = code
      this.mustSendEnd = false
      this.mustSendReset = true
      this.outgoing.clear()
      this.#owner.wantsToSend(this)
    }
  }

  /** Nobody reads any more. */
  stopReading (code = 0): void {
    if (this.#isReading && !this.#isReceiveOver) {
      this.#isReading = false
      this.#stopCode = code
      this.mustSendStop = this.incoming.finalOffset === undefined
      this.#owner.consumed(this, this.incoming.discard())
      this.#owner.wantsToSend(this)
      this.#endReceiving()
    }
  }

  /** Data wait from now on; the peer is held back by flow control. */
  pause (): void {
    this.incoming.pause()
  }

  resume (nowMs: number): void {
    this.#owner.nowIs(nowMs)
    this.incoming.resume()
    this.#endReceiving()
  }

  /**
   * The peer is gone. What it sent whole, and we said to have, stays to be read where nothing more would be written: who waits for room to write would wait for ever.
   *
   * @returns undefined where nothing stays; else whether the peer has said that it got all that was sent
   */
  outlive (): { isDelivered: boolean } | undefined {
    if (this.#phase === 'open' || !this.#isReading || this.#isReceiveOver || !this.incoming.isWhole) {
      return undefined
    }
    const isDelivered = this.#phase === 'over'
    this.#phase = 'over'
    this.outgoing.clear()
    return { isDelivered }
  }

  // ---- from the connection ----

  /** @returns false when the packet must count as not received; throws StreamViolationError */
  receive (offset: number, data: Uint8Array, isLast: boolean): boolean {
    if (this.#isReceiveOver) {
      return true
    }
    const end = offset + data.length
    this.checkLimit(end)
    if (isLast) {
      this.incoming.setFinal(end)
    }
    const isTaken = this.incoming.receive(offset, data)
    if (!this.#isReading) {
      this.#owner.consumed(this, this.incoming.discard())
    }
    this.#endReceiving()
    return isTaken
  }

  receiveReset (code: number, finalOffset: number): void {
    if (this.#isReceiveOver || this.#outlivedReset) {
      return
    }
    this.checkLimit(finalOffset)
    const isWhole = this.incoming.isWhole
    this.incoming.setFinal(finalOffset)
    if (isWhole) {
      this.#outlivedReset = true
      return
    }
    this.#owner.consumed(this, this.incoming.discard())
    this.#isReceiveOver = true
    this.mustSendStop = false
    if (this.#isReading) {
      this.events.onReset?.(code)
    }
    this.#close()
  }

  receiveStop (code: number): void {
    if (this.#phase === 'open' || this.#phase === 'ending') {
      this.#wasStopped = true
      this.reset(code)
      this.events.onStopped?.(code)
    }
  }

  /** @throws StreamViolationError */
  checkLimit (offset: number): void {
    if (offset > this.window.limit) {
      throw new StreamViolationError('flow-control', `byte ${offset} of stream ${this.id} is beyond the limit of ${this.window.limit}`)
    }
  }

  sentData (): void {
    if (this.#wantsDrain && this.outgoing.unsentBytes <= LOW_WATER_BYTES && this.#phase === 'open') {
      this.#wantsDrain = false
      this.events.onDrain?.()
    }
  }

  sentEnd (): void {
    this.mustSendEnd = false
    this.#endSent = true
  }

  acknowledgedData (offset: number, length: number, isLast: boolean): void {
    if (this.#phase === 'reset' || this.#phase === 'over') {
      return
    }
    this.outgoing.acknowledge(offset, length)
    this.#endAcknowledged ||= isLast
    if (isLast) {
      this.mustSendEnd = false
    }
    if (this.#endAcknowledged && this.outgoing.isAcknowledged) {
      this.#phase = 'over'
      this.#close()
    }
  }

  lostData (offset: number, length: number, isLast: boolean): void {
    if (this.#phase === 'reset' || this.#phase === 'over') {
      return
    }
    this.outgoing.lost(offset, length)
    this.mustSendEnd ||= isLast && this.#endSent && !this.#endAcknowledged
    this.#owner.wantsToSend(this)
  }

  acknowledgedReset (): void {
    if (this.#phase === 'reset') {
      this.#phase = 'over'
      this.mustSendReset = false
      this.#close()
    }
  }

  lostReset (): void {
    this.mustSendReset = this.#phase === 'reset'
    this.#owner.wantsToSend(this)
  }

  lostStop (): void {
    this.mustSendStop = !this.#isReceiveOver
    this.#owner.wantsToSend(this)
  }

  lostLimit (): void {
    this.mustSendLimit = this.incoming.finalOffset === undefined
    this.#owner.wantsToSend(this)
  }

  #endReceiving (): void {
    if (this.incoming.isComplete && !this.#isReceiveOver) {
      this.#isReceiveOver = true
      this.mustSendStop = false
      if (this.#isReading) {
        this.events.onEnd?.()
      }
      this.#close()
    }
  }

  #close (): void {
    if (this.isOver) {
      this.#owner.over(this)
      this.events.onClosed?.()
    }
  }
}
