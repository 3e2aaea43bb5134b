// Gives a libp2p transport the distances of another place: what it dials answers as late as if it were far away.
// It is told one number per remote address and knows nothing of where the number comes from. Inbound connections
// pass untouched, for the dialler at their other end delays both directions.
import { isTransport, serviceCapabilities, transportSymbol } from '@libp2p/interface'
import { sharedDelayLine, unlessAborted } from './delay-line.ts'
import { DelayedConnection } from './delayed-connection.ts'
import { sharedDialTurns } from './dial-turns.ts'
import type { DialTurns } from './dial-turns.ts'
import type { DelayLine } from './delay-line.ts'
import type { Connection, CreateListenerOptions, DialTransportOptions, Listener, MultiaddrFilter, Transport, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface DelayedTransportInit {
  /** Round trip to a dialled address in ms, 0 or more; undefined adds no delay. */
  rttMs: (remote: Multiaddr) => number | undefined
  /** What the way to it carries, in each direction; default: whatever comes. Only where there is a delay, be it 0. */
  bytesPerSecond?: (remote: Multiaddr) => number | undefined
  /** The process's shared one if not given. */
  line?: DelayLine
  /** The process's shared ones if not given. */
  turns?: DialTurns
  /** Per connection and direction; MAX_IN_FLIGHT_BYTES if not given. */
  maxInFlightBytes?: number
}

/** Wraps a transport factory such as `tcp()`; the result goes into libp2p's `transports` in its place. */
export function delayed<Components> (factory: (components: Components) => Transport, init: DelayedTransportInit): (components: Components) => Transport {
  return (components) => new DelayedTransport(factory(components), init)
}

class DelayedTransport implements Transport {
  readonly [transportSymbol] = true
  readonly [serviceCapabilities]: readonly string[]
  readonly listenFilter: MultiaddrFilter
  readonly dialFilter: MultiaddrFilter
  readonly #inner: Transport
  readonly #init: DelayedTransportInit
  readonly #line: DelayLine
  readonly #turns: DialTurns

  constructor (inner: Transport, init: DelayedTransportInit) {
    if (!isTransport(inner)) {
      throw new TypeError('delayed() wraps libp2p transports: give it a factory such as tcp()')
    }
    this.#inner = inner
    this.#init = init
    this.#line = init.line ?? sharedDelayLine
    this.#turns = init.turns ?? sharedDialTurns
    this[serviceCapabilities] = (inner as Partial<Record<typeof serviceCapabilities, string[]>>)[serviceCapabilities] ?? ['@libp2p/transport']
    this.listenFilter = (addresses) => inner.listenFilter(addresses)
    this.dialFilter = (addresses) => inner.dialFilter(addresses)
  }

  get [Symbol.toStringTag] (): string {
    return this.#inner[Symbol.toStringTag]
  }

  createListener (options: CreateListenerOptions): Listener {
    return this.#inner.createListener(options)
  }

  /** A refusal, too, comes one round trip late, as that of a far host would. */
  async dial (remote: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const rttMs = this.#init.rttMs(remote)
    if (rttMs == null) {
      return this.#inner.dial(remote, options)
    }
    return this.#turns.run(rttMs, async () => {
      await unlessAborted(new Promise<void>((resolve) => { this.#line.after(rttMs, resolve) }), options.signal)
      return this.#inner.dial(remote, { ...options, upgrader: this.#delaying(options.upgrader, rttMs, this.#init.bytesPerSecond?.(remote)) })
    }, options.signal)
  }

  #delaying (upgrader: Upgrader, rttMs: number, bytesPerSecond: number | undefined): Upgrader {
    const { maxInFlightBytes } = this.#init
    return {
      upgradeOutbound: async (inner, options) =>
        upgrader.upgradeOutbound(new DelayedConnection({ inner, rttMs, bytesPerSecond, line: this.#line, maxInFlightBytes }), options),
      upgradeInbound: async (inner, options) => upgrader.upgradeInbound(inner, options),
      createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal),
      getStreamMuxers: () => upgrader.getStreamMuxers(),
      getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
    }
  }
}
