// The host role as a libp2p service: attached to forwarders near it, it opens channels to other hosts and takes theirs.
import { TypedEventEmitter } from 'main-event'
import { AccessSet } from './access-set.ts'
import { Discovery } from '../discovery/discovery.ts'
import { Endpoint } from '../link/endpoint.ts'
import { IncomingChannel } from './incoming-channel.ts'
import { HostSetUp } from './set-up.ts'
import { InitGuard } from '../../protocols/envelope/init-guard.ts'
import { LinkSet } from '../link/link-set.ts'
import { OutgoingChannel } from './outgoing-channel.ts'
import { OverQuotaError } from '../../protocols/errors.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { PayloadType } from '../../protocols/forward/constants.ts'
import { Prober } from '../measurement/prober.ts'
import { ProviderSet } from './provider-set.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { sessionIdOf } from '../../protocols/envelope/codec.ts'
import type { Channel, ChannelContext } from './channel.ts'
import type { InstallPathOptions, InstalledPaths } from './installed-paths.ts'
import type { OfferedFlow } from './path-ends.ts'
import type { Primitive } from './path-hold.ts'
import type { SetUpStyle } from './path-installer.ts'
import type { PathSelectorInit } from './path-selector.ts'
import type { ProviderAnswer } from './provider-set.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { DiscoveryComponents } from '../discovery/discovery.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { Logger, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface HostInit {
  /** Name of the overlay. */
  network?: string
  /** Nodes to begin with. */
  bootstrap?: readonly Multiaddr[]
  /** Forwarders to stay attached to: the nearest so many. */
  maxAccess?: number
  /** Forwarders to try in order to find the nearest. */
  maxCandidates?: number
  /** May this peer open a channel to us, or set up a path (then `flow` is given) that ends here? Default: anyone, at a bounded rate. */
  accepts?: (peer: PeerId, flow?: OfferedFlow) => boolean | Promise<boolean>
  /** Channels at once, both directions. */
  maxChannels?: number
  /** A channel over which nothing has come for so long is closed. */
  idleMs?: number
  tags?: Record<string, string>
}

export type HostComponents = DiscoveryComponents

export interface HostEvents {
  /** A peer has opened a channel to us. */
  channel: CustomEvent<Channel>
}

export interface OpenOptions {
  signal?: AbortSignal
  /** Cost of a route = delay × its ms + loss × its percent. */
  weights?: { delay: number, loss: number }
  /** When to leave the default route, and when to change the path. */
  selector?: PathSelectorInit
  /** How paths are used: as source routes (default; with authenticators where forwarders want them), or by labels. */
  primitive?: Primitive
}

const DEFAULT_MAX_ACCESS = 8
const DEFAULT_MAX_CANDIDATES = 32
const DEFAULT_MAX_CHANNELS = 256
/** Long enough for a peer's network to come back. */
const DEFAULT_IDLE_MS = 60_000
const QUEUE_BYTES = 1_000_000
const ATTACH_DEADLINE_MS = 5_000
/** Most paths that an RSP may be asked for. */
const MAX_OFFERS = 8
const TICK_MS = 50
/** Batches leave at the end of the tick; this is some ticks. */
const FAREWELL_MS = 20
/** How long the link to a peer outlives the last channel with it: another one may follow. */
const LINGER_MS = 2_000

/** A path under labels, hop by hop. */
export interface LabelledTrace {
  /** Entry first. */
  forwarders: string[]
  rsp: string
  style: SetUpStyle
  setUpMs: number
  /** The forwarders, then the destination; null where nothing came back. */
  hops: Array<{ id: string, rttMs: number | null }>
}

export class Host extends TypedEventEmitter<HostEvents> implements Startable {
  readonly discovery: Discovery
  readonly access: AccessSet
  readonly providers: ProviderSet
  readonly links: LinkSet
  readonly #setUp: HostSetUp
  readonly #components: HostComponents
  readonly #init: HostInit
  readonly #endpoint: Endpoint
  readonly #prober: Prober
  readonly #guard = new InitGuard({ nowMs: Date.now })
  readonly #channels = new Map<bigint, IncomingChannel | OutgoingChannel>()
  /** Peers whose last channel may have ended: the links to them are closed when the last frames have left. */
  readonly #leaving = new Map<string, { peer: PeerId, atMs: number }>()
  readonly #log: Logger
  readonly #context: ChannelContext
  #timer: ReturnType<typeof setInterval> | undefined
  /** Payloads that no session took: replayed, altered, unknown. */
  refusedPayloads = 0

  constructor (components: HostComponents, init: HostInit = {}) {
    super()
    const now = (): number => performance.now()
    const nowS = (): number => Date.now() / 1_000
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('byway:host')
    const { peerId: self, connectionManager } = components
    const maxCandidates = init.maxCandidates ?? DEFAULT_MAX_CANDIDATES
    this.links = new LinkSet(components, {
      now,
      queueBytes: QUEUE_BYTES,
      maxLinks: maxCandidates + (init.maxChannels ?? DEFAULT_MAX_CHANNELS),
      onPacket: (buffer, at, length, from) => { this.#endpoint.receive(buffer, at, length, from) }
    })
    this.#endpoint = new Endpoint({ self: nodeIdOf(self), links: this.links, nowS })
    this.#prober = new Prober({ endpoint: this.#endpoint, now, nowS })
    this.discovery = new Discovery(components, {
      network: init.network ?? PUBLIC_NETWORK,
      bootstrap: init.bootstrap ?? [],
      seeks: ['forwarder', 'rsp'],
      describe: () => ({ tags: init.tags, host: { access: this.access.points.slice(0, 64) } })
    })
    this.access = new AccessSet({
      self,
      links: this.links,
      prober: this.#prober,
      discovery: this.discovery,
      connectionManager,
      maxAccess: init.maxAccess ?? DEFAULT_MAX_ACCESS,
      maxCandidates,
      now,
      log: components.logger.forComponent('byway:host:access')
    })
    this.providers = new ProviderSet({
      connectionManager,
      providers: () => this.discovery.directory.ofRole('rsp'),
      now: Date.now,
      log: components.logger.forComponent('byway:host:providers')
    })
    this.#setUp = new HostSetUp({
      self,
      privateKey: components.privateKey,
      endpoint: this.#endpoint,
      links: this.links,
      discovery: this.discovery,
      connectionManager,
      prober: this.#prober,
      attach: async (entry) => this.#attachTo(entry),
      offers: async (peer, signal) => this.offers(peer, { signal, paths: MAX_OFFERS }),
      accepts: async (peer, flow) => await init.accepts?.(peer, flow) ?? true,
      now,
      log: components.logger.forComponent('byway:host:set-up')
    })
    this.#context = { self, endpoint: this.#endpoint, discovery: this.discovery, access: this.access, providers: this.providers, installer: this.#setUp.installer, now, nowS, idleMs: init.idleMs ?? DEFAULT_IDLE_MS, log: this.#log }
    this.discovery.onFound((found) => {
      if (found.roles.has('forwarder')) {
        this.access.consider(found)
      }
    })
  }

  readonly [Symbol.toStringTag] = 'byway/host'

  async start (): Promise<void> {
    this.#endpoint.handle(PayloadType.envelopeInit, (arrival) => { void this.#onInit(arrival) })
    this.#endpoint.handle(PayloadType.envelopeResponse, (arrival) => { void this.#onResponse(arrival) })
    this.#endpoint.handle(PayloadType.envelopeSealed, (arrival) => { this.#onSealed(arrival) })
    this.#endpoint.handleNotices((notice) => {
      for (const channel of this.#channels.values()) {
        if (channel instanceof OutgoingChannel) {
          channel.onNotice(notice)
        }
      }
    })
    await this.links.start()
    await this.#setUp.start(this.#components.registrar)
    this.#prober.start()
    this.access.start()
    this.#timer = setInterval(() => { this.#tick() }, TICK_MS)
    await this.discovery.start()
  }

  /** While the connections are still there: the peers are told, so that they need not find out. */
  async beforeStop (): Promise<void> {
    const open = this.channels
    for (const channel of open) {
      channel.close()
    }
    await this.#setUp.beforeStop()
    if (open.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))
    }
  }

  async stop (): Promise<void> {
    clearInterval(this.#timer)
    await this.discovery.stop()
    this.access.stop()
    this.#prober.stop()
    await this.#setUp.stop()
    await this.links.stop()
  }

  /**
   * Opens a channel to a host. It starts on the default route, and moves when a better path has been measured.
   *
   * @throws NotFoundError when nobody knows the peer, UnavailableError when it does not answer, OverQuotaError when
   * `maxChannels` are open; the signal's reason when it fires
   */
  async open (peer: PeerId, options: OpenOptions = {}): Promise<OutgoingChannel> {
    this.#makeRoom()
    const descriptor = await this.discovery.describe(peer, { signal: options.signal, fresh: true })
    const channel = new OutgoingChannel({ context: this.#context, descriptor, privateKey: this.#components.privateKey, weights: options.weights, selector: options.selector, primitive: options.primitive })
    await channel.prepare()
    this.#makeRoom()
    this.#add(keyOf(channel.sessionId as Uint8Array), channel)
    try {
      await channel.establish(options.signal)
    } catch (error) {
      channel.close()
      throw error
    }
    return channel
  }

  /** What every known RSP offers to a peer, side by side, without opening a channel. */
  async offers (peer: PeerId, options: OpenOptions & { paths?: number } = {}): Promise<ProviderAnswer[]> {
    const descriptor = await this.discovery.describe(peer, { signal: options.signal, fresh: true })
    return this.providers.ask({
      source: this.#components.peerId,
      destination: peer,
      sourceAccess: this.access.points,
      destinationAccess: descriptor.host?.access ?? [],
      weights: options.weights,
      paths: options.paths
    })
  }

  /** Paths that are kept without a channel, until they are removed. */
  get paths (): InstalledPaths {
    return this.#setUp.paths
  }

  /**
   * Sets up a path with labels, and gives the round trip to each of its forwarders and to its destination: packets whose TTL ends
   * there, and one that comes back from the end.
   *
   * @throws as `paths.install`
   */
  async traceLabelled (destination: PeerId, options: InstallPathOptions = {}): Promise<LabelledTrace> {
    const { hold, setUpMs } = await this.paths.hold(destination, { ...options, want: 'labels' })
    try {
      const { forwarders, rsp } = hold.path
      const rtts = await Promise.all([...forwarders, destination].map(async (_, index) => {
        const { promise, resolve } = Promise.withResolvers<number | null>()
        const ttl = index < forwarders.length ? index + 1 : undefined
        if (!this.#prober.probeOn(hold.way, ({ rttMs, noticeMs }) => { resolve(rttMs ?? noticeMs ?? null) }, { ttl })) {
          resolve(null)
        }
        return promise
      }))
      return {
        forwarders: forwarders.map(String),
        rsp: rsp.toString(),
        style: options.style ?? 'one-pass',
        setUpMs,
        hops: [...forwarders, destination].map((id, index) => ({ id: id.toString(), rttMs: rtts[index] }))
      }
    } finally {
      hold.release()
    }
  }

  /** Round trips to each forwarder of a path as seen from here: [first], [first, second], … Undefined where none came back. */
  async trace (path: readonly PeerId[]): Promise<Array<number | undefined>> {
    return Promise.all(path.map(async (_, index) => new Promise<number | undefined>((resolve) => {
      const sent = this.#prober.probe(path.slice(0, index + 1).map(nodeIdOf), ({ rttMs }) => { resolve(rttMs) })
      if (!sent) {
        resolve(undefined)
      }
    })))
  }

  get channels (): Array<IncomingChannel | OutgoingChannel> {
    return [...this.#channels.values()]
  }

  /** Is a connection to this peer worth keeping? The reaper asks when slots run out. */
  isUseful (peer: PeerId): boolean {
    return this.access.has(peer) || this.channels.some(({ remote }) => remote.equals(peer))
  }

  #tick (): void {
    const nowMs = performance.now()
    for (const channel of this.#channels.values()) {
      channel.tick(nowMs)
    }
    this.#setUp.tick(nowMs)
    for (const [key, { peer, atMs }] of this.#leaving) {
      if (atMs <= nowMs) {
        this.#leaving.delete(key)
        if (!this.isUseful(peer)) {
          this.links.close(peer)
        }
      }
    }
  }

  async #onInit (arrival: Arrival): Promise<void> {
    try {
      if (!this.#channels.has(keyOf(sessionIdOf(arrival.payload)))) {
        this.#makeRoom()
      }
      const { message, session } = await this.#guard.accept(arrival.payload, {
        privateKey: this.#components.privateKey,
        isSessionIdTaken: (id) => this.#channels.has(keyOf(id))
      })
      if (session !== undefined && await this.#init.accepts?.(session.remote) === false) {
        return
      }
      if (session !== undefined) {
        this.#makeRoom()
        this.#takeIn(session)
      }
      if (!arrival.from.isUp) {
        await this.links.open(arrival.from.peer, { signal: AbortSignal.timeout(5_000) })
      }
      // a copy of an init is answered as long as its channel is open; there is none for a peer that was refused
      if (this.#channels.has(keyOf(sessionIdOf(message)))) {
        const way = arrival.answerOn()
        if (way !== undefined) {
          this.#endpoint.send(way, message)
        }
      }
    } catch (error) {
      this.refusedPayloads++
      this.#log('refused a channel from %p - %e', arrival.from.peer, error)
    }
  }

  async #attachTo (entry: PeerId): Promise<boolean> {
    return this.access.isAttached(entry) || this.access.attachTo(await this.discovery.describe(entry), ATTACH_DEADLINE_MS, this.#setUp)
  }

  #takeIn (session: Session): void {
    const channel = new IncomingChannel(this.#context, session)
    this.#add(keyOf(session.id), channel)
    this.safeDispatchEvent('channel', { detail: channel })
  }

  async #onResponse (arrival: Arrival): Promise<void> {
    try {
      const channel = this.#channels.get(keyOf(sessionIdOf(arrival.payload)))
      if (channel instanceof OutgoingChannel) {
        await channel.complete(arrival)
      }
    } catch (error) {
      this.refusedPayloads++
      this.#log('refused the answer to a handshake - %e', error)
    }
  }

  #onSealed (arrival: Arrival): void {
    try {
      this.#channels.get(keyOf(sessionIdOf(arrival.payload)))?.receive(arrival)
    } catch (error) {
      this.refusedPayloads++
      this.#log.trace('refused an envelope - %e', error)
    }
  }

  #add (key: bigint, channel: IncomingChannel | OutgoingChannel): void {
    this.#channels.set(key, channel)
    channel.addEventListener('close', () => {
      this.#channels.delete(key)
      this.access.release(channel)
      this.#leaving.set(channel.remote.toString(), { peer: channel.remote, atMs: performance.now() + LINGER_MS })
    }, { once: true })
  }

  /** @throws OverQuotaError */
  #makeRoom (): void {
    const maxChannels = this.#init.maxChannels ?? DEFAULT_MAX_CHANNELS
    if (this.#channels.size >= maxChannels) {
      throw new OverQuotaError(`${maxChannels} channels are open: close some, or raise maxChannels`)
    }
  }
}

function keyOf (sessionId: Uint8Array): bigint {
  return new DataView(sessionId.buffer, sessionId.byteOffset, 8).getBigUint64(0)
}

/** The host role: `services: { byway: host() }`. */
export function host (init: HostInit = {}): (components: HostComponents) => Host {
  return (components) => new Host(components, init)
}
