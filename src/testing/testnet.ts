// A whole overlay in one call, for tests of applications and for our own: a bootstrap node, forwarders, RSPs and hosts, all of them
// real libp2p nodes in this process. They find each other as anywhere, over loopback, and as far apart as the test says.
import { bootstrap } from '../discovery/bootstrap.ts'
import { composeGaters } from '../defence/compose-gaters.ts'
import { DEFAULT_LINKS_PER_FORWARDER } from '../rsp/live-plan.ts'
import { DelayedOverlay } from '../simulation/delayed-overlay.ts'
import { forwarder } from '../forwarder/forwarder.ts'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { host } from '../host/host.ts'
import { InvalidTestnetError, NamedPlaces } from './latencies.ts'
import { isMapComplete, mapProgress } from './map-progress.ts'
import { kill, LOOPBACK, mapSome, startLocalNode } from './local-node.ts'
import { NotInTimeError, until } from './until.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { routeProvider } from '../rsp/route-provider.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { ConnectionGater, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Bootstrap } from '../discovery/bootstrap.ts'
import type { Forwarder, ForwarderInit } from '../forwarder/forwarder.ts'
import type { Host, HostInit } from '../host/host.ts'
import type { Bandwidths, Latencies, NodeKind, NodeName } from './latencies.ts'
import type { LocalNodeInit } from './local-node.ts'
import type { OutgoingChannel } from '../host/outgoing-channel.ts'
import type { ProviderAnswer } from '../host/provider-set.ts'
import type { BywayNode, NodeInit, Role } from '../node/libp2p.ts'
import type { RouteProvider, RouteProviderInit } from '../rsp/route-provider.ts'
import type { UntilOptions } from './until.ts'

export const TESTNET = 'testnet'

type MapKind = NonNullable<RouteProviderInit['mapKind']>

export interface TestnetInit {
  /** At most 32: a host measures so many. */
  forwarders: number
  /** How many, which map by reports and by surveys in turn; or how each maps. Default: none. */
  rsps?: number | readonly MapKind[]
  /** Default: none. */
  hosts?: number
  /** Round trips between nodes in ms, kept to about 3 ms for each connection. Default: those of loopback. */
  latencies?: Latencies
  /** How much a connection carries; where there are latencies. Default: whatever comes. */
  bandwidths?: Bandwidths
  /** The same peer ids every time; default: new ones. Schedules are those of the machine. */
  seed?: number
  /** False: hosts reach each other only through forwarders, as behind NATs. Default: true. */
  directHosts?: boolean
  /** Within this all nodes run, or `createTestnet` fails. Default: 30 s. */
  startDeadlineMs?: number
  /** Default: TCP on a free port. */
  listen?: readonly string[]
  hostInit?: HostInit
  forwarderInit?: ForwarderInit
  rspInit?: RouteProviderInit
  /** Of every node. */
  connectionGater?: ConnectionGater
}

const START_DEADLINE_MS = 30_000
const READY_DEADLINE_MS = 60_000
const ROUTE_DEADLINE_MS = 30_000
/** Each start is a burst of handshakes. */
const START_CONCURRENCY = 8
const MAX_FORWARDERS = 32
/** Of RSPs and of hosts: more do not start on one machine in time. */
const MAX_OTHERS = 64
/** So that links are known soon; real forwarders take their time. */
const PROBE_INTERVAL_MS = 200
/** A query is signed work for the RSPs. */
const QUERY_INTERVAL_MS = 100
const MAP_KINDS = ['reports', 'surveys'] as const satisfies MapKind[]

/**
 * Starts an overlay.
 *
 * @throws InvalidTestnetError; NotInTimeError when it takes longer than `startDeadlineMs`. Then nothing of it is left
 */
export async function createTestnet (init: TestnetInit): Promise<Testnet> {
  const net = new Testnet(init)
  await net.start()
  return net
}

export class Testnet implements AsyncDisposable {
  /** In the order of their start; those that were killed are not among them. */
  readonly forwarders: Array<BywayNode<Forwarder>> = []
  readonly rsps: Array<BywayNode<RouteProvider>> = []
  readonly hosts: Array<BywayNode<Host>> = []
  readonly #init: TestnetInit
  readonly #mapKinds: readonly MapKind[]
  readonly #places: NamedPlaces | undefined
  readonly #delays: DelayedOverlay | undefined
  readonly #started = new Set<BywayNode<Role>>()
  readonly #starting = new Set<Promise<BywayNode<Role>>>()
  readonly #counts: Record<NodeKind, number> = { bootstrap: 0, forwarder: 0, rsp: 0, host: 0 }
  readonly #hostIds = new Set<string>()
  #bootstrap: BywayNode<Bootstrap> | undefined
  #stopped = false

  /** @throws InvalidTestnetError */
  constructor (init: TestnetInit) {
    const { forwarders, rsps = 0, hosts = 0, latencies, bandwidths } = init
    this.#init = init
    checkCount('forwarders', forwarders, MAX_FORWARDERS)
    checkCount('rsps', typeof rsps === 'number' ? rsps : rsps.length, MAX_OTHERS)
    checkCount('hosts', hosts, MAX_OTHERS)
    this.#mapKinds = typeof rsps === 'number' ? Array.from({ length: rsps }, (_, i) => MAP_KINDS[i % MAP_KINDS.length]) : rsps
    if (latencies !== undefined) {
      const places = this.#places = new NamedPlaces(latencies)
      this.#delays = new DelayedOverlay(places, bandwidths === undefined ? undefined : (from, to) => places.bytesPerSecond(bandwidths, from, to))
    }
  }

  get bootstrap (): BywayNode<Bootstrap> {
    return this.#bootstrap as BywayNode<Bootstrap>
  }

  /** Where newcomers begin. */
  get seeds (): Multiaddr[] {
    return this.bootstrap.getMultiaddrs()
  }

  /** `createTestnet` does it. */
  async start (): Promise<void> {
    const deadlineMs = this.#init.startDeadlineMs ?? START_DEADLINE_MS
    const startedMs = performance.now()
    const isLate = (): NotInTimeError => new NotInTimeError(`the testnet is up; ${this.#started.size} nodes run`, deadlineMs)
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => { late.reject(isLate()) }, deadlineMs)
    try {
      await Promise.race([this.#startAll(), late.promise])
      // a timer is late itself where the starts keep the event loop busy
      if (performance.now() - startedMs > deadlineMs) {
        throw isLate()
      }
    } catch (error) {
      await this.stop()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Another forwarder; it is stopped with the rest. */
  async addForwarder (init?: ForwarderInit): Promise<BywayNode<Forwarder>> {
    return added(this.forwarders, await this.#startForwarder(init))
  }

  /** Another host; it is stopped with the rest. */
  async addHost (init?: HostInit, node?: Partial<NodeInit<Host>>): Promise<BywayNode<Host>> {
    return added(this.hosts, await this.#startHost(init, node))
  }

  /** Ends a node as when its process dies: its connections end, and it says nothing more. */
  async kill (node: BywayNode<Forwarder> | BywayNode<RouteProvider> | BywayNode<Host>): Promise<void> {
    for (const nodes of [this.forwarders, this.rsps, this.hosts] as Array<Array<BywayNode<Role>>>) {
      const at = nodes.indexOf(node)
      if (at >= 0) {
        nodes.splice(at, 1)
      }
    }
    await kill(node)
  }

  /**
   * Waits until each RSP knows all links, and each host says how near it is to all forwarders.
   *
   * @throws NotInTimeError
   */
  async ready ({ deadlineMs = READY_DEADLINE_MS, signal }: UntilOptions = {}): Promise<void> {
    await until(async () => isMapComplete(this), () => `the overlay is complete: ${mapProgress(this)}`, { deadlineMs, signal })
  }

  /**
   * Waits until an RSP offers one host a path to another. No channel is opened for it.
   *
   * @returns the answers of all RSPs
   * @throws NotInTimeError
   */
  async offered (source: BywayNode<Host>, destination: BywayNode<Host>, { deadlineMs = ROUTE_DEADLINE_MS, signal }: UntilOptions = {}): Promise<ProviderAnswer[]> {
    let answers: ProviderAnswer[] = []
    let problem = 'no RSP has answered'
    await until(async (over) => {
      try {
        answers = await source.services.byway.offers(destination.peerId, { signal: over })
        problem = answers.map(({ mapKind, error }) => `the RSP that maps by ${mapKind} says ${error?.message ?? 'nothing'}`).join(', ') || 'no RSP is known'
      } catch (error) {
        problem = (error as Error).message
      }
      return answers.some(({ paths }) => paths.length > 0)
    }, () => `a path is offered: ${problem}`, { deadlineMs, pollMs: QUERY_INTERVAL_MS, signal })
    return answers
  }

  /**
   * Waits until a channel has left its default route for a path.
   *
   * @throws NotInTimeError, which says how the channel goes instead
   */
  async onPath (channel: OutgoingChannel, { deadlineMs = ROUTE_DEADLINE_MS, signal }: UntilOptions = {}): Promise<void> {
    await until(() => channel.status.active?.isDefault === false, () => `the channel goes over a path: it goes ${channel.status.text}`, { deadlineMs, signal })
  }

  /** Ends all nodes, those that are starting as soon as they have. */
  async stop (): Promise<void> {
    this.#stopped = true
    await Promise.allSettled(this.#starting)
    await Promise.allSettled([...this.#started].map(async (node) => { await node.stop() }))
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.stop()
  }

  async #startAll (): Promise<void> {
    const { forwarders, hosts = 0 } = this.#init
    this.#bootstrap = await this.#start('bootstrap', { role: bootstrap({ network: TESTNET }), servesDht: true })
    this.forwarders.push(...await mapSome(Array.from({ length: forwarders }), START_CONCURRENCY, async () => this.#startForwarder()))
    // all links are measured, however many there are: what is found must not hang on what was chosen
    const rspInit = { ...this.#common, linksPerForwarder: Math.max(forwarders, DEFAULT_LINKS_PER_FORWARDER), ...this.#init.rspInit }
    this.rsps.push(...await mapSome(this.#mapKinds, START_CONCURRENCY, async (mapKind) =>
      this.#start('rsp', { role: routeProvider({ ...rspInit, mapKind }), servesDht: true })))
    this.hosts.push(...await mapSome(Array.from({ length: hosts }), START_CONCURRENCY, async () => this.#startHost()))
  }

  async #startForwarder (init?: ForwarderInit): Promise<BywayNode<Forwarder>> {
    const role = forwarder({ ...this.#common, probeIntervalMs: PROBE_INTERVAL_MS, ...this.#init.forwarderInit, ...init })
    return this.#start('forwarder', { role, servesDht: true })
  }

  async #startHost (init?: HostInit, node?: Partial<NodeInit<Host>>): Promise<BywayNode<Host>> {
    return this.#start('host', { role: host({ ...this.#common, ...this.#init.hostInit, ...init }), servesDht: false, ...node })
  }

  get #common (): { network: string, bootstrap: Multiaddr[] } {
    return { network: TESTNET, bootstrap: this.seeds }
  }

  async #start<R extends Role> (kind: NodeKind, init: Omit<LocalNodeInit<R>, 'network'>): Promise<BywayNode<R>> {
    const number = this.#counts[kind]++
    const name: NodeName = kind === 'bootstrap' ? kind : `${kind}${number}`
    this.#checkRunning(name)
    const starting = this.#startNamed(kind, name, init)
    this.#starting.add(starting)
    try {
      return await starting
    } finally {
      this.#starting.delete(starting)
    }
  }

  async #startNamed<R extends Role> (kind: NodeKind, name: NodeName, init: Omit<LocalNodeInit<R>, 'network'>): Promise<BywayNode<R>> {
    const row = this.#places?.join(name)
    if (row !== undefined) {
      this.#places?.check(row)
    }
    const privateKey = init.privateKey ?? await keyOf(name, this.#init.seed)
    if (kind === 'host') {
      this.#hostIds.add(peerIdFromPrivateKey(privateKey).toString())
    }
    const node = await startLocalNode<R>({
      network: TESTNET,
      listen: this.#init.listen ?? LOOPBACK,
      ...init,
      privateKey,
      connectionGater: composeGaters(this.#apart(kind), this.#init.connectionGater ?? {}, init.connectionGater ?? {}),
      ...(row === undefined || this.#delays === undefined ? {} : { place: { delays: this.#delays, row } })
    })
    this.#started.add(node)
    this.#checkRunning(name)
    return node
  }

  /** @throws InvalidTestnetError */
  #checkRunning (name: NodeName): void {
    if (this.#stopped) {
      throw new InvalidTestnetError(`${name} started when the testnet had been stopped: await it before`)
    }
  }

  /** Keeps a host from other hosts; these are kept from it in the same way. */
  #apart (kind: NodeKind): ConnectionGater {
    return kind === 'host' && this.#init.directHosts === false ? { denyDialPeer: (peer) => this.#hostIds.has(peer.toString()) } : {}
  }
}

async function keyOf (name: NodeName, seed: number | undefined): Promise<PrivateKey> {
  return seed === undefined
    ? generateKeyPair('Ed25519')
    : generateKeyPairFromSeed('Ed25519', sha256(new TextEncoder().encode(`byway testnet ${seed} ${name}`)))
}

function added<R extends Role> (nodes: Array<BywayNode<R>>, node: BywayNode<R>): BywayNode<R> {
  nodes.push(node)
  return node
}

function checkCount (setting: string, count: number, max: number): void {
  if (!Number.isInteger(count) || count < 0 || count > max) {
    throw new InvalidTestnetError(`${setting}: ${count} is none: give a whole number from 0 to ${max}`)
  }
}
