// libp2p's transport `/byway`: a connection is a reliable stream of a channel between the underlays of two applications.
//
//   dial  /byway/p2p/B: who speaks for B? ─▶ channel ─▶ stream ─▶ introduce ─▶ upgrade (Noise and yamux of the application)
//   listen /byway:       channel ─▶ stream ─▶ welcome ─▶ upgrade
import { serviceCapabilities, transportSymbol } from '@libp2p/interface'
import { setMaxListeners } from 'main-event'
import { ApplicationConnections, closeLater } from './application-connections.ts'
import { BywayListener } from './byway-listener.ts'
import { ChannelConnection } from './channel-connection.ts'
import { InboundConnections } from './inbound-connections.ts'
import { InvalidAddressError, NotStartedError } from '../../errors.ts'
import { OutcomeCounts } from './outcome-counts.ts'
import { Underlay } from './underlay.ts'
import { UnstoredAddresses } from './unstored-addresses.ts'
import { bywayAddressOf, parseBywayAddress } from './byway-address.ts'
import { exposeTransport } from './transport-metrics.ts'
import { introduce } from './introduction.ts'
import type { ConnectionStatus } from './application-connections.ts'
import type { UnderlayFactory } from './underlay.ts'
import type { Channel } from '../channel.ts'
import type { OpenOptions } from '../host.ts'
import type { ChannelStream } from '../stream/channel-stream.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type {
  ComponentLogger, Connection, CreateListenerOptions, DialTransportOptions, Libp2pEvents, Listener, Logger, Metrics, PeerId, PeerStore, PrivateKey, Startable,
  Transport, TypedEventTarget
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface TransportRouteChange {
  /** The application at the other end. */
  remote: PeerId
  /** How the connection goes now: `via A→B (RSP x, −38 ms)` or `default (reason)`. */
  text: string
  reason: string
}

export interface BywayTransportInit {
  underlay: UnderlayFactory
  /** Name of the overlay. */
  network: string
  /**
   * Are `/byway` addresses told to peers, and kept in the peer store? Only where all peers have byway: others cannot read them, and identify
   * fails there. Default: false.
   */
  announce?: boolean
  /** Inbound connections that are not ready yet, an eighth of them for one underlay; more are refused. */
  maxPending?: number
  /** How connections that we dial choose their routes. */
  route?: Pick<OpenOptions, 'weights' | 'selector' | 'primitive'>
  /** A connection that we dialled goes another way from now on. */
  onRoute?: (change: TransportRouteChange) => void
}

/** Of the application's node. */
export interface BywayTransportComponents {
  peerId: PeerId
  privateKey: PrivateKey
  events: TypedEventTarget<Libp2pEvents>
  peerStore: PeerStore
  logger: ComponentLogger
  metrics?: Metrics
}

const DEFAULT_MAX_PENDING = 64
/** An underlay that has just started does not know the overlay yet: until then look-ups are repeated. */
const SETTLING_MS = 10_000
const RETRY_MS = 300
/** Time for the reset to arrive. */
const REFUSED_MS = 1_000
const ATTACH_DEADLINE_MS = 5_000

export class BywayTransport implements Transport, Startable {
  readonly [transportSymbol] = true
  readonly [Symbol.toStringTag] = 'byway'
  readonly [serviceCapabilities] = ['@libp2p/transport']
  readonly #components: BywayTransportComponents
  readonly #init: BywayTransportInit
  readonly #log: Logger
  readonly #listeners = new Set<BywayListener>()
  readonly #connections = new ApplicationConnections()
  readonly #dials = new OutcomeCounts()
  readonly #refused = new OutcomeCounts()
  readonly #unstored: UnstoredAddresses | undefined
  #underlay: Underlay | undefined
  #startedMs = 0
  #inbound: InboundConnections | undefined
  #stopping = new AbortController()

  constructor (components: BywayTransportComponents, init: BywayTransportInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('byway:transport')
    this.#unstored = init.announce === true ? undefined : new UnstoredAddresses({ events: components.events, peerStore: components.peerStore, log: this.#log })
    exposeTransport(components.metrics, () => ({
      routes: this.#connections.routes,
      pending: this.#inbound?.pending ?? 0,
      dials: this.#dials.counts,
      refused: this.#refused.counts
    }))
  }

  /** The connections of the application over byway, and how each goes. */
  get connections (): ConnectionStatus[] {
    return this.#connections.list
  }

  async start (): Promise<void> {
    this.#stopping = new AbortController()
    // every inbound connection that is not ready listens to it
    setMaxListeners(Infinity, this.#stopping.signal)
    this.#unstored?.start()
    const { underlay, network } = this.#init
    const started = await Underlay.start(underlay, network, this.#components.privateKey)
    this.#inbound = new InboundConnections({
      underlay: started,
      application: this.#components.peerId,
      upgrader: () => [...this.#listeners][0]?.upgrader,
      connect: (application, channel, stream, received) => this.#connect(application, channel, stream, received, 'inbound'),
      maxPending: this.#init.maxPending ?? DEFAULT_MAX_PENDING,
      signal: this.#stopping.signal,
      onRefused: (error) => { this.#refused.add(error) },
      log: this.#log
    })
    this.#startedMs = performance.now()
    this.#underlay = started
  }

  stop (): void {
    this.#stopping.abort()
  }

  /** After the application's connections have been closed: their last bytes need it. */
  async afterStop (): Promise<void> {
    this.#unstored?.stop()
    const underlay = this.#underlay
    this.#underlay = undefined
    await underlay?.stop()
  }

  dialFilter (addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => parseBywayAddress(address)?.application !== undefined)
  }

  listenFilter (addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => {
      const parsed = parseBywayAddress(address)
      return parsed !== undefined && (parsed.application?.equals(this.#components.peerId) ?? true)
    })
  }

  createListener ({ upgrader }: CreateListenerOptions): Listener {
    return new BywayListener({
      upgrader,
      announces: this.#init.announce ?? false,
      opened: (listener) => { this.#listeners.add(listener) },
      closed: (listener) => {
        this.#listeners.delete(listener)
        this.#underlay?.host.access.release(listener)
      },
      attachTo: async (forwarder, listener) => {
        await this.#running().host.attachAt(forwarder, listener, AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ATTACH_DEADLINE_MS)]))
      }
    })
  }

  /**
   * @throws NotFoundError when nobody knows who speaks for the application, UnavailableError when it cannot be reached; what the application at the other
   * end, or libp2p's upgrade, says; the signal's reason
   */
  async dial (address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const { application, forwarder } = parseBywayAddress(address) ?? {}
    if (application === undefined) {
      throw new InvalidAddressError(`${address} names no application: dial /byway/p2p/PEER`)
    }
    try {
      const connection = await this.#dial(application, forwarder, options)
      this.#dials.add('ok')
      return connection
    } catch (error) {
      this.#dials.add(error)
      throw error
    }
  }

  async #dial (application: PeerId, forwarder: Multiaddr | undefined, { signal, upgrader, onProgress }: DialTransportOptions): Promise<Connection> {
    signal.throwIfAborted()
    const { host, binding } = this.#running()
    const descriptor = await this.find(application, { signal, ask: forwarder === undefined ? [] : [forwarder] })
    const channel = await host.open(descriptor.peer, { ...this.#init.route, descriptor, signal })
    channel.addEventListener('route', ({ detail }) => { this.#init.onRoute?.({ remote: application, ...detail }) })
    let connection: ChannelConnection | undefined
    try {
      const stream = channel.openStream()
      const verification = { ...host.discovery.verification, underlay: channel.remote }
      const { rest } = await introduce(stream, { binding: binding.bytes, to: application, verification, signal })
      connection = this.#connect(application, channel, stream, rest, 'outbound')
      return await upgrader.upgradeOutbound(connection, { signal, onProgress })
    } catch (error) {
      connection?.abort(error as Error)
      closeLater(channel, connection === undefined ? 0 : REFUSED_MS)
      throw error
    }
  }

  /**
   * The host that speaks for an application. `ask`: whom to ask first.
   *
   * @throws NotFoundError when nobody knows one; the signal's reason
   */
  async find (application: PeerId, options: { signal?: AbortSignal, ask?: readonly Multiaddr[] } = {}): Promise<VerifiedDescriptor> {
    const { host: { discovery } } = this.#running()
    for (;;) {
      try {
        return await discovery.describeApplication(application, options)
      } catch (error) {
        options.signal?.throwIfAborted()
        if (performance.now() - this.#startedMs > SETTLING_MS) {
          throw error
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  #connect (application: PeerId, channel: Channel, stream: ChannelStream, received: Uint8Array, direction: 'inbound' | 'outbound'): ChannelConnection {
    const log = this.#components.logger.forComponent('byway:transport:connection')
    const connection = new ChannelConnection({ stream, remoteAddr: bywayAddressOf(application), direction, received, log })
    this.#connections.add(application, connection, channel, stream)
    return connection
  }

  /** @throws NotStartedError */
  #running (): Underlay {
    if (this.#underlay === undefined) {
      throw new NotStartedError('the node is not started: start it, and dial then')
    }
    return this.#underlay
  }
}
