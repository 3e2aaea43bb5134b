/**
 * Reads the yamux frame headers that pass by and says no to those that no honest peer sends.
 *
 * yamux believes any announced length and holds the payload until it is complete, so the refusal must come at the header.
 * Holds twelve bytes per connection, whatever is announced: payloads are stepped over, never copied or kept.
 * The walk must stay in step with the muxer's own: only data frames have a payload (yamux specification, "Framing").
 */
import { FrameInPiecesError, FrameTooLongError, PingFloodError, SmallFrameFloodError, StreamFloodError, WindowUpdateTooLargeError } from './errors.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface YamuxFrameLimits {
  /**
   * Most payload of one data frame. A sender may fill a frame up to the window that it was granted, so this is the yamux
   * `maxStreamWindowSize` of this node, 1 MiB: a longer frame would break flow control anyway, but only after it was held whole.
   */
  maxFrameBytes: number
  /**
   * Most messages of the layer below that one frame may span. A piece costs about 200 bytes to hold however small it is; a full
   * frame of 1 MiB reaches this limit only with messages under 256 bytes, where encryption overhead alone is 7 %.
   */
  maxFramePieces: number
  /** Most window that a peer may grant at once: four times the largest default window of the known implementations, 16 MiB. */
  maxWindowUpdateBytes: number
  /** Pings and answers to pings. Implementations send one every 30 s and a few when a connection is new. */
  pingsPerSecond: number
  pingBurst: number
  /**
   * Streams that the peer opens, whether it resets them at once or not: each costs about a millisecond, for its negotiation and a write to the peer
   * store, and 32 connections of one prefix add up. An exchange takes one; the busiest callers open nine per second, for the DHT, and keep
   * what they use more. The burst is for the first seconds, and comes anew with each connection.
   */
  streamsPerSecond: number
  streamBurst: number
  /**
   * Data frames of fewer bytes than this, and window updates, cost their receiver a hundred times more than they carry. The smallest packet with
   * anything sealed in it has 38 bytes, so honest small frames are credits, window updates, and the words that open a stream.
   */
  smallFrameBytes: number
  /** Twice as many as a link of 1 Gbit/s answers its chunks of 16 KiB with. */
  smallFramesPerSecond: number
  smallFrameBurst: number
}

export const DEFAULT_YAMUX_FRAME_LIMITS: YamuxFrameLimits = {
  maxFrameBytes: 1024 * 1024,
  maxFramePieces: 4096,
  maxWindowUpdateBytes: 64 * 1024 * 1024,
  pingsPerSecond: 5,
  pingBurst: 20,
  streamsPerSecond: 30,
  streamBurst: 150,
  smallFrameBytes: 32,
  smallFramesPerSecond: 16_000,
  smallFrameBurst: 4_000
}

const HEADER_BYTES = 12

const FRAME_TYPE = { data: 0, windowUpdate: 1, ping: 2 } as const

const FLAG_SYN = 1

export class YamuxFrameCheck {
  readonly #limits: YamuxFrameLimits
  readonly #now: () => number
  readonly #pings: TokenBucket
  readonly #opened: TokenBucket
  readonly #small: TokenBucket
  /** Since the start. */
  dataFrames = 0
  bytes = 0
  readonly #header = new DataView(new ArrayBuffer(HEADER_BYTES))
  #headerBytes = 0
  #payloadBytesLeft = 0
  #pieces = 0
  #streamOpened = false

  constructor (limits: YamuxFrameLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
    this.#pings = new TokenBucket({ ratePerSecond: limits.pingsPerSecond, burst: limits.pingBurst, nowMs: now() })
    this.#opened = new TokenBucket({ ratePerSecond: limits.streamsPerSecond, burst: limits.streamBurst, nowMs: now() })
    this.#small = new TokenBucket({ ratePerSecond: limits.smallFramesPerSecond, burst: limits.smallFrameBurst, nowMs: now() })
  }

  /**
   * Throws at the first header that breaks a limit; the connection must then be aborted and the muxer must not see the bytes.
   * @returns whether one of the frames opens a stream
   */
  check (data: Uint8Array | Uint8ArrayList): boolean {
    this.#streamOpened = false
    this.bytes += data.byteLength
    if (data instanceof Uint8Array) {
      this.#walk(data)
    } else {
      for (const piece of data) {
        this.#walk(piece)
      }
    }
    return this.#streamOpened
  }

  #walk (piece: Uint8Array): void {
    let offset = 0
    while (offset < piece.byteLength) {
      if (this.#payloadBytesLeft === 0) {
        this.#header.setUint8(this.#headerBytes++, piece[offset++])
        if (this.#headerBytes < HEADER_BYTES) {
          continue
        }
        this.#headerBytes = 0
        this.#payloadBytesLeft = this.#checkHeader()
      }
      const skipped = Math.min(this.#payloadBytesLeft, piece.byteLength - offset)
      offset += skipped
      this.#payloadBytesLeft -= skipped
      if (this.#payloadBytesLeft === 0) {
        this.#pieces = 0
      }
    }
    if (this.#headerBytes > 0 || this.#payloadBytesLeft > 0) {
      this.#countPiece()
    }
  }

  #countPiece (): void {
    this.#pieces++
    if (this.#pieces > this.#limits.maxFramePieces) {
      throw new FrameInPiecesError(this.#limits.maxFramePieces)
    }
  }

  /** @returns the bytes of payload that follow the header */
  #checkHeader (): number {
    const { maxFrameBytes, maxWindowUpdateBytes, pingsPerSecond, pingBurst, smallFrameBytes, smallFramesPerSecond, smallFrameBurst } = this.#limits
    const type = this.#header.getUint8(1)
    const isSyn = (this.#header.getUint16(2) & FLAG_SYN) !== 0
    const length = this.#header.getUint32(8)
    if (type === FRAME_TYPE.ping) {
      if (!this.#pings.take(1, this.#now())) {
        throw new PingFloodError(pingsPerSecond, pingBurst)
      }
      return 0
    }
    if (isSyn && !this.#opened.take(1, this.#now())) {
      throw new StreamFloodError(this.#limits.streamsPerSecond, this.#limits.streamBurst)
    }
    this.#streamOpened ||= isSyn
    if (type === FRAME_TYPE.windowUpdate && length > maxWindowUpdateBytes) {
      throw new WindowUpdateTooLargeError(length, maxWindowUpdateBytes)
    }
    if (type === FRAME_TYPE.data && length > maxFrameBytes) {
      throw new FrameTooLongError(length, maxFrameBytes)
    }
    if ((type !== FRAME_TYPE.data || length < smallFrameBytes) && !this.#small.take(1, this.#now())) {
      throw new SmallFrameFloodError(smallFramesPerSecond, smallFrameBurst)
    }
    if (type !== FRAME_TYPE.data) {
      return 0
    }
    this.dataFrames++
    return length
  }
}
