// The forwarder role as a libp2p service: relays packets, keeps links that RSPs watch, measures them, reports. It computes
// no routes. ARCHITECTURE.md draws how the parts hang together.
import { DEFAULT_ATTACHMENT_LIMITS, Attachments } from './attachments.ts'
import { DEFAULT_WATCH_LIMITS, WatchList } from './watch-list.ts'
import { DialBudget } from '../defence/dial-budget.ts'
import { Discovery } from '../discovery/discovery.ts'
import { countedPrefix } from '../defence/address-prefix.ts'
import { Endpoint } from '../link/endpoint.ts'
import { LinkMonitor } from './link-monitor.ts'
import { LinkSet } from '../link/link-set.ts'
import { MAX_KEPT } from './next-hops.ts'
import { MAX_SPARE_LINKS, SpareLinks } from './spare-links.ts'
import { ForwarderSetUp } from './set-up.ts'
import { exposeForwarder } from './forwarder-metrics.ts'
import type { ForwarderStatus } from './forwarder-status.ts'
import { KeptLinks } from '../link/kept-links.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { ProcessorLimit } from './processor-limit.ts'
import { Prober } from '../measurement/prober.ts'
import { Relay } from './relay.ts'
import { ReportPublisher } from './report-publisher.ts'
import { WatchService } from './watch-service.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { serveAttach } from '../../protocols/attach/server.ts'
import { serveReports } from '../../protocols/report/server.ts'
import type { Caller } from '../../protocols/request-response.ts'
import type { AttachmentLimits } from './attachments.ts'
import type { DiscoveryComponents } from '../discovery/discovery.ts'
import type { LinkMeasurement } from '../../protocols/report/codec.ts'
import type { ForwarderPolicy } from './set-up.ts'
import type { SetUpLimits } from '../defence/set-up-limits.ts'
import type { WatchLimits } from './watch-list.ts'
import type { Connection, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface ForwarderInit {
  /** Name of the overlay. */
  network?: string
  /** Nodes to begin with. */
  bootstrap?: readonly Multiaddr[]
  operator?: string
  /** region, country, asn, … */
  tags?: Record<string, string>
  /** What it carries for others at most. */
  capacityBytesPerSecond?: number
  /** What is asked per GB (10⁹ bytes) sent on to another forwarder, in millionths of the operator's unit; default: nothing. */
  priceMicroPerGb?: number
  attachments?: Partial<AttachmentLimits>
  watches?: Partial<WatchLimits>
  /** Peer ids whose watch requests are taken; default: any peer with an RSP descriptor, under quota. */
  watchedBy?: readonly PeerId[]
  /** How often a link is probed. */
  probeIntervalMs?: number
  /** Bound of the queue before each link. */
  queueBytes?: number
  /** Whose paths are taken, over which links, and how much of it; default: anyone's, over all. */
  policy?: ForwarderPolicy
  /** Paths that may be installed at once. */
  maxPaths?: number
  /** What set-ups may cost. */
  setUpLimits?: Partial<SetUpLimits>
  /** Address prefix of who asks for set-up, where its address does not tell; default: that of the address. */
  setUpPrefixOf?: (connection: Connection) => string | undefined
}

export type ForwarderComponents = DiscoveryComponents

/** 100 Mbit/s: what a small server can give away without noticing. */
export const DEFAULT_CAPACITY_BYTES_PER_SECOND = 12_500_000
/** A fifth of a second at the default capacity: more would only be delay. */
const DEFAULT_QUEUE_BYTES = 2_500_000
/** What waits for longer before a link helps nobody; with what is in flight, and turns of the event loop, it is 50 ms at most. */
const LATE_AFTER_MS = 12
const HOUSEKEEPING_MS = 1_000
const PROCESSOR_LOOK_MS = 100

/** Where it is not Node that runs us, nobody says how busy the event loop is. */
interface EventLoopUtilization { utilization: number }
interface MaybeUtilized { eventLoopUtilization?: (before?: EventLoopUtilization) => EventLoopUtilization }

export class Forwarder implements Startable {
  readonly discovery: Discovery
  readonly links: LinkSet
  readonly #components: ForwarderComponents
  readonly #endpoint: Endpoint
  readonly #relay: Relay
  readonly #setUp: ForwarderSetUp
  readonly #prober: Prober
  readonly #attachments: Attachments
  readonly #neighbours: KeptLinks
  readonly #watches: WatchList
  readonly #watchService: WatchService
  readonly #monitor: LinkMonitor
  readonly #publisher: ReportPublisher
  readonly #spareLinks: SpareLinks
  #unserve: Array<() => Promise<void>> = []
  readonly #processor: ProcessorLimit
  #housekeeping: ReturnType<typeof setInterval> | undefined
  #processorLook: ReturnType<typeof setInterval> | undefined
  #load = { bytes: 0, bytesPerSecond: 0, atMs: -Infinity }

  constructor (components: ForwarderComponents, init: ForwarderInit = {}) {
    const now = (): number => performance.now()
    const nowS = (): number => Date.now() / 1_000
    const capacityBytesPerSecond = init.capacityBytesPerSecond ?? DEFAULT_CAPACITY_BYTES_PER_SECOND
    const attachments = { ...DEFAULT_ATTACHMENT_LIMITS, ...init.attachments }
    const watches = { ...DEFAULT_WATCH_LIMITS, ...init.watches }
    this.#components = components
    this.links = new LinkSet(components, {
      now,
      queueBytes: init.queueBytes ?? DEFAULT_QUEUE_BYTES,
      lateAfterMs: LATE_AFTER_MS,
      // nobody's share of one of these is taken from another
      maxLinks: attachments.maxAttachments + attachments.maxNeighbours + watches.maxTargets + MAX_KEPT + MAX_SPARE_LINKS,
      onPacket: (buffer, at, length, from, nowMs) => { this.#relay.receive(buffer, at, length, from, nowMs) }
    })
    this.#endpoint = new Endpoint({ self: nodeIdOf(components.peerId), links: this.links, nowS })
    this.#prober = new Prober({ endpoint: this.#endpoint, now, nowS })
    this.discovery = new Discovery(components, {
      network: init.network ?? PUBLIC_NETWORK,
      bootstrap: init.bootstrap ?? [],
      seeks: ['forwarder', 'rsp'],
      attached: (peer) => this.#attachments.descriptorOf(peer),
      attachedFor: (application) => this.#attachments.descriptorFor(application),
      describe: () => ({
        operator: init.operator,
        tags: init.tags,
        forwarder: {
          capacityBytesPerSecond: Math.round(capacityBytesPerSecond),
          maxAttachments: attachments.maxAttachments,
          maxNeighbours: attachments.maxNeighbours
        }
      })
    })
    this.#attachments = new Attachments({ limits: attachments, links: this.links, discovery: this.discovery, isWanted: (peer) => this.#isWanted(peer), now })
    this.#spareLinks = new SpareLinks({ links: this.links, isWanted: (peer) => this.#isWanted(peer), now })
    const dials = new DialBudget({ now })
    this.#neighbours = new KeptLinks({
      self: components.peerId,
      links: this.links,
      connectionManager: components.connectionManager,
      descriptor: async () => this.discovery.self.get(),
      mutual: true,
      clocks: this.discovery.clocks,
      grant: ({ peer }, dialable) => dials.begin(this.#watchService.askersOf(peer.toString()), peer, dialable),
      log: components.logger.forComponent('byway:forwarder:neighbours')
    })
    this.#setUp = new ForwarderSetUp({
      self: components.peerId,
      privateKey: components.privateKey,
      links: this.links,
      neighbours: this.#neighbours,
      isAttached: (peer) => this.#attachments.has(peer),
      attached: (peer) => this.#attachments.verifiedOf(peer),
      discovery: this.discovery,
      connectionManager: components.connectionManager,
      capacityBytesPerSecond,
      policy: init.policy,
      maxPaths: init.maxPaths,
      limits: init.setUpLimits,
      chooseAddresses: (asker, { peer }, dialable) => dials.choose(asker, peer, dialable),
      prefixOf: init.setUpPrefixOf,
      now,
      log: components.logger.forComponent('byway:forwarder:set-up')
    })
    this.#relay = new Relay({
      endpoint: this.#endpoint,
      capacityBytesPerSecond,
      table: this.#setUp.table,
      authority: this.#setUp.authority,
      closedLinks: this.#setUp.closedLinks,
      slows: ({ peer }) => this.#attachments.hasHost(peer),
      accountOfCap: (cap) => this.#setUp.accountOfCap(cap),
      now,
      nowS
    })
    this.#processor = new ProcessorLimit({ bytesPerSecond: capacityBytesPerSecond })
    this.#watches = new WatchList(watches)
    this.#monitor = new LinkMonitor({ links: this.links, prober: this.#prober, now, intervalMs: init.probeIntervalMs })
    this.#watchService = new WatchService({
      self: components.peerId,
      watches: this.#watches,
      neighbours: this.#neighbours,
      monitor: this.#monitor,
      discovery: this.discovery,
      alsoKept: this.#setUp.nextHops,
      allowed: init.watchedBy,
      checkRsp: (rsp) => { this.#setUp.policy.checkRsp(rsp) },
      prefixOf: ({ connection }) => countedPrefix(connection.remoteAddr),
      now
    })
    this.#publisher = new ReportPublisher({
      privateKey: components.privateKey,
      measurements: () => this.#measurements(),
      policy: () => this.#setUp.policy.statement,
      loadBytesPerSecond: () => this.#load.bytesPerSecond,
      priceMicroPerGb: init.priceMicroPerGb,
      now: Date.now,
      clock: now,
      log: components.logger.forComponent('byway:forwarder:reports')
    })
    exposeForwarder({ metrics: components.metrics, status: () => this.status, queuedBytes: () => this.#queuedBytes, now })
    this.links.addEventListener('link:down', () => { void this.#publisher.publish() })
    this.#setUp.policy.onRevoked((rsp) => {
      this.#watchService.end(rsp)
      void this.#publisher.end(rsp)
      void this.#publisher.publish()
    })
  }

  readonly [Symbol.toStringTag] = 'byway/forwarder'

  async start (): Promise<void> {
    const { registrar } = this.#components
    const places = { prefixOf: ({ remoteAddr }: Connection) => countedPrefix(remoteAddr) }
    await this.links.start()
    this.#prober.start()
    this.#publisher.start()
    this.#unserve = await Promise.all([
      serveAttach(registrar, async (request, caller) => this.#attachments.handle(request, caller), places),
      serveReports(registrar, {
        watch: async (request, caller) => this.#watchService.watch(request, caller),
        subscribe: (request, caller) => this.#subscribe(request.descriptor, caller)
      }, places)
    ])
    await this.#setUp.start(registrar)
    this.#housekeeping = setInterval(() => { this.#keepHouse() }, HOUSEKEEPING_MS)
    this.#watchProcessor()
    await this.discovery.start()
  }

  async stop (): Promise<void> {
    clearInterval(this.#housekeeping)
    clearInterval(this.#processorLook)
    this.#housekeeping = undefined
    await this.discovery.stop()
    await Promise.all([...this.#unserve.map(async (unserve) => unserve()), this.#setUp.stop()])
    this.#publisher.stop()
    this.#monitor.stop()
    this.#neighbours.stop()
    this.#prober.stop()
    await this.links.stop()
  }

  /** Is a connection to this peer worth keeping? The reaper asks when slots run out. */
  isUseful (peer: PeerId): boolean {
    return this.#isWanted(peer) || this.#spareLinks.has(peer)
  }

  #isWanted (peer: PeerId): boolean {
    return this.#attachments.has(peer) || this.#neighbours.has(peer) || this.#watches.has(peer.toString()) ||
      this.#setUp.isOnPath(peer) || this.#setUp.nextHops.reaching(peer) !== undefined
  }

  get status (): ForwarderStatus {
    const { counters } = this.#relay
    const queues = this.links.queueCounters
    return {
      ...counters,
      markedPackets: counters.markedPackets + queues.marked,
      dropped: { ...counters.dropped, queueFull: queues.full, late: queues.late, linkDown: queues.down },
      waits: queues.waitsByBound,
      links: this.links.size,
      neighbours: this.#neighbours.size,
      attachments: this.#attachments.size,
      watchingRsps: this.#watches.rsps,
      measuredLinks: this.#monitor.size,
      subscribers: this.#publisher.subscribers,
      loadBytesPerSecond: this.#load.bytesPerSecond,
      limitBytesPerSecond: this.#processor.bytesPerSecond,
      refusedStreams: this.links.refusedStreams,
      table: this.#setUp.tableStatus,
      setUps: this.#setUp.setUpStatus
    }
  }

  get #queuedBytes (): number {
    return [...this.links].reduce((sum, { queuedBytes }) => sum + queuedBytes, 0)
  }

  /** What was carried since the start: for each RSP by path, and by source, over which links. */
  usage (): ReturnType<ForwarderSetUp['usage']> {
    return this.#setUp.usage()
  }

  /** Paths of this RSP are not taken from now on, and those that are installed end at once. */
  revoke (rsp: PeerId): void {
    this.#setUp.policy.revoke(rsp)
  }

  /** Paths of this RSP are taken again, if the policy's list allows. */
  reinstate (rsp: PeerId): void {
    this.#setUp.policy.reinstate(rsp)
  }

  async * #subscribe (descriptor: Uint8Array, caller: Caller): AsyncGenerator<Uint8Array> {
    await this.#watchService.authorize(descriptor, caller)
    yield * this.#publisher.subscribe(caller.signal, { peer: caller.peer, prefix: countedPrefix(caller.connection.remoteAddr) })
  }

  /** With what the operator's rules say of each link. */
  * #measurements (): Generator<LinkMeasurement> {
    for (const measurement of this.#monitor.measurements()) {
      yield { ...measurement, closed: !this.#setUp.isOpen(measurement.peer) }
    }
  }

  #watchProcessor (): void {
    const since = (before?: EventLoopUtilization): EventLoopUtilization | undefined => (performance as MaybeUtilized).eventLoopUtilization?.(before)
    let before = since()
    let { forwardedBytes } = this.#relay.counters
    let atMs = performance.now()
    this.#processorLook = before && setInterval(() => {
      const nowMs = performance.now()
      const carried = this.#relay.counters.forwardedBytes
      const utilization = since(before)?.utilization ?? 0
      this.#relay.capacityBytesPerSecond = this.#processor.seen({ utilization, bytesPerSecond: (carried - forwardedBytes) * 1_000 / (nowMs - atMs) })
      before = since()
      forwardedBytes = carried
      atMs = nowMs
    }, PROCESSOR_LOOK_MS)
  }

  #keepHouse (): void {
    this.#relay.expire()
    this.#watchService.expire()
    this.#attachments.expire()
    this.#setUp.expire()
    this.#spareLinks.expire()
    const bytes = this.#relay.counters.forwardedBytes
    const atMs = performance.now()
    this.#load = { bytes, bytesPerSecond: (bytes - this.#load.bytes) * 1_000 / Math.max(HOUSEKEEPING_MS, atMs - this.#load.atMs), atMs }
  }
}

/** The forwarder role: `services: { byway: forwarder() }`. */
export function forwarder (init: ForwarderInit = {}): (components: ForwarderComponents) => Forwarder {
  return (components) => new Forwarder(components, init)
}
