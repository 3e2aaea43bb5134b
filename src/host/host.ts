// The host role as a libp2p service: attached to forwarders near it, it opens channels to other hosts and takes theirs.
import { TypedEventEmitter } from 'main-event'
import { AccessSet, MAX_ASKED } from './access-set.ts'
import { attachAt } from './attach-at.ts'
import { attributesOf } from '../discovery/node-attributes.ts'
import { CandidateSource } from './candidate-source.ts'
import { ChannelSet } from './channel-set.ts'
import { Discovery } from '../discovery/discovery.ts'
import { Endpoint } from '../link/endpoint.ts'
import { ForwarderFailures } from './forwarder-failures.ts'
import { exposeHost } from './host-metrics.ts'
import { HostSetUp } from './set-up.ts'
import { LinkSet } from '../link/link-set.ts'
import { OutgoingChannel } from './outgoing-channel.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { Prober } from '../measurement/prober.ts'
import { ProviderSet } from './provider-set.ts'
import { ScoreBoard } from './score-board.ts'
import { WaysBack } from './ways-back.ts'
import { InvalidRouteError } from '../../protocols/forward/errors.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { traceHeld, traceRouted } from './trace.ts'
import type { AskedText } from './asked-text.ts'
import type { Channel, ChannelContext } from './channel.ts'
import type { InstallPathOptions, InstalledPaths } from './installed-paths.ts'
import type { OfferedFlow } from './path-ends.ts'
import type { Primitive } from './path-hold.ts'
import type { PathSelectorInit } from './path-selector.ts'
import type { ProviderAnswer } from './provider-set.ts'
import type { ScoreStore } from './score-board.ts'
import type { IncomingChannel } from './incoming-channel.ts'
import type { LabelledTrace } from './trace.ts'
import type { DiscoveryComponents } from '../discovery/discovery.ts'
import type { PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

export interface HostInit {
  /** Name of the overlay. */
  network?: string
  /** Nodes to begin with. */
  bootstrap?: readonly Multiaddr[]
  /** Forwarders to stay attached to: the nearest so many. */
  maxAccess?: number
  /** Forwarders to try in order to find the nearest, of those that can be dialled from here. */
  maxCandidates?: number
  /** May this peer open a channel to us, or set up a path (then `flow` is given) that ends here? Default: anyone, at a bounded rate. */
  accepts?: (peer: PeerId, flow?: OfferedFlow) => boolean | Promise<boolean>
  /** Channels at once, both directions; three quarters of them may be others', an eighth (four at least) one peer's. */
  maxChannels?: number
  /** A channel over which nothing has come for so long is closed. */
  idleMs?: number
  tags?: Record<string, string>
  /** Sealed binding of the application for which this host speaks, read whenever the descriptor is signed; see protocols/identity. */
  binding?: () => Uint8Array | undefined
  /** Keeps the scores of RSPs over restarts; default: they end with this host. */
  scores?: ScoreStore
  /** 0 ≤ … < 1; by it RSPs that are near-equals take turns. */
  random?: () => number
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
  /**
   * What is wanted of the paths, in the query language: `minimize delay where loss <= 1% avoid country xx`. RSPs read it; paths that break what it demands are
   * not taken. The default route stays what it is. Weights besides say how this host compares what it measures; without them it does so by the text.
   */
  query?: string
  /** When to leave the default route, and when to change the path. */
  selector?: PathSelectorInit
  /** How paths are used: as source routes (default; with authenticators where forwarders want them), or by labels. */
  primitive?: Primitive
  /** The peer's descriptor, if it was fetched just now. */
  descriptor?: VerifiedDescriptor
}

const DEFAULT_MAX_ACCESS = 8
const DEFAULT_MAX_CANDIDATES = 32
const DEFAULT_MAX_CHANNELS = 256
/** Long enough for a peer's network to come back. */
const DEFAULT_IDLE_MS = 60_000
const QUEUE_BYTES = 1_000_000
/** Most paths that an RSP may be asked for. */
const MAX_OFFERS = 8
const TICK_MS = 50
/** Batches leave at the end of the tick; this is some ticks. */
const FAREWELL_MS = 20
export class Host extends TypedEventEmitter<HostEvents> implements Startable {
  readonly discovery: Discovery
  readonly access: AccessSet
  readonly providers: ProviderSet
  /** What is known of each RSP. */
  readonly scores: ScoreBoard
  readonly links: LinkSet
  readonly #setUp: HostSetUp
  readonly #components: HostComponents
  readonly #endpoint: Endpoint
  readonly #prober: Prober
  readonly #candidates: CandidateSource
  readonly #channels: ChannelSet
  readonly #context: ChannelContext
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (components: HostComponents, init: HostInit = {}) {
    super()
    const now = (): number => performance.now()
    const nowS = (): number => Date.now() / 1_000
    this.#components = components
    const { peerId: self, connectionManager } = components
    const log = components.logger.forComponent('byway:host')
    const accepts = async (peer: PeerId, flow?: OfferedFlow): Promise<boolean> => await init.accepts?.(peer, flow) ?? true
    const maxChannels = init.maxChannels ?? DEFAULT_MAX_CHANNELS
    const maxCandidates = init.maxCandidates ?? DEFAULT_MAX_CANDIDATES
    this.links = new LinkSet(components, {
      now,
      queueBytes: QUEUE_BYTES,
      maxLinks: maxCandidates + MAX_ASKED + maxChannels,
      isUseful: (peer) => this.isUseful(peer),
      onPacket: (buffer, at, length, from) => { this.#endpoint.receive(buffer, at, length, from) }
    })
    this.#endpoint = new Endpoint({ self: nodeIdOf(self), links: this.links, nowS })
    this.#prober = new Prober({ endpoint: this.#endpoint, now, nowS })
    this.discovery = new Discovery(components, {
      network: init.network ?? PUBLIC_NETWORK,
      bootstrap: init.bootstrap ?? [],
      seeks: ['forwarder', 'rsp'],
      describe: () => ({ tags: init.tags, host: { access: this.access.points.slice(0, 64), binding: init.binding?.() } })
    })
    this.access = new AccessSet({
      self,
      links: this.links,
      prober: this.#prober,
      discovery: this.discovery,
      connectionManager,
      maxAccess: init.maxAccess ?? DEFAULT_MAX_ACCESS,
      maxCandidates,
      refill: (places) => { this.#candidates.refill(places) },
      now,
      log: components.logger.forComponent('byway:host:access')
    })
    this.#candidates = new CandidateSource({ connectionManager, directory: this.discovery.directory, access: this.access })
    this.scores = new ScoreBoard({ store: init.scores, now: Date.now, log: components.logger.forComponent('byway:host:scores') })
    this.providers = new ProviderSet({
      connectionManager,
      scores: this.scores,
      providers: () => this.discovery.directory.ofRole('rsp'),
      now: Date.now,
      clock: () => performance.now(),
      random: init.random,
      onSilent: (rsp) => { this.links.endIfSilent(rsp) },
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
      access: this.access,
      offers: async (peer, signal) => this.#rankedOffers(peer, signal),
      accepts,
      now,
      log: components.logger.forComponent('byway:host:set-up')
    })
    this.#context = {
      self,
      endpoint: this.#endpoint,
      discovery: this.discovery,
      access: this.access,
      providers: this.providers,
      installer: this.#setUp.installer,
      failures: new ForwarderFailures(now),
      waysBack: new WaysBack({ links: this.links, now, log }),
      left: (peer) => { this.#left(peer) },
      now,
      nowS,
      idleMs: init.idleMs ?? DEFAULT_IDLE_MS,
      log
    }
    this.#channels = new ChannelSet({
      context: this.#context,
      privateKey: components.privateKey,
      maxChannels,
      accepts,
      onChannel: (channel) => { this.safeDispatchEvent('channel', { detail: channel }) }
    })
    this.links.addEventListener('link:down', ({ detail: { peer } }) => { this.#channels.onLinkDown(peer) })
    exposeHost(components.metrics, () => ({
      channels: this.channels.length,
      measuredForwarders: this.access.points.length,
      knownForwarders: this.discovery.directory.ofRole('forwarder').length,
      knownRsps: this.discovery.directory.ofRole('rsp').length,
      ratedRsps: this.scores.standings,
      installedPaths: this.paths.list().length,
      refusedPayloads: this.refusedPayloads
    }))
    this.discovery.onFound((found) => {
      if (found.roles.has('forwarder')) {
        this.#candidates.offer(found)
      }
    })
  }

  readonly [Symbol.toStringTag] = 'byway/host'

  async start (): Promise<void> {
    await this.scores.load()
    this.#channels.start()
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
    // nothing of what follows may cost it
    await this.scores.flush()
    await this.#setUp.beforeStop()
    if (open.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))
    }
  }

  async stop (): Promise<void> {
    clearInterval(this.#timer)
    await this.discovery.stop()
    this.#candidates.stop()
    this.access.stop()
    this.#prober.stop()
    await this.#setUp.stop()
    await this.links.stop()
    await this.scores.flush()
  }

  /**
   * Opens a channel to a host. It starts on the default route, and moves when a better path has been measured.
   *
   * @param how - or only what is wanted of its paths, see `OpenOptions.query`
   * @throws NotFoundError when nobody knows the peer, UnavailableError when it does not answer, OverQuotaError when
   * `maxChannels` are open; QuerySyntaxError, QueryMeaningError when what is wanted cannot be read; InvalidRouteError for the host itself; the signal's reason when it fires
   */
  async open (peer: PeerId, how: OpenOptions | string = {}): Promise<OutgoingChannel> {
    const options = typeof how === 'string' ? { query: how } : how
    if (peer.equals(this.#components.peerId)) {
      throw new InvalidRouteError(`${peer.toString()} is this host itself: give the id of another one`)
    }
    const asked = await this.#read(options.query)
    this.#channels.checkRoom()
    const descriptor = options.descriptor ?? await this.discovery.describe(peer, { signal: options.signal, fresh: true })
    const channel = new OutgoingChannel({ context: this.#context, descriptor, privateKey: this.#components.privateKey, weights: options.weights, selector: options.selector, primitive: options.primitive, asked })
    await this.#channels.open(channel, options.signal)
    return channel
  }

  /** Attaches to the forwarder at an address, until `access.release(askedBy)`; see attach-at.ts. */
  async attachAt (address: Multiaddr, askedBy: object, signal: AbortSignal): Promise<void> {
    await attachAt(address, askedBy, signal, { connectionManager: this.#components.connectionManager, discovery: this.discovery, access: this.access })
  }

  /**
   * What every known RSP offers to a peer, side by side, without opening a channel.
   *
   * @throws as `open`
   */
  async offers (peer: PeerId, options: OpenOptions & { paths?: number, explain?: boolean } = {}): Promise<ProviderAnswer[]> {
    const asked = await this.#read(options.query)
    const descriptor = await this.discovery.describe(peer, { signal: options.signal, fresh: true })
    return this.providers.askAll({
      source: this.#components.peerId,
      destination: peer,
      sourceAccess: this.access.points,
      destinationAccess: descriptor.host?.access ?? [],
      weights: options.weights,
      paths: options.paths === undefined ? undefined : Math.max(options.paths, asked?.leastPaths ?? 1),
      asked,
      explain: options.explain
    }, options.signal)
  }

  /** The language is loaded by who asks in it: a page that does not can do without. */
  async #read (query: string | undefined): Promise<AskedText | undefined> {
    if (query === undefined) {
      return undefined
    }
    const { AskedText } = await import('./asked-text.ts')
    return new AskedText(query, (forwarder) => {
      const descriptor = this.discovery.directory.get(forwarder)
      return descriptor === undefined ? undefined : attributesOf(descriptor)
    })
  }

  /** The most promising first, then those that nobody would take unless he is told to. */
  async #rankedOffers (peer: PeerId, signal?: AbortSignal): Promise<ProviderAnswer[]> {
    const answers = await this.offers(peer, { signal, paths: MAX_OFFERS })
    const ranked = this.providers.rank(answers)
    return [...ranked, ...answers.filter(({ rsp }) => !ranked.some((other) => other.rsp.equals(rsp)))]
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
      return {
        forwarders: forwarders.map(String),
        rsp: rsp.toString(),
        style: options.style ?? 'one-pass',
        setUpMs,
        hops: await traceHeld(this.#prober, hold, destination)
      }
    } finally {
      hold.release()
    }
  }

  /** Round trips to each forwarder of a path as seen from here: [first], [first, second], … Undefined where none came back. */
  async trace (path: readonly PeerId[]): Promise<Array<number | undefined>> {
    return traceRouted(this.#prober, path)
  }

  get channels (): Array<IncomingChannel | OutgoingChannel> {
    return this.#channels.all
  }

  /** Payloads that no session took: replayed, altered, unknown. */
  get refusedPayloads (): number {
    return this.#channels.refusedPayloads
  }

  /** Is a connection to this peer worth keeping? Asked when slots or links run out. */
  isUseful (peer: PeerId): boolean {
    return this.access.has(peer) || this.#channels.has(peer)
  }

  #tick (): void {
    const nowMs = performance.now()
    this.#channels.tick(nowMs)
    this.#setUp.tick(nowMs)
    this.scores.tick(nowMs)
  }

  #left (peer: PeerId): void {
    if (!this.isUseful(peer)) {
      this.links.close(peer)
    }
  }
}

/** The host role: `services: { byway: host() }`. */
export function host (init: HostInit = {}): (components: HostComponents) => Host {
  return (components) => new Host(components, init)
}
