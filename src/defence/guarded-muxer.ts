/**
 * Stands between the encrypted connection and yamux, so that one peer cannot make this node hold memory without bound.
 *
 *     socket ─▶ raw connection ─▶ noise ─▶ frame check ─▶ yamux ─▶ streams       what comes in: refused at the frame header
 *     socket ◀─ raw connection ◀─ noise ◀──────────────── yamux ◀─ streams       what goes out: capped at each layer that queues
 *                  cap (gater)     cap                               cap
 *
 * Each layer queues what the one below will not take yet, without bound by default; a peer that asks and does not read
 * then decides how much this node holds. With the caps it loses its stream (a stream's queue) or its connection (the other two).
 * The raw connection is not reachable from a muxer: `capWriteBuffers` is the connection gater that sets it.
 */
import { serviceCapabilities } from '@libp2p/interface'
import { DEFAULT_YAMUX_FRAME_LIMITS, YamuxFrameCheck } from './yamux-frame-check.ts'
import { DEFAULT_DRAIN_LIMITS, watchDrain } from './drain-watch.ts'
import { DEFAULT_HELD_LIMITS, HeldCheck } from './held-check.ts'
import type { DrainLimits } from './drain-watch.ts'
import type { HeldLimits } from './held-check.ts'
import type { YamuxFrameLimits } from './yamux-frame-check.ts'
import type { ConnectionGater, MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

export interface MuxerLimits extends YamuxFrameLimits, HeldLimits, DrainLimits {
  /**
   * Most bytes queued at one layer for a peer that does not read: four full windows of 1 MiB. One `send()` that exceeds it on a
   * full stream ends that stream, so large messages must be sent in parts.
   */
  maxWriteBufferBytes: number
}

export const DEFAULT_MUXER_LIMITS: MuxerLimits = {
  ...DEFAULT_YAMUX_FRAME_LIMITS,
  ...DEFAULT_HELD_LIMITS,
  ...DEFAULT_DRAIN_LIMITS,
  maxWriteBufferBytes: 4 * 1024 * 1024
}

/**
 * Wraps a yamux factory. A peer that breaks a limit has its connection aborted with FrameTooLongError, FrameInPiecesError,
 * WindowUpdateTooLargeError, PingFloodError, StreamFloodError, SmallFrameFloodError or HeldTooMuchError; one that does not read, with
 * libp2p's StreamBufferError, or after a while with NotDrainedError.
 *
 * @param inner - yamux with `streamOptions.maxStreamWindowSize` no larger than `limits.maxFrameBytes`, or honest frames are refused
 * @param now - monotonic milliseconds
 * @param onBreach - told the name of the error of each connection that is aborted here
 */
export function guardedMuxer <Components> (
  inner: (components: Components) => StreamMuxerFactory,
  limits: Partial<MuxerLimits> = {},
  now: () => number = () => performance.now(),
  onBreach: (errorName: string) => void = () => {}
): (components: Components) => StreamMuxerFactory {
  return components => new GuardedMuxerFactory(inner(components), { ...DEFAULT_MUXER_LIMITS, ...limits }, now, onBreach)
}

class GuardedMuxerFactory implements StreamMuxerFactory {
  readonly protocol: string
  readonly [serviceCapabilities] = ['@libp2p/stream-multiplexing']
  readonly #inner: StreamMuxerFactory
  readonly #limits: MuxerLimits
  readonly #now: () => number
  readonly #onBreach: (errorName: string) => void

  constructor (inner: StreamMuxerFactory, limits: MuxerLimits, now: () => number, onBreach: (errorName: string) => void) {
    this.protocol = inner.protocol
    this.#inner = inner
    this.#limits = limits
    this.#now = now
    this.#onBreach = onBreach
  }

  readonly [Symbol.toStringTag] = 'byway-guarded-muxer'

  createStreamMuxer (connection: MessageStream): StreamMuxer {
    const { maxWriteBufferBytes } = this.#limits
    const frames = new YamuxFrameCheck(this.#limits, this.#now)
    const held = new HeldCheck(this.#limits)
    let opensStream = false
    const made: { muxer?: StreamMuxer } = {}
    const breach = (err: Error): void => {
      this.#onBreach(err.name)
      endConnection(connection, made.muxer, err)
    }
    // Listeners run in the order they were added: this one before the muxer's own, which is added on construction.
    connection.addEventListener('message', event => {
      try {
        opensStream = frames.check((event).data)
      } catch (err) {
        event.stopImmediatePropagation()
        breach(err as Error)
      }
    })
    capWriteBuffer(connection, maxWriteBufferBytes)
    const muxer = made.muxer = this.#inner.createStreamMuxer(connection)
    sendOrEnd(muxer as SendingMuxer, connection)
    capStreams(muxer, maxWriteBufferBytes)
    watchDrain(connection, this.#limits, this.#now, breach)
    // Not on the muxer's 'stream' event: a listener there would take the streams that open before libp2p listens.
    connection.addEventListener('message', () => {
      if (opensStream) {
        capNewStreams(muxer.streams, maxWriteBufferBytes)
      }
      const excess = held.check(frames, muxer.streams)
      if (excess !== undefined) {
        breach(excess)
      }
    })
    return muxer
  }
}

/** Never denies: sets the cap on the raw connection, in either direction. Compose it with the node's other gaters. */
export function capWriteBuffers (maxWriteBufferBytes = DEFAULT_MUXER_LIMITS.maxWriteBufferBytes): ConnectionGater {
  return {
    denyInboundConnection: connection => {
      capWriteBuffer(connection, maxWriteBufferBytes)
      return false
    },
    denyOutboundEncryptedConnection: (_, connection) => {
      capWriteBuffer(connection, maxWriteBufferBytes)
      return false
    }
  }
}

interface WriteBuffered { maxWriteBufferLength?: number }

function capWriteBuffer (target: WriteBuffered, maxBytes: number): void {
  target.maxWriteBufferLength = Math.min(target.maxWriteBufferLength ?? Infinity, maxBytes)
}

/** Streams that this node opens. */
function capStreams (muxer: StreamMuxer, maxBytes: number): void {
  const createStream = muxer.createStream.bind(muxer)
  muxer.createStream = async options => {
    const stream = await createStream(options)
    capWriteBuffer(stream, maxBytes)
    return stream
  }
}

/** Streams that the peer opened: a muxer appends them, so the new ones are those behind the last capped one. */
function capNewStreams (streams: WriteBuffered[], maxBytes: number): void {
  for (let index = streams.length - 1; index >= 0; index--) {
    if ((streams[index].maxWriteBufferLength ?? Infinity) <= maxBytes) {
      return
    }
    capWriteBuffer(streams[index], maxBytes)
  }
}

/** What we need to know of a yamux muxer. */
interface SendingMuxer extends StreamMuxer { send: MessageStream['send'] }

/**
 * Yamux says that a stream ends, that there is room, or goodbye, inside of listeners, timers and microtasks, where an error ends the process. What
 * the connection cannot take any more is for nobody.
 */
function sendOrEnd (muxer: SendingMuxer, connection: MessageStream): void {
  const send = muxer.send.bind(muxer)
  muxer.send = data => {
    try {
      return send(data)
    } catch (err) {
      connection.abort(err as Error)
      return false
    }
  }
}

/** Streams first, so that whoever uses one learns the reason. */
function endConnection (connection: MessageStream, muxer: StreamMuxer | undefined, err: Error): void {
  muxer?.abort(err)
  connection.abort(err)
}
