/**
 * libp2p's ping, answered and asked for in bounded memory. Takes the place of `@libp2p/ping`, which queues all that comes on a stream whose echoes
 * are not read, and all of an answer that is longer than it should be.
 *
 *     stream ─▶ [ held: a few pings ] ─▶ echo          read at the pace of its peer and prefix (paced-stream.ts)
 *
 * The protocol is that of libp2p: https://github.com/libp2p/specs/blob/master/ping/ping.md.
 */
import { serviceCapabilities } from '@libp2p/interface'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { UnavailableError } from '../../protocols/errors.ts'
import { Lifetime } from '../../protocols/lifetime.ts'
import { MessageTooLongError, WrongPingAnswerError } from './errors.ts'
import { MessagePace, pacedCaller } from './message-pace.ts'
import { pacedStream } from './paced-stream.ts'
import type { PaceCounters, PaceLimits } from './message-pace.ts'
import type { Connection, DialProtocolOptions, DialTarget, Startable, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

export interface PingLimits extends PaceLimits {
  /** From the opening of a stream until it must be over, on either side. */
  maxStreamMs: number
}

/** Implementations ping a peer every few seconds, tools once a second. A prefix may hold a few dozen nodes. */
export const DEFAULT_PING_LIMITS: PingLimits = {
  peerPerSecond: 10,
  peerBurst: 50,
  prefixPerSecond: 50,
  prefixBurst: 250,
  maxPeers: 4_096,
  maxPrefixes: 4_096,
  maxWaitMs: 2_000,
  maxStreamMs: 10_000
}

export const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32
/** Of the specification: one stream at a time is used, and another may follow before this side has seen its end. */
const MAX_INBOUND_STREAMS = 2
const MAX_OUTBOUND_STREAMS = 2

export interface PingComponents {
  registrar: Registrar
  connectionManager: Pick<ConnectionManager, 'openStream'>
}

/** As a libp2p service. */
export function boundedPing (limits: Partial<PingLimits> = {}, now?: () => number): (components: PingComponents) => BoundedPing {
  return (components) => new BoundedPing(components, { ...DEFAULT_PING_LIMITS, ...limits }, now)
}

export class BoundedPing implements Startable {
  readonly [Symbol.toStringTag] = 'byway-bounded-ping'
  readonly [serviceCapabilities] = ['@libp2p/ping']
  readonly #components: PingComponents
  readonly #limits: PingLimits
  readonly #pace: MessagePace

  constructor (components: PingComponents, limits: PingLimits, now?: () => number) {
    this.#components = components
    this.#limits = limits
    this.#pace = new MessagePace(limits, now)
  }

  /** Pings that came. */
  get counters (): PaceCounters {
    return { ...this.#pace.counters }
  }

  async start (): Promise<void> {
    await this.#components.registrar.handle(PING_PROTOCOL, (stream, connection) => { this.#answer(stream, connection) }, {
      maxInboundStreams: MAX_INBOUND_STREAMS,
      maxOutboundStreams: MAX_OUTBOUND_STREAMS,
      runOnLimitedConnection: true
    })
  }

  async stop (): Promise<void> {
    await this.#components.registrar.unhandle(PING_PROTOCOL)
  }

  /** @returns the round trip, ms */
  async ping (peer: DialTarget, options: DialProtocolOptions = {}): Promise<number> {
    const lifetime = this.#lifetime(options.signal)
    let stream: Stream | undefined
    try {
      stream = await this.#components.connectionManager.openStream(peer, PING_PROTOCOL, { runOnLimitedConnection: true, ...options, signal: lifetime.signal })
      endWith(stream, lifetime)
      return await roundTripMs(stream, lifetime)
    } catch (error) {
      lifetime.clear()
      stream?.abort(error as Error)
      throw error
    }
  }

  /** What a peer can have waiting for it is what its pace lets in during the life of one stream: less than any window. */
  #answer (stream: Stream, connection: Connection): void {
    if (stream.status !== 'open') {
      return
    }
    endWith(stream, this.#lifetime())
    const caller = pacedCaller(connection)
    const paced = pacedStream(stream, {
      maxMessageBytes: PING_BYTES,
      readPrefix: () => ({ value: PING_BYTES, bytes: 0 }),
      take: () => this.#pace.take(caller),
      onTooLong: () => {}
    })
    const endWhenAllIsSaid = (): void => {
      if (stream.remoteWriteStatus !== 'writable' && paced.readBufferLength === 0) {
        closeQuietly(stream)
      }
    }
    paced.addEventListener('message', ({ data }) => {
      try {
        stream.send(data)
      } catch (error) {
        stream.abort(error as Error)
      }
      endWhenAllIsSaid()
    })
    // the last frame of a stream says that it is the last before its bytes are handed on
    stream.addEventListener('remoteCloseWrite', () => { queueMicrotask(endWhenAllIsSaid) })
  }

  #lifetime (parent?: AbortSignal): Lifetime {
    const lifetime = new Lifetime(parent)
    lifetime.arm(this.#limits.maxStreamMs, 'end of a ping')
    return lifetime
  }
}

async function roundTripMs (stream: Stream, lifetime: Lifetime): Promise<number> {
  const asked = crypto.getRandomValues(new Uint8Array(PING_BYTES))
  const startedMs = performance.now()
  stream.send(asked)
  const answer = await lifetime.race(answerOf(stream))
  const tookMs = performance.now() - startedMs
  if (!equals(answer, asked)) {
    throw new WrongPingAnswerError()
  }
  // not before the answer: one that came with the other side's end would be dropped
  closeQuietly(stream)
  return tookMs
}

/** As many bytes as were asked. */
async function answerOf (stream: Stream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let answer = new Uint8Array()
    stream.addEventListener('message', ({ data }) => {
      if (answer.byteLength + data.byteLength > PING_BYTES) {
        stream.abort(new MessageTooLongError(PING_BYTES))
        return
      }
      answer = concat([answer, data.subarray()])
      if (answer.byteLength === PING_BYTES) {
        resolve(answer)
      }
    })
    stream.addEventListener('close', (event) => { reject(event.error ?? new UnavailableError('the peer does not answer pings')) })
  })
}

/** The stream ends when its lifetime does, and takes the timer along when it ends by itself. */
function endWith (stream: Stream, lifetime: Lifetime): void {
  lifetime.signal.addEventListener('abort', () => { stream.abort(lifetime.signal.reason as Error) }, { once: true })
  stream.addEventListener('close', () => { lifetime.clear() }, { once: true })
}

function closeQuietly (stream: Stream): void {
  stream.close().catch((error: unknown) => { stream.abort(error as Error) })
}
