/**
 * What a node spends on being asked by the DHT. Every message costs it a tenth to a third of a millisecond, whatever it is: a provider record is
 * decoded, put into the datastore, and merged with what is known of its peer; a question is answered with the addresses of eight peers. libp2p
 * takes as many as come. Here they are paced before they are decoded, between the streams and libp2p's kad-dht, which has no setting for it.
 */
import { MessagePace } from './message-pace.ts'
import { pacedStream } from './paced-stream.ts'
import { seenThrough } from './seen-through.ts'
import { countedPrefix } from './address-prefix.ts'
import type { PaceCounters, PaceLimits } from './message-pace.ts'
import type { Connection } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

export interface DhtLimits extends PaceLimits {
  /** Of one message: a key and one provider with 16 addresses take 1 KiB. It bounds the providers that one message can name. */
  maxMessageBytes: number
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
  maxMessageBytes: 4_096
}

/** Messages since the start. */
export interface DhtCounters extends PaceCounters { tooLong: number }

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

  /** The components that kad-dht is made with, but for the registrar: the streams that it hands over are paced. */
  around<T extends { registrar: Registrar }> (components: T): T {
    const { registrar } = components
    const handle: Registrar['handle'] = async (protocol, handler, options) => {
      await registrar.handle(protocol, (stream, connection) => handler(pacedStream(stream, this.#ofCaller(connection)), connection), options)
    }
    return seenThrough<T>(components, { registrar: seenThrough(registrar, { handle }) } as Partial<T>)
  }

  #ofCaller ({ remotePeer, remoteAddr }: Connection): Parameters<typeof pacedStream>[1] {
    const caller = { peer: remotePeer.toString(), prefix: countedPrefix(remoteAddr) }
    return {
      maxMessageBytes: this.#limits.maxMessageBytes,
      take: () => this.#pace.take(caller),
      onTooLong: () => { this.#tooLong++ }
    }
  }
}
