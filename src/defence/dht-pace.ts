/**
 * What a node spends on the DHT, between the streams and libp2p's kad-dht, which has no setting for it.
 *
 * On being asked: every message costs it a tenth to a third of a millisecond, whatever it is: a provider record is decoded, put into the datastore,
 * and merged with what is known of its peer; a question is answered with the addresses of eight peers. One for providers is answered with those of
 * up to sixteen more, and costs two or three. libp2p takes as many as come. Here they are paced before they are decoded.
 *
 * On answers to its own questions: libp2p reads up to 4 MiB, and keeps each peer and each address that one names. Here it gets one answer for a
 * question, of bounded length, without what no honest one says (bounded-dht-message.ts).
 */
import { boundedDhtMessage } from './bounded-dht-message.ts'
import { MessagePace, pacedCaller } from './message-pace.ts'
import { pacedStream } from './paced-stream.ts'
import { seenThrough } from './seen-through.ts'
import type { PaceCounters, PaceLimits } from './message-pace.ts'
import type { PacedStreamInit } from './paced-stream.ts'
import type { DhtMessageLimits } from './bounded-dht-message.ts'
import type { Connection } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

export interface DhtLimits extends PaceLimits {
  /** Of one message from who asks: a key and one provider with 16 addresses take 1 KiB. */
  maxMessageBytes: number
  /** Of one answer: 36 peers with 16 addresses each take 20 to 50 KiB, and 220 KiB if their addresses are as long as any may be. */
  maxAnswerBytes: number
}

/**
 * The busiest honest peer is a forwarder that advertises 1,024 hosts anew every four minutes in an overlay so small that every server hears
 * of each: nine messages per second. A prefix may hold a few dozen forwarders.
 */
export const DEFAULT_DHT_LIMITS: DhtLimits = {
  peerPerSecond: 20,
  peerBurst: 100,
  prefixPerSecond: 100,
  prefixBurst: 500,
  maxPeers: 4_096,
  maxPrefixes: 4_096,
  maxWaitMs: 2_000,
  maxMessageBytes: 4_096,
  maxAnswerBytes: 256 * 1024
}

/** Who provides something says so of itself alone. */
const ASKED: DhtMessageLimits = { maxCloser: 0, maxProviders: 1 }
/** Peers that are closer: Kademlia's 20, of which this overlay's nodes name ten at most; providers: as many as its nodes draw (bounded-datastore.ts). */
const ANSWERED: DhtMessageLimits = { maxCloser: 20, maxProviders: 16 }

/** Messages since the start. */
export interface DhtCounters extends PaceCounters {
  /** Answers to own questions, too. */
  tooLong: number
}

export class DhtPace {
  readonly #limits: DhtLimits
  readonly #pace: MessagePace
  #tooLong = 0

  /** @param now - monotonic milliseconds */
  constructor (limits: Partial<DhtLimits> = {}, now?: () => number) {
    this.#limits = { ...DEFAULT_DHT_LIMITS, ...limits }
    this.#pace = new MessagePace(this.#limits, now)
  }

  get counters (): DhtCounters {
    return { ...this.#pace.counters, tooLong: this.#tooLong }
  }

  /** The components that kad-dht is made with, but for two: the streams that the registrar and the connection manager hand over are bounded. */
  around<T extends { registrar: Registrar, connectionManager: ConnectionManager }> (components: T): T {
    const { registrar, connectionManager } = components
    const handle: Registrar['handle'] = async (protocol, handler, options) => {
      await registrar.handle(protocol, (stream, connection) => handler(pacedStream(stream, this.#ofCaller(connection)), connection), options)
    }
    const openStream: ConnectionManager['openStream'] = async (...to) => pacedStream(await connectionManager.openStream(...to), this.#ofAnswer())
    return seenThrough<T>(components, {
      registrar: seenThrough(registrar, { handle }),
      connectionManager: seenThrough(connectionManager, { openStream })
    } as Partial<T>)
  }

  #ofCaller (connection: Connection): PacedStreamInit {
    const caller = pacedCaller(connection)
    return {
      maxMessageBytes: this.#limits.maxMessageBytes,
      take: () => this.#pace.take(caller),
      onTooLong: this.#onTooLong,
      cut: (message) => boundedDhtMessage(message, ASKED)
    }
  }

  /** One question is asked over each stream, which kad-dht closes with its answer. */
  #ofAnswer (): PacedStreamInit {
    return {
      maxMessageBytes: this.#limits.maxAnswerBytes,
      take: () => 0,
      onTooLong: this.#onTooLong,
      cut: (message) => boundedDhtMessage(message, ANSWERED)
    }
  }

  readonly #onTooLong = (): void => { this.#tooLong++ }
}
