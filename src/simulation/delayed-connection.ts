// One connection that a delayed transport dialled: every byte, and the closing after it, waits half a round trip in
// each direction, in order. The dialler's side delays both directions, since only it knows which address it dialled.
//
//   send ─▶ lane out ─▶ inner connection ─▶ wire ─▶ inner connection ─▶ lane in ─▶ reader
import { AbstractMultiaddrConnection } from '@libp2p/utils'
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
  maxInFlightBytes?: number
}

export class DelayedConnection extends AbstractMultiaddrConnection {
  readonly #inner: MultiaddrConnection
  readonly #oneWayMs: number
  readonly #maxInFlightBytes: number
  readonly #out: DelayLane
  readonly #in: DelayLane
  readonly #closeArrived = Promise.withResolvers<void>()
  #outBytes = 0
  #inBytes = 0
  #readerPaused = false
  #innerPaused = false

  constructor ({ inner, rttMs, line, maxInFlightBytes }: DelayedConnectionInit) {
    super({
      remoteAddr: inner.remoteAddr,
      direction: inner.direction,
      inactivityTimeout: inner.inactivityTimeout,
      maxReadBufferLength: inner.maxReadBufferLength,
      maxWriteBufferLength: inner.maxWriteBufferLength,
      log: inner.log.newScope('delayed')
    })
    this.#inner = inner
    this.#oneWayMs = rttMs / 2
    this.#maxInFlightBytes = maxInFlightBytes ?? MAX_IN_FLIGHT_BYTES
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
    this.#out.after(this.#oneWayMs, () => {
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
    this.#out.after(this.#oneWayMs, () => {
      this.#resumeInner()
      this.#inner.close(options).catch((err: unknown) => { this.#inner.abort(asError(err)) })
    })
    await unlessAborted(this.#closeArrived.promise, options?.signal)
  }

  override sendReset (err: Error): void {
    this.#out.after(this.#oneWayMs, () => { this.#inner.abort(err) })
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
    if (this.#inBytes >= this.#maxInFlightBytes) {
      this.#pauseInner()
    }
    this.#in.after(this.#oneWayMs, () => {
      this.#inBytes -= bytes
      this.onData(data)
      this.#resumeInnerIfRoom()
    })
  }

  #innerClosed ({ error }: StreamCloseEvent): void {
    // what a pause held back inside the inner connection comes before its close
    this.#resumeInner()
    this.#in.after(this.#oneWayMs, () => {
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

function asError (err: unknown): Error {
  return err instanceof Error ? err : new Error(String(err))
}
