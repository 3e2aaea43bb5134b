// Exchange with rivals, put together: a feed from each RSP that we know and are to exchange with, a service for those that ask us, and
// between them what the map believes.
//
//   rival ─▶ rival-feed ─▶ map-exchange (quota, trust, weighted median) ─▶ map ─▶ paths, provenance
//   map, own values only ─▶ exchange-service ─▶ rival            shared links, audits ─▶ measurement plan
import { ExchangeService, MIN_STAY_MS } from './exchange-service.ts'
import { MAX_RIVALS } from './rival-words.ts'
import { MapExchange } from './map-exchange.ts'
import { RivalFeed } from './rival-feed.ts'
import { downMeasurement, ownEstimate, ownMeasurement, ownReading } from './own-measurement.ts'
import { drawAudits } from './audits.ts'
import { givenLinks } from './shared-links.ts'
import { hasEnded } from '../has-ended.ts'
import { openDescriptor } from '../../../protocols/descriptor/codec.ts'
import { toldLinks } from './told-links.ts'
import { serveExchange } from '../../../protocols/exchange/server.ts'
import type { DialGrant } from '../../discovery/connect.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import type { EndedBy } from '../has-ended.ts'
import type { ExchangeScope } from '../../../protocols/exchange/codec.ts'
import type { GivenInit, GivenLink } from './shared-links.ts'
import type { NamedLink } from './subscription.ts'
import type { PerformanceMap } from '../performance-map.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** With whom: every RSP of the overlay, nobody, or these. */
export type ExchangePartners = 'all' | 'none' | readonly PeerId[]

export interface RspExchangeInit {
  partners: Exclude<ExchangePartners, 'none'>
  scope: ExchangeScope
  map: PerformanceMap
  mapKind: 'reports' | 'surveys'
  discovery: {
    readonly verification: Discovery['verification']
    /** Our own descriptor. */
    readonly self: Pick<Discovery['self'], 'get'>
    readonly directory: Pick<Discovery['directory'], 'get'>
  }
  self: PeerId
  privateKey: PrivateKey
  connectionManager: ConnectionManager
  /** Where rivals are dialled; default: at all addresses that their descriptors say. */
  grant?: DialGrant
  registrar: Registrar
  /** By the forwarder's peer id as text; undefined: it is none that we know. */
  peerOf: (key: string) => PeerId | undefined
  /** Links that we measure. */
  plan: () => { isWatched: (a: string, b: string) => boolean, links: () => Iterable<NamedLink> }
  /** Unix time, ms. */
  now: () => number
  /** Ms of any monotonic origin, for leases and quotas. */
  clock: () => number
  /** From 0 to 1. Default: Math.random. */
  random?: () => number
  log: Logger
}

/** Of one rival, for `byway status`. */
export interface RivalStatus {
  rsp: string
  /** From 0 to 1; believed from 0.6 on. */
  trust: number
  isCredible: boolean
  /** Links of which it speaks now; words taken, and refused by quota. */
  links: number
  words: number
  refused: number
  /** Its words that we have measured ourselves, by how they came out. */
  judgedTrue: number
  judgedFalse: number
  /** Links that it is told of by us, and words told; 0 while it has not subscribed. */
  toldLinks: number
  toldWords: number
  /** Times that it sent what no honest RSP sends, of which good batches make up for some. */
  breaches: number
  /** Name of what went wrong last; undefined: all is well. `ClocksApartError`: its batches are from another time than ours. */
  lastError?: string
}

export interface ExchangeStatus {
  rivals: RivalStatus[]
}

export class RspExchange {
  readonly #init: RspExchangeInit
  readonly #map: MapExchange
  readonly #service: ExchangeService
  readonly #feeds = new Map<string, RivalFeed>()
  #unserve: (() => Promise<void>) | undefined
  #isStarted = false

  constructor (init: RspExchangeInit) {
    const { map, now, clock, discovery } = init
    this.#init = init
    this.#map = new MapExchange({
      isNode: (key) => map.indexOf(key) !== undefined,
      onChange: (a, b) => { map.reconsider(a, b) },
      onOwn: (a, b, reading) => {
        if (init.plan().isWatched(a, b)) {
          this.#service.changed(a, b, reading)
        }
      },
      hasTold: (a, b) => this.#service.hasTold(a, b),
      now
    })
    this.#service = new ExchangeService({
      privateKey: init.privateKey,
      open: async (descriptor, expectedPeer) => openDescriptor(descriptor, { ...discovery.verification, expectedPeer }),
      isAllowed: (rival) => this.#isPartner(rival),
      isCredible: (rival) => this.#map.words.rival(rival)?.trust.isCredible === true,
      tagsOf: (key) => map.statements.attributesOf(key)?.tags,
      links: () => toldLinks(init.plan().links(), (link) => map.ownViews(...link), this.#map),
      readingOf: (link) => ownReading(map.ownViews(...link)),
      measurementOf: (link, isDown) => this.#measurementOf(link, isDown),
      now,
      clock
    })
    map.exchangeWith(this.#map)
  }

  async start (): Promise<void> {
    this.#unserve = await serveExchange(this.#init.registrar, {
      admit: ({ peer }) => this.#service.admit(peer),
      subscribe: async (request, { peer }) => this.#service.subscribe(request, peer),
      next: async (request, { peer }) => this.#service.next(request, peer)
    }, { log: this.#init.log })
    this.#isStarted = true
    for (const feed of this.#feeds.values()) {
      feed.start()
    }
  }

  async stop (): Promise<void> {
    this.#isStarted = false
    for (const feed of this.#feeds.values()) {
      feed.stop()
    }
    this.#map.stop()
    await this.#unserve?.()
    this.#service.stop()
  }

  /** Another RSP has been found, or has a newer descriptor. */
  add (rival: VerifiedDescriptor): void {
    const key = rival.peer.toString()
    const known = this.#feeds.get(key)
    if (known !== undefined) {
      known.descriptor = rival
      return
    }
    if (!this.#isPartner(rival.peer) || !this.#makeRoom() || !this.#map.words.addRival(key)) {
      return
    }
    const { self, connectionManager, grant, discovery, scope, now, clock, log, map } = this.#init
    const feed = new RivalFeed(rival, {
      self,
      connectionManager,
      grant,
      descriptor: async () => discovery.self.get(),
      scope,
      onBatch: ({ measurements }) => { this.#map.take(key, measurements, (a, b) => ownEstimate(map.ownViews(a, b))) },
      onBreach: () => { this.#map.breach(key) },
      now,
      clock,
      log
    })
    this.#feeds.set(key, feed)
    if (this.#isStarted) {
      feed.start()
    }
  }

  /** Links of which credible rivals have told since then, so that the plan need not look. */
  given (sinceMs: number, sorting: Pick<GivenInit, 'isOwn' | 'isKnown'>): Iterable<GivenLink> {
    return givenLinks({ words: this.#map.words, self: this.#init.self.toString(), sinceMs, ...sorting })
  }

  audits (sinceMs: number, isOwn: (a: string, b: string) => boolean): NamedLink[] {
    return drawAudits({ words: this.#map.words, random: this.#init.random ?? Math.random }, sinceMs, isOwn)
  }

  isUseful (peer: PeerId): boolean {
    return this.#feeds.has(peer.toString())
  }

  /** Forgets rivals that are gone, and words that are old. */
  keepHouse (): void {
    this.#service.keepHouse()
    this.#map.expire()
    const { discovery, connectionManager, now } = this.#init
    const by: EndedBy = {
      nowMs: now(),
      isFound: (peer) => discovery.directory.get(peer) !== undefined,
      isConnected: (peer) => connectionManager.getConnections(peer).length > 0
    }
    for (const [key, feed] of this.#feeds) {
      if (hasEnded(feed.descriptor, by)) {
        this.#remove(key, feed)
      }
    }
  }

  get status (): ExchangeStatus {
    return {
      rivals: [...this.#feeds].map(([rsp, { status }]) => {
        const record = this.#map.words.rival(rsp)
        const told = this.#service.status(rsp)
        return {
          rsp,
          trust: record?.trust.value ?? 0,
          isCredible: record?.trust.isCredible ?? false,
          links: record?.links ?? 0,
          words: record?.words ?? 0,
          refused: record?.refused ?? 0,
          judgedTrue: record?.judgedTrue ?? 0,
          judgedFalse: record?.judgedFalse ?? 0,
          toldLinks: told?.links ?? 0,
          toldWords: told?.told ?? 0,
          breaches: status.breaches,
          ...(status.lastError === undefined ? {} : { lastError: status.lastError })
        }
      })
    }
  }

  #isPartner (peer: PeerId): boolean {
    const { partners, self } = this.#init
    return !peer.equals(self) && (partners === 'all' || partners.some((partner) => partner.equals(peer)))
  }

  /** Where there are as many as there may be, one that has been found wrong goes, or the least proved of those that had their time. */
  #makeRoom (): boolean {
    if (this.#feeds.size < MAX_RIVALS) {
      return true
    }
    const staying = this.#init.clock() - MIN_STAY_MS
    const leaving = [...this.#feeds].flatMap(([key, feed]) => {
      const record = this.#map.words.rival(key)
      const isWrong = (record?.judgedFalse ?? 0) + feed.status.breaches > 0
      return record?.trust.isCredible !== true && (isWrong || feed.sinceMs <= staying) ? [{ key, feed, proof: isWrong ? -1 : record?.judgedTrue ?? -1 }] : []
    }).toSorted((one, other) => one.proof - other.proof).at(0)
    if (leaving !== undefined) {
      this.#remove(leaving.key, leaving.feed)
    }
    return leaving !== undefined
  }

  #remove (key: string, feed: RivalFeed): void {
    feed.stop()
    this.#feeds.delete(key)
    this.#map.removeRival(key)
  }

  #measurementOf ([keyA, keyB]: NamedLink, isDown: boolean): ReturnType<typeof ownMeasurement> {
    const { map, mapKind, peerOf, now } = this.#init
    const [a, b] = [peerOf(keyA), peerOf(keyB)]
    if (a === undefined || b === undefined) {
      return undefined
    }
    const measurement = ownMeasurement(map.ownViews(keyA, keyB), { a, b }, mapKind, now())
    return measurement ?? (isDown ? downMeasurement({ a, b }, mapKind === 'surveys' ? 'SURVEYED' : 'REPORTED_BY_BOTH') : undefined)
  }
}
