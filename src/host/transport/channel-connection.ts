// A reliable stream of a channel as libp2p's upgrader wants its connections: Noise and yamux of the application run end to end above it.
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { ChannelStream } from '../stream/channel-stream.ts'
import type { AbortOptions, Logger, MessageStreamDirection } from '@libp2p/interface'
import type { SendResult } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface ChannelConnectionInit {
  stream: ChannelStream
  /** Names the application at the other end: libp2p's handshake checks that it is that one. */
  remoteAddr: Multiaddr
  direction: MessageStreamDirection
  /** What was received already. */
  received: Uint8Array
  log: Logger
}

/** Most that is handed over at once: the stream says after each piece whether it has had enough. */
const MAX_PIECE_BYTES = 65_536

export class ChannelConnection extends AbstractMultiaddrConnection {
  readonly #stream: ChannelStream
  #isLeaving = false

  constructor ({ stream, remoteAddr, direction, received, log }: ChannelConnectionInit) {
    super({ remoteAddr, direction, log })
    this.#stream = stream
    stream.addEventListener('close', ({ detail: error }) => { this.onTransportClosed(this.#isLeaving ? undefined : error ?? undefined) })
    stream.addEventListener('reset', () => { this.#onReset() })
    stream.addEventListener('drain', () => { this.safeDispatchEvent('drain') })
    stream.addEventListener('remoteCloseWrite', () => { this.#onRemoteEnd() })
    this.onData(received)
    stream.addEventListener('message', ({ detail }) => { this.#onMessage(detail) })
    stream.resume()
  }

  override sendData (data: Uint8ArrayList): SendResult {
    let sentBytes = 0
    for (const segment of data) {
      for (let at = 0; at < segment.byteLength; at += MAX_PIECE_BYTES) {
        const piece = segment.subarray(at, at + MAX_PIECE_BYTES)
        const canSendMore = this.#stream.send(piece)
        sentBytes += piece.byteLength
        if (!canSendMore) {
          return { sentBytes, canSendMore }
        }
      }
    }
    return { sentBytes, canSendMore: true }
  }

  /** Until the other side has all that was sent, and has ended too. */
  override async sendClose ({ signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#isLeaving = true
    const stream = this.#stream
    if (stream.isClosed) {
      return
    }
    const over = Promise.withResolvers<void>()
    const onClose = (): void => { over.resolve() }
    const onAbort = (): void => { over.reject(signal?.reason) }
    stream.addEventListener('close', onClose)
    signal?.addEventListener('abort', onAbort)
    try {
      stream.close()
      // the end of what the other side sends counts when it has been read
      stream.resume()
      await over.promise
    } finally {
      stream.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  override sendReset (): void {
    this.#isLeaving = true
    this.#stream.abort()
  }

  override sendPause (): void {
    this.#stream.pause()
  }

  override sendResume (): void {
    this.#stream.resume()
  }

  #onMessage (bytes: Uint8Array): void {
    if (!this.#isLeaving) {
      this.onData(bytes)
    }
  }

  #onReset (): void {
    if (this.status === 'open' || this.status === 'closing') {
      this.#isLeaving = true
      this.#stream.abort()
      this.onRemoteReset()
    }
  }

  /** A connection ends in both directions at once, like one of TCP without half-open sockets. */
  #onRemoteEnd (): void {
    this.onRemoteCloseWrite()
    this.close().catch((error: Error) => { this.abort(error) })
  }
}
