// How nodes find each other. The DHT says who claims a role; the claimant's own signed descriptor says what is true. Nodes
// without a DHT ask the nodes that they are connected to. Everything found ends in the directory.
import { DESCRIPTOR_PROTOCOL, MAX_RESPONSE_ENTRIES } from '../../protocols/descriptor/constants.ts'
import { fetchRole, fetchSelf } from '../../protocols/descriptor/client.ts'
import { NotFoundError } from '../../protocols/errors.ts'
import { ClockDoubts } from './clock-doubts.ts'
import { countedPrefix } from '../defence/address-prefix.ts'
import { serveDescriptors } from '../../protocols/descriptor/server.ts'
import { CODE_P2P } from '@multiformats/multiaddr'
import { ownAddresses } from './connect.ts'
import { DhtRecords } from './dht-records.ts'
import { Directory } from './directory.ts'
import { eachOf } from './each-of.ts'
import { OverlayConnections } from './overlay-connections.ts'
import { PeerLookup } from './peer-lookup.ts'
import { Repeat } from './repeat.ts'
import { hostKey, roleKey } from './role-key.ts'
import { withHeadStart } from './head-start.ts'
import { SharedBucket } from '../defence/shared-bucket.ts'
import { SelfDescriptor } from './self-descriptor.ts'
import { within } from './within.ts'
import type { RoleTerms } from './self-descriptor.ts'
import type { RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type {
  ComponentLogger, Connection, ContentRouting, IdentifyResult, Libp2pEvents, Logger, Metrics, PeerId, PeerStore, PrivateKey, TypedEventTarget
} from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { CID } from 'multiformats/cid'

export interface DiscoveryComponents {
  peerId: PeerId
  privateKey: PrivateKey
  addressManager: AddressManager
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
  contentRouting: ContentRouting
  peerStore: PeerStore
  registrar: Registrar
  logger: ComponentLogger
  /** Where a role shows its numbers, if the node has such. */
  metrics?: Metrics
}

export interface DiscoveryInit {
  network: string
  /** Our own roles and their terms. */
  describe: () => RoleTerms
  /** Roles of others to keep looking for. */
  seeks: readonly RoleName[]
  /** Nodes to begin with. */
  bootstrap: readonly Multiaddr[]
  /** Get to know every peer that connects? What a bootstrap node is for. */
  greets?: boolean
  /** Ask a bootstrap node, too, in every round, for it hears of newcomers first? For the few that others rely on; default: only while nobody else is known. */
  asksBootstrap?: boolean
  /** Descriptors that we serve besides those in the directory: hosts attached here. */
  attached?: (peer: PeerId) => Uint8Array | undefined
  /** Of the attached host that speaks for an application, as its checked binding says. */
  attachedFor?: (application: PeerId) => Uint8Array | undefined
  /** Unix time, ms. */
  now?: () => number
  /** Monotonic, ms. */
  clock?: () => number
}

/** A newcomer sees the overlay in seconds; one that has seen it asks its peers again once a minute. */
const SEEK_INTERVALS_MS = [500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 60_000]
/** Who knows nobody yet of those it seeks waits no longer for the next try: there may have been nobody to tell, or no time to listen. */
const ALONE_MS = 5_000
/** A DHT look-up asks many nodes, so it is done seldom: peers answer from their directories in between. */
const LOOKUP_INTERVALS_MS = [5_000, 15_000, 60_000, 300_000]
/** Whoever knows so many of a role from its peers looks only at the slowest pace for more. */
const ENOUGH_KNOWN = { forwarder: 8, rsp: 2, host: 1, bootstrap: 1 }
const SLOW_LOOKUP_MS = 300_000
/** The DHT itself re-provides only near the end of a record's life of 48 h, so we do it. */
const ADVERTISE_INTERVALS_MS = [8_000, 60_000, 300_000]
/** Newcomers greeted per second, a tenth of it of one address prefix: each greeting is one exchange. */
const GREETINGS_PER_SECOND = 20
const GREETED_NAMES = 1_024
const LOOKUP_DEADLINE_MS = 5_000
/** Whom we look for answers itself in that time, if it can be dialled at all and is not at the other end of the world. */
const HEAD_START_MS = 1_000
const FETCH_DEADLINE_MS = 5_000
/** Descriptors fetched at once. */
const FETCH_CONCURRENCY = 8
/** Connected nodes asked for what they know of a role, per round; another one each time. */
const ASKED_PEERS = 1

export class Discovery {
  readonly directory: Directory
  readonly self: SelfDescriptor
  readonly clocks: ClockDoubts
  readonly network: string
  readonly #components: DiscoveryComponents
  readonly #init: DiscoveryInit
  readonly #now: () => number
  readonly #clock: () => number
  readonly #log: Logger
  readonly #seek: Repeat
  readonly #lookup: Repeat
  readonly #overlay: OverlayConnections
  readonly #records: DhtRecords
  readonly #peerLookup: PeerLookup
  readonly #advertise: Repeat
  readonly #greetings: SharedBucket
  readonly #listeners: Array<(found: VerifiedDescriptor) => void> = []
  #unserve: (() => Promise<void>) | undefined
  #lastSlowLookupMs: number

  constructor (components: DiscoveryComponents, init: DiscoveryInit) {
    this.#components = components
    this.#init = init
    this.network = init.network
    this.#now = init.now ?? Date.now
    this.#clock = init.clock ?? (() => performance.now())
    this.#lastSlowLookupMs = this.#clock()
    this.clocks = new ClockDoubts(this.#clock)
    this.#log = components.logger.forComponent('byway:discovery')
    this.directory = new Directory({ now: this.#now })
    this.#records = new DhtRecords({ contentRouting: components.contentRouting, network: this.network, clock: this.#clock, log: this.#log })
    this.#overlay = new OverlayConnections({
      connections: () => components.connectionManager.getConnections(),
      isDescribed: (peer) => this.directory.get(peer) !== undefined,
      peerStore: components.peerStore
    })
    this.#peerLookup = new PeerLookup({
      providers: (peer, signal) => this.#records.providers(hostKey(this.network, peer), signal),
      connections: async (most) => this.#overlay.some(most),
      connect: async (to, signal) => components.connectionManager.openConnection(to, { signal }),
      verification: () => this.verification,
      log: this.#log
    })
    const { peerId, privateKey, addressManager } = components
    this.self = new SelfDescriptor({ peerId, privateKey, addressManager, network: init.network, describe: init.describe, now: this.#now })
    const onError = (error: unknown): void => { this.#log('a round of discovery failed - %e', error) }
    this.#seek = new Repeat({ intervalsMs: SEEK_INTERVALS_MS, mostMs: () => init.seeks.some((role) => this.directory.ofRole(role).length > 0) ? Infinity : ALONE_MS, run: async (signal) => { await this.#seekOnce(signal) }, onError })
    this.#lookup = new Repeat({ intervalsMs: LOOKUP_INTERVALS_MS, run: async (signal) => { await this.#lookUpOnce(signal) }, onError })
    this.#greetings = new SharedBucket({
      ratePerSecond: GREETINGS_PER_SECOND, burst: 5 * GREETINGS_PER_SECOND, ownPerSecond: GREETINGS_PER_SECOND / 10, ownBurst: GREETINGS_PER_SECOND, maxNames: GREETED_NAMES, nowMs: this.#clock()
    })
    this.#advertise = new Repeat({ intervalsMs: ADVERTISE_INTERVALS_MS, run: async (signal) => { await this.#advertiseOnce(signal) }, onError })
  }

  async start (): Promise<void> {
    this.#unserve = await serveDescriptors(this.#components.registrar, {
      self: async () => this.self.get(),
      known: (role, limit) => this.directory.someOfRole(role, limit).map(({ bytes }) => bytes),
      find: (peer) => this.#init.attached?.(peer) ?? this.directory.get(peer)?.bytes,
      findApplication: (application) => this.#init.attachedFor?.(application)
    }, { prefixOf: ({ remoteAddr }) => countedPrefix(remoteAddr) })
    if (this.#init.greets === true) {
      this.#components.events.addEventListener('peer:identify', this.#greet)
    }
    this.#seek.start()
    this.#lookup.start()
    this.#advertise.start()
  }

  async stop (): Promise<void> {
    this.#components.events.removeEventListener('peer:identify', this.#greet)
    await Promise.all([this.#seek.stop(), this.#lookup.stop(), this.#advertise.stop()])
    await this.#unserve?.()
  }

  /** Calls back for each descriptor that is new or newer than what was known. */
  onFound (listener: (found: VerifiedDescriptor) => void): void {
    this.#listeners.push(listener)
  }

  /** Takes a verified descriptor that came by another way. */
  learn (descriptor: VerifiedDescriptor): void {
    if (descriptor.peer.equals(this.#components.peerId) || !this.directory.add(descriptor)) {
      return
    }
    for (const listener of this.#listeners) {
      listener(descriptor)
    }
  }

  /** Looks for more, soon. */
  refresh (): void {
    this.#seek.soon()
  }

  /** What verification needs to know. */
  get verification (): { nowMs: number, network: string } {
    return { nowMs: this.#now(), network: this.network }
  }

  /**
   * The descriptor of a peer: from the directory, from the peer itself, or from a forwarder at which it is attached.
   *
   * @throws NotFoundError when nobody has it; the signal's reason
   */
  async describe (peer: PeerId, options: { signal?: AbortSignal, fresh?: boolean } = {}): Promise<VerifiedDescriptor> {
    const known = options.fresh === true ? undefined : this.directory.get(peer)
    if (known !== undefined) {
      return known
    }
    // of one behind NAT, or a firewall that swallows what comes, it takes all of the time to find that it cannot be asked itself
    const itself = this.#fromItself(peer, within(LOOKUP_DEADLINE_MS, options.signal))
    const found = await withHeadStart(itself, HEAD_START_MS, async () => this.#fromOthers(peer, options.signal)) ?? this.directory.get(peer)
    if (found === undefined) {
      options.signal?.throwIfAborted()
      throw new NotFoundError(`nobody knows ${peer.toString()}: is it running, attached, and in the network "${this.network}"?`)
    }
    return found
  }

  /**
   * The host that speaks for an application now. `ask`: nodes to ask besides those that the DHT names and the connected ones.
   *
   * @throws NotFoundError when nobody knows one; the signal's reason
   */
  async describeApplication (application: PeerId, options: { signal?: AbortSignal, ask?: readonly Multiaddr[] } = {}): Promise<VerifiedDescriptor> {
    const found = await this.#peerLookup.hostOf(application, options.ask ?? [], options.signal)
    if (found === undefined) {
      options.signal?.throwIfAborted()
      throw new NotFoundError(`nobody knows a host that speaks for ${application.toString()}: is it running, and in the network "${this.network}"?`)
    }
    this.learn(found)
    await this.#remember(found)
    return found
  }

  /** Says in the DHT that a host, or the application it speaks for, can be reached here. */
  async advertiseHost (host: PeerId): Promise<void> {
    await this.#records.provideHost(host)
  }

  async #seekOnce (signal: AbortSignal): Promise<void> {
    await this.#join(signal)
    const bootstrap = this.#init.asksBootstrap === true ? await this.#bootstrapConnection(signal) : []
    for (const role of this.#init.seeks) {
      await this.#ask([...await this.#overlay.some(ASKED_PEERS), ...bootstrap], role, signal)
    }
  }

  async #lookUpOnce (signal: AbortSignal): Promise<void> {
    await this.#join(signal)
    const isSlowRound = this.#clock() - this.#lastSlowLookupMs >= SLOW_LOOKUP_MS
    this.#lastSlowLookupMs = isSlowRound ? this.#clock() : this.#lastSlowLookupMs
    // our own region first: what the DHT names of a role in one answer is a part of it
    const regions = [...new Set([this.#init.describe().tags?.region, undefined])]
    for (const role of this.#init.seeks) {
      if (isSlowRound || this.directory.ofRole(role).length < ENOUGH_KNOWN[role]) {
        for (const region of regions) {
          await this.#meet(roleKey(this.network, role, region), signal)
        }
      }
    }
  }

  /** Gets to know those whom the DHT names and we do not know. */
  async #meet (key: CID, signal: AbortSignal): Promise<void> {
    const unknown: PeerId[] = []
    for await (const provider of this.#records.providers(key, signal)) {
      if (!provider.equals(this.#components.peerId) && this.directory.get(provider) === undefined) {
        unknown.push(provider)
      }
    }
    await eachOf(unknown, FETCH_CONCURRENCY, async (peer) => { await this.#introduce(peer, signal) })
  }

  /** Gets to know a peer that has just connected, or is elsewhere now, so that the next newcomer hears of it. */
  readonly #greet = ({ detail: { protocols, connection, listenAddrs } }: CustomEvent<IdentifyResult>): void => {
    const known = this.directory.get(connection.remotePeer)
    const isNews = known === undefined || !isAmong(ownAddresses(known), listenAddrs)
    if (protocols.includes(DESCRIPTOR_PROTOCOL) && isNews && this.#greetings.take(countedPrefix(connection.remoteAddr) ?? connection.remotePeer.toString(), 1, this.#clock())) {
      void this.#fetchFrom(connection, AbortSignal.timeout(FETCH_DEADLINE_MS)).catch((error: unknown) => {
        this.#log('%p did not describe itself - %e', connection.remotePeer, error)
      })
    }
  }

  /** Connects to a bootstrap node while we know nobody, or are connected to nobody of the overlay. */
  async #join (signal: AbortSignal): Promise<void> {
    if (this.#init.bootstrap.length === 0 || (this.directory.size > 0 && await this.#overlay.any())) {
      return
    }
    await eachOf(this.#init.bootstrap, 2, async (address) => {
      try {
        const connection = await this.#components.connectionManager.openConnection(address, { signal: within(FETCH_DEADLINE_MS, signal) })
        await this.#fetchFrom(connection, within(FETCH_DEADLINE_MS, signal))
      } catch (error) {
        this.#log('bootstrap node %a could not be reached - %e', address, error)
      }
    })
  }

  /** To one of the bootstrap nodes; none if it cannot be reached. */
  async #bootstrapConnection (signal: AbortSignal): Promise<Connection[]> {
    const { bootstrap } = this.#init
    const address = bootstrap[Math.floor(Math.random() * bootstrap.length)] as Multiaddr | undefined
    try {
      return address === undefined ? [] : [await this.#components.connectionManager.openConnection(address, { signal: within(FETCH_DEADLINE_MS, signal) })]
    } catch (error) {
      this.#log('bootstrap node %a could not be reached - %e', address, error)
      return []
    }
  }

  async #ask (connections: readonly Connection[], role: RoleName, signal: AbortSignal): Promise<void> {
    await eachOf(connections, connections.length, async (connection) => {
      try {
        const found = await fetchRole(connection, role, MAX_RESPONSE_ENTRIES, {
          ...this.verification,
          signal: within(FETCH_DEADLINE_MS, signal),
          isKnown: (bytes) => this.directory.has(bytes)
        })
        // all of them before anything else, which one of them could make fail, or slow
        for (const descriptor of found) {
          this.learn(descriptor)
        }
        for (const descriptor of found) {
          await this.#remember(descriptor)
        }
      } catch (error) {
        this.#log('%p could not say whom it knows - %e', connection.remotePeer, error)
      }
    })
  }

  async #introduce (peer: PeerId, signal: AbortSignal): Promise<void> {
    try {
      const deadline = within(FETCH_DEADLINE_MS, signal)
      await this.#fetchFrom(await this.#components.connectionManager.openConnection(peer, { signal: deadline }), deadline)
    } catch (error) {
      this.#log('%p is advertised but did not describe itself - %e', peer, error)
    }
  }

  async #fromItself (peer: PeerId, signal: AbortSignal): Promise<VerifiedDescriptor | undefined> {
    try {
      return await this.#fetchFrom(await this.#components.connectionManager.openConnection(peer, { signal }), signal)
    } catch (error) {
      this.#log('%p did not tell its descriptor itself - %e', peer, error)
      return undefined
    }
  }

  async #fromOthers (peer: PeerId, signal: AbortSignal | undefined): Promise<VerifiedDescriptor | undefined> {
    const told = await this.#peerLookup.peer(peer, signal)
    if (told === undefined) {
      return undefined
    }
    this.learn(told)
    await this.#remember(told)
    // who answered may have an older one than is known here
    return this.directory.get(peer) ?? told
  }

  async #fetchFrom (connection: Connection, signal: AbortSignal): Promise<VerifiedDescriptor> {
    const descriptor = await this.clocks.during(connection.remotePeer, fetchSelf(connection, { ...this.verification, signal }))
    this.learn(descriptor)
    await this.#remember(descriptor)
    return descriptor
  }

  /** Where the newest descriptor of a peer says that it is, libp2p may dial, and nowhere else: a peer that moves often would have ever more addresses. */
  async #remember (descriptor: VerifiedDescriptor): Promise<void> {
    const { peer, sequence } = descriptor
    const multiaddrs = ownAddresses(descriptor)
    if (peer.equals(this.#components.peerId) || multiaddrs.length === 0 || (this.directory.get(peer)?.sequence ?? 0n) > sequence) {
      return
    }
    try {
      await this.#components.peerStore.patch(peer, { multiaddrs })
    } catch (error) {
      this.#log('libp2p did not take the addresses of %p - %e', peer, error)
    }
  }

  async #advertiseOnce (signal: AbortSignal): Promise<void> {
    const terms = this.#init.describe()
    const roles: RoleName[] = [
      ...(terms.forwarder === undefined ? [] : ['forwarder' as const]),
      ...(terms.rsp === undefined ? [] : ['rsp' as const])
    ]
    for (const role of roles) {
      await this.#records.provide(roleKey(this.network, role), signal)
      if (terms.tags?.region !== undefined) {
        await this.#records.provide(roleKey(this.network, role, terms.tags.region), signal)
      }
    }
    if (roles.length > 0) {
      // whom a bootstrap node meets it asks: one that has started anew knows nobody else
      await this.#bootstrapConnection(signal)
    }
  }
}

/** Does a node still listen wherever its descriptor says? */
function isAmong (addresses: readonly Multiaddr[], listened: readonly Multiaddr[]): boolean {
  const now = new Set(listened.map((address) => address.decapsulateCode(CODE_P2P).toString()))
  return addresses.every((address) => now.has(address.toString()))
}
