// One connection that a delayed transport dialled: every byte, and the closing after it, waits half a round trip in
// each direction, in order, and what the bytes before it take where the line has a rate. The dialler's side delays both directions, since only it
// knows which address it dialled. Nothing is lost: a full buffer makes the sender wait, as TCP does.
//
//   send ─▶ lane out ─▶ inner connection ─▶ wire ─▶ inner connection ─▶ lane in ─▶ reader
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { EmulatedLine } from './emulated-line.ts'
import { unlessAborted } from './delay-line.ts'
import type { DelayLane, DelayLine } from './delay-line.ts'
import type { AbortOptions, MultiaddrConnection, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

/**
 * Bytes in flight per direction before the sender must wait. A flow over 150 ms still reaches 28 MB/s, and half of
 * the read buffer of a libp2p connection stays free when the reader pauses and all of this lands in it.
 */
export const MAX_IN_FLIGHT_BYTES = 2 * 1024 * 1024

export interface DelayedConnectionInit {
  inner: MultiaddrConnection
  rttMs: number
  line: DelayLine
  /** In each direction; default: no limit. */
  bytesPerSecond?: number
  maxInFlightBytes?: number
}

/** A line with a rate holds no more than it delivers within this, beside its delay: what a router's buffer does. */
const BUFFER_S = 0.1
const MIN_BUFFER_BYTES = 32_768

export class DelayedConnection extends AbstractMultiaddrConnection {
  readonly #inner: MultiaddrConnection
  readonly #there: EmulatedLine
  readonly #here: EmulatedLine
  readonly #maxInFlightBytes: number
  readonly #out: DelayLane
  readonly #in: DelayLane
  readonly #closeArrived = Promise.withResolvers<void>()
  #outBytes = 0
  #inBytes = 0
  #readerPaused = false
  #innerPaused = false

  constructor ({ inner, rttMs, line, bytesPerSecond, maxInFlightBytes = mostInFlight(rttMs, bytesPerSecond) }: DelayedConnectionInit) {
    super({
      remoteAddr: inner.remoteAddr,
      direction: inner.direction,
      inactivityTimeout: inner.inactivityTimeout,
      maxReadBufferLength: inner.maxReadBufferLength,
      maxWriteBufferLength: inner.maxWriteBufferLength,
      log: inner.log.newScope('delayed')
    })
    this.#inner = inner
    this.#there = new EmulatedLine({ delayMs: rttMs / 2, bytesPerSecond })
    this.#here = new EmulatedLine({ delayMs: rttMs / 2, bytesPerSecond })
    this.#maxInFlightBytes = maxInFlightBytes
    this.#out = line.lane()
    this.#in = line.lane()
    inner.addEventListener('message', (event) => { this.#received(event) })
    inner.addEventListener('close', (event) => { this.#innerClosed(event) })
    // the write buffer of the inner connection has emptied, which its 'drain' does not say yet
    inner.addEventListener('idle', () => { this.#drainIfRoom() })
  }

  override sendData (data: Uint8ArrayList): SendResult {
    const bytes = data.byteLength
    this.#outBytes += bytes
    this.#out.after(delayOf(this.#there, bytes), () => {
      this.#outBytes -= bytes
      if (this.#inner.status === 'open') {
        this.#inner.send(data)
      }
      this.#drainIfRoom()
    })
    return { sentBytes: bytes, canSendMore: this.#unsentBytes() < this.#maxInFlightBytes }
  }

  /** Resolves when the inner connection is closed and all that arrived before has been delivered: up to one round trip later. */
  override async sendClose (options?: AbortOptions): Promise<void> {
    this.#out.after(this.#there.delayMs, () => {
      this.#resumeInner()
      this.#inner.close(options).catch((err: unknown) => { this.#inner.abort(asError(err)) })
    })
    await unlessAborted(this.#closeArrived.promise, options?.signal)
  }

  override sendReset (err: Error): void {
    this.#out.after(this.#there.delayMs, () => { this.#inner.abort(err) })
  }

  override sendPause (): void {
    this.#readerPaused = true
    this.#pauseInner()
  }

  override sendResume (): void {
    this.#readerPaused = false
    this.#resumeInnerIfRoom()
  }

  #received ({ data }: StreamMessageEvent): void {
    const bytes = data.byteLength
    this.#inBytes += bytes
    const delayMs = delayOf(this.#here, bytes)
    if (this.#inBytes >= this.#maxInFlightBytes) {
      this.#pauseInner()
    }
    this.#in.after(delayMs, () => {
      this.#inBytes -= bytes
      this.onData(data)
      this.#resumeInnerIfRoom()
    })
  }

  #innerClosed ({ error }: StreamCloseEvent): void {
    // what a pause held back inside the inner connection comes before its close
    this.#resumeInner()
    this.#in.after(this.#here.delayMs, () => {
      this.#closeArrived.resolve()
      this.onTransportClosed(error)
    })
  }

  #unsentBytes (): number {
    return this.#outBytes + this.#inner.writeBufferLength
  }

  /** Half of the bound must be free, so that the sender is not woken for each piece. */
  #drainIfRoom (): void {
    if (this.writableNeedsDrain && this.#unsentBytes() <= this.#maxInFlightBytes / 2) {
      this.safeDispatchEvent('drain')
    }
  }

  #pauseInner (): void {
    if (!this.#innerPaused && this.#inner.status === 'open') {
      this.#innerPaused = true
      this.#inner.pause()
    }
  }

  #resumeInnerIfRoom (): void {
    if (!this.#readerPaused && this.#inBytes <= this.#maxInFlightBytes / 2) {
      this.#resumeInner()
    }
  }

  #resumeInner (): void {
    // an aborted connection has thrown away what it held, and refuses to resume
    if (this.#innerPaused && this.#inner.status !== 'aborted') {
      this.#innerPaused = false
      this.#inner.resume()
    }
  }
}

/** Until these bytes have come out at the other end. */
function delayOf (line: EmulatedLine, bytes: number): number {
  const nowMs = performance.now()
  return line.putReliably(bytes, nowMs) - nowMs
}

function mostInFlight (rttMs: number, bytesPerSecond: number | undefined): number {
  return bytesPerSecond === undefined
    ? MAX_IN_FLIGHT_BYTES
    : Math.min(MAX_IN_FLIGHT_BYTES, Math.max(MIN_BUFFER_BYTES, bytesPerSecond * (rttMs / 2_000 + BUFFER_S)))
}

function asError (err: unknown): Error {
  return err instanceof Error ? err : new Error(String(err))
}
