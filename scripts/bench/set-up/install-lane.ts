// S ─▶ F ─▶ D and U ─▶ F ─▶ D: F is a forwarder in a process of its own. The others are the least that the protocol allows, all in this
// process: S and U send installs that were made before, D gives a label at once. U stands for the forwarder before F.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { Child } from '../child-process.ts'
import { NETWORK, startNode, until } from '../nodes.ts'
import { installOf, OfferMaker } from './offers.ts'
import { SetupClient } from '../../../protocols/setup/client.ts'
import { encodeInstall, encodeInstalled, encodeRefreshed } from '../../../protocols/setup/codec.ts'
import { MAX_LEASE_MS, MessageType, PROVISIONAL_LEASE_MS, SETUP_PROTOCOL } from '../../../protocols/setup/constants.ts'
import { serveSetup } from '../../../protocols/setup/server.ts'
import { bootstrap } from '../../../src/discovery/bootstrap.ts'
import { host } from '../../../src/host/host.ts'
import type { ForwarderProcessInit } from './forwarder-process.ts'
import type { SetupAnswer, SetupRequest } from '../../../protocols/setup/server.ts'
import type { SetUpLimits } from '../../../src/defence/set-up-limits.ts'
import type { Host, HostComponents } from '../../../src/host/host.ts'
import type { OfferedPath } from '../../../src/host/provider-set.ts'
import type { BywayNode, Role } from '../../../src/node/libp2p.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

const MANY = 1_000_000
/** No bound that one caller meets who asks for everything, and no challenges. */
const LIMITS: Partial<SetUpLimits> = {
  callerPerSecond: MANY,
  callerBurst: MANY,
  forwarderPerSecond: MANY,
  forwarderBurst: MANY,
  prefixPerSecond: MANY,
  prefixBurst: MANY,
  checksPerSecond: MANY,
  checkBurst: MANY,
  calmQueued: MANY
}
const MAX_PATHS = 65_536
/** Behind U. */
const SOURCES = 20

/** How an install comes: is its path shown for the first time, and does a forwarder bring it, so that its order's signature is checked? */
export interface InstallKind { isNewPath: boolean, isPassedOn: boolean }

/** Who orders, and a path of it that was shown already (or will have been after the first install). */
interface Source { key: PrivateKey, peer: PeerId, known: OfferedPath }

export class InstallLane {
  readonly #nodes: Array<BywayNode<Role>> = []
  readonly #child = new Child('set-up/forwarder-process')
  readonly #offers = new OfferMaker()
  readonly #own: Source[] = []
  readonly #behind: Source[] = []
  #forwarder!: PeerId
  #upstream!: PeerId
  #destination!: PeerId
  #fromSource!: SetupClient
  #fromUpstream!: SetupClient
  #labels = 0

  static async start (): Promise<InstallLane> {
    const lane = new InstallLane()
    try {
      await lane.#start()
      return lane
    } catch (error) {
      await lane.stop()
      throw error
    }
  }

  get forwarder (): PeerId {
    return this.#forwarder
  }

  /** Of the forwarder's process, all threads, µs. */
  async cpuUs (): Promise<number> {
    return this.#child.ask<number>('cpu')
  }

  /** The caller of such installs. */
  client ({ isPassedOn }: InstallKind): SetupClient {
    return isPassedOn ? this.#fromUpstream : this.#fromSource
  }

  /** An encoded install with an order of its own. */
  async install ({ isNewPath, isPassedOn }: InstallKind, anchor: Uint8Array = new Uint8Array(16)): Promise<Uint8Array> {
    const sources = isPassedOn ? this.#behind : this.#own
    const source = sources[this.#labels++ % sources.length]
    const path = isNewPath ? await this.#offer(source.peer, isPassedOn) : source.known
    return encodeInstall({
      ...await installOf(path, source.key, { source: source.peer, destination: this.#destination }, anchor),
      index: isPassedOn ? 1 : 0,
      backLabel: this.#newLabel(),
      bound: false,
      proofs: []
    })
  }

  async stop (): Promise<void> {
    await Promise.allSettled(this.#nodes.map(async (node) => { await node.stop() }))
    await this.#child.stop()
  }

  async #start (): Promise<void> {
    const first = await startNode({ role: bootstrap({ network: NETWORK }), servesDht: true })
    this.#nodes.push(first)
    const seeds = first.getMultiaddrs()
    this.#forwarder = peerIdFromString(await this.#child.ask<string>('start', {
      bootstrap: seeds.map(String),
      forwarder: { setUpLimits: LIMITS, maxPaths: MAX_PATHS, policy: { quotas: { maxPerRsp: MAX_PATHS, maxPerSource: MAX_PATHS, maxPerPrefix: MAX_PATHS, maxPerForwarder: MAX_PATHS, maxPerPath: MAX_PATHS } } }
    } satisfies ForwarderProcessInit))
    const key = await generateKeyPair('Ed25519')
    this.#fromSource = clientOf((await this.#addHost(seeds, key)).node)
    const upstream = await this.#addHost(seeds)
    this.#upstream = upstream.node.peerId
    this.#fromUpstream = clientOf(upstream.node)
    const destination = await this.#addHost(seeds)
    this.#destination = destination.node.peerId
    await destination.registrar.unhandle(SETUP_PROTOCOL)
    await serveSetup(destination.registrar, { handle: (request) => this.#answer(request) })
    await this.#addSources(key)
  }

  async #addHost (seeds: Multiaddr[], privateKey?: PrivateKey): Promise<{ node: BywayNode<Host>, registrar: Registrar }> {
    let registrar!: Registrar
    const role = (components: HostComponents): Host => {
      registrar = components.registrar
      return host({ network: NETWORK, bootstrap: seeds })(components)
    }
    const node = await startNode({ role, servesDht: false, privateKey })
    this.#nodes.push(node)
    await until(() => node.services.byway.access.points.some(({ attached }) => attached), 'a host is attached')
    return { node, registrar }
  }

  /** One path of each RSP for S, one of each source behind U. */
  async #addSources (key: PrivateKey): Promise<void> {
    const peer = peerIdFromPrivateKey(key)
    for (let source = 0; source < SOURCES; source++) {
      this.#own.push({ key, peer, known: await this.#offer(peer, false) })
      const other = await generateKeyPair('Ed25519')
      this.#behind.push({ key: other, peer: peerIdFromPrivateKey(other), known: await this.#offer(peerIdFromPrivateKey(other), true) })
    }
  }

  async #offer (source: PeerId, isPassedOn: boolean): Promise<OfferedPath> {
    return this.#offers.offer({ forwarders: isPassedOn ? [this.#upstream, this.#forwarder] : [this.#forwarder], source, destination: this.#destination })
  }

  /** What D says. */
  #answer ({ type }: SetupRequest): SetupAnswer {
    switch (type) {
      case MessageType.install: return { body: encodeInstalled({ label: this.#newLabel(), leaseMs: PROVISIONAL_LEASE_MS, echo: new Uint8Array(64), authenticators: [] }) }
      case MessageType.refresh: return { body: encodeRefreshed({ leaseMs: MAX_LEASE_MS }) }
      default: return { body: new Uint8Array() }
    }
  }

  #newLabel (): { slot: number, check: number } {
    return { slot: ++this.#labels, check: 1 }
  }
}

function clientOf (node: BywayNode<Role>): SetupClient {
  return new SetupClient({ connect: async (peer) => node.getConnections(peer)[0] })
}
