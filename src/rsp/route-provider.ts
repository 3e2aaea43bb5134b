// The RSP role as a libp2p service: fills a map, by forwarders' reports or by surveys of its own, and sells paths through it.
import { abilitiesOn } from './profiles/abilities-on.ts'
import { CostRowsCache } from '../path-finding/cost-rows.ts'
import { DisjointFinder } from '../path-finding/disjoint.ts'
import { DialBudget } from '../defence/dial-budget.ts'
import { Discovery } from '../discovery/discovery.ts'
import { Endpoint } from '../link/endpoint.ts'
import { LinkSet } from '../link/link-set.ts'
import { ForwarderPlaces, MAX_FORWARDERS } from './forwarder-places.ts'
import { LivePlan } from './live-plan.ts'
import { OfferedLinks } from './offered-links.ts'
import { PlanThread } from './measurement-plan/plan-thread.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { MapRecorder } from './map-recorder.ts'
import { PerformanceMap } from './performance-map.ts'
import { Prober } from '../measurement/prober.ts'
import { ReportCollector } from './report-collector.ts'
import { RELAY_COST_US, RouteService, USUAL_WEIGHTS } from './route-service.ts'
import { RspExchange } from './exchange/rsp-exchange.ts'
import { Surveyor } from './survey/surveyor.ts'
import { exposeRsp } from './rsp-metrics.ts'
import type { RouteProviderStatus } from './rsp-status.ts'
import { Weighting } from '../path-finding/weighting.ts'
import { WatchKeeper } from './watch-keeper.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { PathRecommender } from './path-recommender.ts'
import { Predictor } from './predictor.ts'
import { EVERYTHING } from '../../protocols/exchange/codec.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { MapHistory } from './map-history.ts'
import { serveRoutes } from '../../protocols/route/server.ts'
import { collectReceipts } from './receipts.ts'
import { countedPrefix } from '../defence/address-prefix.ts'
import type { DialGrant } from '../discovery/connect.ts'
import type { DiscoveryComponents } from '../discovery/discovery.ts'
import type { ExchangePartners } from './exchange/rsp-exchange.ts'
import type { ExchangeScope } from '../../protocols/exchange/codec.ts'
import type { MapArchive } from './map-archive.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { ReceiptResult } from './receipts.ts'
import type { RspProfile } from './profiles/rsp-profile.ts'
import type { Logger, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface RouteProviderInit {
  /** How the map is filled: asking the forwarders, or measuring without their help. */
  mapKind?: 'reports' | 'surveys'
  /** Name of the overlay. */
  network?: string
  /** Nodes to begin with. */
  bootstrap?: readonly Multiaddr[]
  operator?: string
  tags?: Record<string, string>
  /** Price of an answer in millionths of the operator's unit; 0 = free. */
  priceMicro?: bigint
  /** How many links are measured in each round, per forwarder; where that is enough for all links, all are watched. Default 12. */
  linksPerForwarder?: number
  /** Surveys only: probes sent per second and forwarder at most. */
  surveyProbesPerSecond?: number
  /** What it is good at: one of the examples in `profiles/`, or another. What is set here goes before what the profile says. */
  profile?: RspProfile
  /** Surveys only: bytes of bursts that each forwarder is made to send per second at most, to see what links can carry; 0: none. Default 50,000. */
  surveyBurstBytesPerSecond?: number
  /** With which RSPs measurements are exchanged. Default: none. */
  exchange?: ExchangePartners
  /** Of which links they are asked. Default: all. */
  exchangeScope?: ExchangeScope
  /** Where the map is kept for the next start; closed when the service stops. Default: nowhere. */
  archive?: MapArchive
}

export type RouteProviderComponents = DiscoveryComponents

const QUEUE_BYTES = 1_000_000
/** How often forwarders whose descriptor has expired are forgotten. */
const HOUSEKEEPING_MS = 10_000
/** Discovery is not begun anew more often. */
const SEEK_AGAIN_MS = 5_000
/** Answers may be so much older than the newest report; what their data's age says includes it. */
const SNAPSHOT_MS = 50
/** Signatures of remembered descriptors checked before others have their turn: 2 ms. */
const RECALLED_AT_ONCE = 8

export class RouteProvider implements Startable {
  readonly discovery: Discovery
  readonly map: PerformanceMap
  readonly mapKind: 'reports' | 'surveys'
  /** What was believed of links, as far as it is kept. */
  readonly history: MapHistory
  readonly #components: RouteProviderComponents
  readonly #log: Logger
  readonly #links: LinkSet
  readonly #prober: Prober
  readonly #watches: WatchKeeper
  readonly #plan: LivePlan
  readonly #offered = new OfferedLinks()
  readonly #predictor = new Predictor()
  /** What fills the map. */
  readonly #source: { add: (forwarder: VerifiedDescriptor) => void, remove: (key: string) => void, start?: () => void, stop: () => void }
  readonly #surveyor: Surveyor | undefined
  /** Undefined: nothing is exchanged. */
  readonly #exchange: RspExchange | undefined
  readonly #service: RouteService
  readonly #forwarders: ForwarderPlaces
  readonly #recorder: MapRecorder | undefined
  /** Descriptors from before the start. */
  #remembered: Array<{ key: string, bytes: Uint8Array }> = []
  #isStopped = false
  /** When discovery last began anew, by the clock. */
  #soughtMs = -Infinity
  #unserve: (() => Promise<void>) | undefined
  #housekeeping: ReturnType<typeof setInterval> | undefined

  constructor (components: RouteProviderComponents, init: RouteProviderInit = {}) {
    const clock = (): number => performance.now()
    const nowS = (): number => Date.now() / 1_000
    const log = components.logger.forComponent('byway:rsp')
    const { connectionManager, peerId, privateKey } = components
    const descriptor = async (): Promise<Uint8Array> => this.discovery.self.get()
    this.#components = components
    this.#log = log
    this.#forwarders = new ForwarderPlaces({ connectionTo: (peer) => connectionManager.getConnections(peer).at(0), clock, now: Date.now })
    // where a forwarder, or a rival, says that it is, is on its own account: others must not wait for what it makes us dial
    const dials = new DialBudget({ now: clock })
    const grant: DialGrant = ({ peer }, dialable) => dials.choose(peer.toString(), peer, dialable)
    const { profile } = init
    this.mapKind = init.mapKind ?? profile?.measures.mapKind ?? 'reports'
    const abilities = abilitiesOn(this.mapKind, { sendsBursts: init.surveyBurstBytesPerSecond !== 0 }, profile?.abilities)
    this.map = new PerformanceMap({ snapshotMs: SNAPSHOT_MS, mapKind: this.mapKind, self: peerId.toString(), clocks: { now: Date.now, clock } })
    const endpoint = new Endpoint({
      self: nodeIdOf(peerId),
      links: this.#links = new LinkSet(components, {
        now: clock,
        queueBytes: QUEUE_BYTES,
        maxLinks: MAX_FORWARDERS,
        onPacket: (buffer, at, length, from) => { endpoint.receive(buffer, at, length, from) }
      }),
      nowS
    })
    this.#prober = new Prober({ endpoint, now: clock, nowS })
    this.discovery = new Discovery(components, {
      network: init.network ?? PUBLIC_NETWORK,
      bootstrap: init.bootstrap ?? [],
      seeks: init.exchange === undefined || init.exchange === 'none' ? ['forwarder'] : ['forwarder', 'rsp'],
      asksBootstrap: true,
      describe: () => ({
        operator: init.operator,
        tags: init.tags,
        rsp: { mapKind: this.mapKind, metrics: [...abilities.metrics], priceMicro: init.priceMicro ?? 0n, clauses: [...abilities.clauses, 'watch', 'explain'] }
      })
    })
    this.#watches = new WatchKeeper({
      connectionManager,
      grant,
      descriptor,
      connectOnly: this.mapKind === 'surveys',
      targetsOf: (key) => this.#plan.targetsOf(key),
      onAnswering: (key, isAnswering) => { this.#plan[isAnswering ? 'add' : 'remove'](key) },
      log
    })
    const surveyor = this.#surveyor = this.mapKind === 'reports'
      ? undefined
      : new Surveyor({
        map: this.map,
        links: this.#links,
        prober: this.#prober,
        self: peerId,
        connectionManager,
        grant,
        descriptor,
        probesPerSecond: init.surveyProbesPerSecond ?? profile?.measures.surveyProbesPerSecond,
        burstBytesPerSecond: init.surveyBurstBytesPerSecond,
        nowMs: Date.now,
        log
      })
    this.#source = surveyor ?? new ReportCollector({ map: this.map, connectionManager, grant, descriptor, now: Date.now, clock, onSilent: (peer) => { this.#links.endIfSilent(peer) }, log })
    this.#plan = new LivePlan({
      map: this.map,
      planner: new PlanThread({ relayCostMs: RELAY_COST_US / 1_000 }),
      linksPerForwarder: init.linksPerForwarder ?? profile?.measures.linksPerForwarder,
      offered: (clockMs) => this.#offeredLinks(clockMs),
      ...(init.exchange === undefined || init.exchange === 'none'
        ? {}
        : { given: (sinceMs, sorting) => this.#exchange?.given(sinceMs, sorting) ?? [], audits: (sinceMs, isOwn) => this.#exchange?.audits(sinceMs, isOwn) ?? [] }),
      onChange: (keys) => {
        this.#watches.refresh(keys)
        if (surveyor === undefined) {
          this.map.ask((a, b) => this.#plan.isWatched(a, b), keys)
        } else {
          surveyor.setLinks(this.#plan.links())
        }
      },
      now: Date.now,
      clock,
      log
    })
    this.#exchange = init.exchange === undefined || init.exchange === 'none'
      ? undefined
      : new RspExchange({
        partners: init.exchange,
        scope: init.exchangeScope ?? EVERYTHING,
        map: this.map,
        mapKind: this.mapKind,
        discovery: this.discovery,
        self: peerId,
        privateKey,
        connectionManager,
        grant,
        registrar: components.registrar,
        peerOf: (key) => this.#forwarders.get(key)?.peer,
        plan: () => this.#plan,
        now: Date.now,
        clock,
        log: components.logger.forComponent('byway:rsp:exchange')
      })
    this.history = new MapHistory(init.archive)
    if (init.archive !== undefined) {
      this.#recorder = new MapRecorder({ map: this.map, mapKind: this.mapKind, archive: init.archive, now: Date.now, clock, log })
      this.#remembered = this.#recorder.restore()
    }
    this.#service = new RouteService({
      map: this.map,
      finder: new DisjointFinder(new CostRowsCache([new Weighting(USUAL_WEIGHTS, RELAY_COST_US)])),
      predictor: this.#predictor,
      recommender: new PathRecommender({ relayCostUs: RELAY_COST_US }),
      privateKey,
      profile: profile === undefined ? { abilities } : { query: profile.query, abilities },
      offered: this.#offered,
      now: Date.now,
      log
    })
    components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    exposeRsp({ metrics: components.metrics, status: () => this.status, now: clock })
    this.discovery.onFound((found) => {
      if (found.roles.has('forwarder')) {
        this.#add(found)
      }
      if (found.roles.has('rsp')) {
        this.#exchange?.add(found)
      }
    })
  }

  readonly [Symbol.toStringTag] = 'byway/rsp'

  async start (): Promise<void> {
    await this.#links.start()
    this.#prober.start()
    this.#source.start?.()
    this.#plan.start()
    this.#unserve = await serveRoutes(this.#components.registrar, async (query, { peer, connection }) => this.#service.answer(query, peer, countedPrefix(connection.remoteAddr)), {
      admit: ({ peer, connection }) => this.#service.waitMs(peer, countedPrefix(connection.remoteAddr)),
      watch: async (watch, { peer, connection, ended }) => this.#service.watches.watch(watch, { peer, prefix: countedPrefix(connection.remoteAddr), ended })
    })
    this.#service.watches.start()
    await this.#exchange?.start()
    this.#housekeeping = setInterval(() => { this.#keepHouse() }, HOUSEKEEPING_MS)
    this.#recorder?.start()
    void this.#recall()
    await this.discovery.start()
  }

  /** While the connections are still there: what ends with them is no news of the links. */
  beforeStop (): void {
    this.#isStopped = true
    this.#recorder?.stop()
  }

  async stop (): Promise<void> {
    this.#components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    clearInterval(this.#housekeeping)
    await this.discovery.stop()
    this.#service.watches.stop()
    await this.#unserve?.()
    await this.#exchange?.stop()
    this.#plan.stop()
    this.#watches.stop()
    this.#source.stop()
    this.#prober.stop()
    await this.#links.stop()
  }

  /** Is a connection to this peer worth keeping? The reaper asks when slots run out. */
  isUseful (peer: PeerId): boolean {
    return this.#forwarders.has(peer.toString()) || this.#exchange?.isUseful(peer) === true || this.#service.isWatching(peer)
  }

  /** The signed receipts of all forwarders that are known, for what they have carried on paths of ours. */
  async receipts (): Promise<ReceiptResult[]> {
    const { peerId: rsp, connectionManager } = this.#components
    return collectReceipts(this.#forwarders.all, { rsp, connectionManager })
  }

  get status (): RouteProviderStatus {
    return {
      mapKind: this.mapKind,
      forwarders: this.#forwarders.size,
      links: this.map.snapshot(Date.now()).linkCount,
      plan: this.#plan.status,
      answered: this.#service.answered,
      unanswered: this.#service.unanswered,
      signing: { ...this.#service.signing },
      watches: this.#service.watches.status,
      calibration: this.#predictor.status,
      ...(this.#surveyor === undefined ? {} : { survey: this.#surveyor.status }),
      ...(this.#exchange === undefined ? {} : { exchange: this.#exchange.status }),
      ...(this.#recorder === undefined ? {} : { archive: this.#recorder.status })
    }
  }

  #add (forwarder: VerifiedDescriptor): void {
    const key = forwarder.peer.toString()
    if (this.#forwarders.isFullFor(key)) {
      const leaves = this.#forwarders.whoGivesWay(forwarder)
      if (leaves === undefined) {
        return
      }
      this.#forget(leaves)
    }
    this.#forwarders.set(key, forwarder)
    this.map.addNode(key)
    this.map.describe(key, forwarder)
    this.#source.add(forwarder)
    this.#watches.add(forwarder)
  }

  /** Where a forwarder goes away others come, or the same one again: discovery, which has become slow by then, begins anew. */
  readonly #onDisconnect = ({ detail: peer }: CustomEvent<PeerId>): void => {
    const key = peer.toString()
    if (!this.#forwarders.has(key)) {
      return
    }
    this.#forwarders.left(key)
    this.#watches.refresh([key])
    const nowMs = performance.now()
    if (nowMs - this.#soughtMs >= SEEK_AGAIN_MS) {
      this.#soughtMs = nowMs
      this.discovery.refresh()
    }
  }

  #forget (key: string): void {
    this.#forwarders.delete(key)
    this.#watches.remove(key)
    this.#source.remove(key)
    this.#plan.remove(key)
    this.#removeNode(key)
  }

  #removeNode (key: string): void {
    const node = this.map.indexOf(key)
    if (node !== undefined) {
      this.#service.removeNode(node)
      this.map.removeNode(key)
    }
  }

  * #offeredLinks (clockMs: number): Generator<readonly [a: string, b: string]> {
    for (const [a, b] of this.#offered.links(clockMs)) {
      yield [this.map.keyOf(a), this.map.keyOf(b)]
    }
  }

  /** Takes up with remembered forwarders at once, and forgets those whose descriptors do not hold any more. */
  async #recall (): Promise<void> {
    for (const [i, { key, bytes }] of this.#remembered.splice(0).entries()) {
      if (i % RECALLED_AT_ONCE === 0) {
        await new Promise((resolve) => setTimeout(resolve, 0))
      }
      if (this.#isStopped) {
        return
      }
      try {
        const descriptor = await openDescriptor(bytes, this.discovery.verification)
        if (this.#isStopped) {
          return
        }
        this.discovery.learn(descriptor)
      } catch (error) {
        this.#log('what is remembered of %s does not hold - %e', key, error)
      }
      if (!this.#forwarders.has(key)) {
        this.#removeNode(key)
      }
    }
  }

  #keepHouse (): void {
    this.#predictor.check(this.map.snapshot(Date.now()))
    this.#exchange?.keepHouse()
    for (const key of this.#forwarders.ended((peer) => this.discovery.directory.get(peer) !== undefined)) {
      this.#forget(key)
    }
  }
}

/** The RSP role: `services: { byway: routeProvider() }`. */
export function routeProvider (init: RouteProviderInit = {}): (components: RouteProviderComponents) => RouteProvider {
  return (components) => new RouteProvider(components, init)
}
