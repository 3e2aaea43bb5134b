// A reliable stream as an application has it: events and back-pressure in the manner of libp2p's streams.
import { TypedEventEmitter } from 'main-event'
import { StreamClosedError, StreamResetError } from '../../../protocols/stream/errors.ts'
import type { StreamState } from './stream-state.ts'
import type { EventHandler } from 'main-event'

export interface ChannelStreamEvents {
  /** Bytes from the peer, in order. While nobody listens they wait, and the peer is held back. */
  message: CustomEvent<Uint8Array>
  /** There is room again after a `send` that returned false. */
  drain: Event
  /** The peer has sent all. */
  remoteCloseWrite: Event
  /** The peer reads no more, or has given up what it sends: `detail` says which way and with which code. */
  reset: CustomEvent<{ direction: 'incoming' | 'outgoing', code: number }>
  /** Both directions are over. `detail` is the error if it was not by both ends' wish. */
  close: CustomEvent<Error | null>
}

export class ChannelStream extends TypedEventEmitter<ChannelStreamEvents> {
  readonly #state: StreamState
  readonly #now: () => number
  #isPaused = false
  #isClosed = false
  #error: Error | null = null

  /** `now`: monotonic, ms. */
  constructor (state: StreamState, now: () => number) {
    super()
    this.#state = state
    this.#now = now
    state.pause()
    state.events = {
      onData: (detail) => this.safeDispatchEvent('message', { detail }),
      onDrain: () => this.safeDispatchEvent('drain'),
      onEnd: () => this.safeDispatchEvent('remoteCloseWrite'),
      onReset: (code) => {
        this.#error ??= new StreamResetError(code, true)
        this.safeDispatchEvent('reset', { detail: { direction: 'incoming', code } })
      },
      onStopped: (code) => {
        this.#error ??= new StreamResetError(code, true)
        this.safeDispatchEvent('reset', { detail: { direction: 'outgoing', code } })
      },
      onClosed: () => { this.#close() }
    }
  }

  /** Unique in the channel; even if the channel's initiator opened it. */
  get id (): number {
    return this.#state.id
  }

  get isClosed (): boolean {
    return this.#isClosed
  }

  /** May more be sent? */
  get isWritable (): boolean {
    return !this.#isClosed && this.#state.canWrite
  }

  /** Bytes that were given to `send` and have not left yet. */
  get unsentBytes (): number {
    return this.#state.outgoing.unsentBytes
  }

  /**
   * Takes all of `bytes`, which must not be changed any more.
   *
   * @returns false when it would be better to wait for `drain`
   * @throws StreamClosedError, StreamResetError, SendBufferFullError
   */
  send (bytes: Uint8Array): boolean {
    if (this.#isClosed) {
      throw this.#error ?? new StreamClosedError('the stream is closed: open another one')
    }
    return this.#state.write(bytes)
  }

  /** Nothing more will be sent; what was, arrives. The other direction stays as it is. */
  close (): void {
    this.#state.end()
  }

  /** Nothing more is read; the peer is told to stop. */
  closeRead (code = 0): void {
    this.#state.stopReading(code)
  }

  /** Gives up both directions, with all that was not delivered. */
  abort (code = 0): void {
    this.#error ??= new StreamResetError(code, false)
    this.#state.reset(code)
    this.#state.stopReading(code)
  }

  /** The peer is held back by flow control from now on. */
  pause (): void {
    this.#isPaused = true
    this.#state.pause()
  }

  resume (): void {
    this.#isPaused = false
    this.#flow()
  }

  override addEventListener<K extends keyof ChannelStreamEvents> (type: K, listener: EventHandler<ChannelStreamEvents[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options)
    if (type === 'message') {
      this.#flow()
    }
  }

  override removeEventListener<K extends keyof ChannelStreamEvents> (type: K, listener?: EventHandler<ChannelStreamEvents[K]> | null, options?: boolean | EventListenerOptions): void {
    super.removeEventListener(type, listener, options)
    if (type === 'message' && this.listenerCount('message') === 0) {
      this.#state.pause()
    }
  }

  /** The channel is gone. `isByPeer`: what the peer has sent whole before that can still be read, and then the stream closes. */
  end (error: Error, isByPeer = false): void {
    if (!this.#isClosed) {
      const outlived = isByPeer ? this.#state.outlive() : undefined
      if (outlived !== undefined) {
        this.#error ??= outlived.isDelivered ? null : error
        return
      }
      this.#error ??= error
      // the last word is that it is closed: what waits, or is being handed out, reaches nobody any more
      this.#state.pause()
      this.#state.events = {}
      this.#close()
    }
  }

  #flow (): void {
    if (!this.#isClosed && !this.#isPaused && this.listenerCount('message') > 0) {
      this.#state.resume(this.#now())
    }
  }

  #close (): void {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.safeDispatchEvent('close', { detail: this.#error })
    }
  }
}
