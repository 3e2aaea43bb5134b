// A host's part in forwarding state, put together: it asks for paths, takes or declines those that end at it, and keeps what an
// operator wants kept.
import { BucketTable } from '../defence/caller-buckets.ts'
import { connectTo } from '../discovery/connect.ts'
import { InstallChecker } from '../defence/install-checker.ts'
import { InstalledPaths } from './installed-paths.ts'
import { NoticeCode } from '../../protocols/forward/constants.ts'
import { noticeName } from '../../protocols/forward/notice.ts'
import { PathEnds } from './path-ends.ts'
import { PathInstaller } from './path-installer.ts'
import { serveGatedSetUp } from '../defence/set-up-callers.ts'
import { SetUpGate } from '../defence/set-up-gate.ts'
import { SetupClient } from '../../protocols/setup/client.ts'
import { VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { Endpoint } from '../link/endpoint.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { InstalledPathsInit } from './installed-paths.ts'
import type { PathEndsInit } from './path-ends.ts'
import type { LabelNotice } from '../../protocols/forward/labelled.ts'
import type { Link } from '../link/link.ts'
import type { Connection, Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** Set-ups of one source: a few paths for each of its channels, and again when they are lost. */
const SOURCE_PER_SECOND = 5
const SOURCE_BURST = 40
const MAX_SOURCES = 4_096
const CONNECT_DEADLINE_MS = 5_000
/** For one message to each first forwarder; paths of which these do not hear end with their leases. */
const REMOVE_DEADLINE_MS = 500
/** Some KB each. */
const MAX_VERIFIED = 256
/** A host is no server: what its exit forwarders may bring, so that provisional paths of ten seconds do not fill its labels. */
const LIMITS = { forwarderPerSecond: 50, forwarderBurst: 200, checksPerSecond: 300 }

export interface HostSetUpInit extends Pick<InstalledPathsInit, 'access' | 'offers' | 'prober'>, Pick<PathEndsInit, 'accepts'> {
  self: PeerId
  privateKey: PrivateKey
  endpoint: Endpoint
  links: LinkSet
  discovery: Discovery
  connectionManager: ConnectionManager
  /** Monotonic, ms. */
  now: () => number
  log: Logger
}

export class HostSetUp {
  readonly installer: PathInstaller
  readonly paths: InstalledPaths
  readonly #init: HostSetUpInit
  readonly #gate: SetUpGate
  readonly #ends: PathEnds
  readonly #client: SetupClient
  #unserve: (() => Promise<void>) | undefined

  constructor (init: HostSetUpInit) {
    const { self, privateKey, endpoint, links, now, log, discovery, prober, access, offers, accepts } = init
    this.#init = init
    this.#gate = new SetUpGate({ limits: LIMITS, now })
    this.#client = new SetupClient({ connect: async (peer) => this.#connect(peer) })
    this.#ends = new PathEnds({
      privateKey,
      labels: endpoint.labels,
      checker: new InstallChecker({ self, gate: this.#gate, paths: new VerifiedPaths({ maxPaths: MAX_VERIFIED }), now: Date.now }),
      sources: new BucketTable({ ratePerSecond: SOURCE_PER_SECOND, burst: SOURCE_BURST, maxEntries: MAX_SOURCES }),
      accepts,
      now,
      nowUnixMs: Date.now,
      onRemoved: (end) => { this.installer.removed(end) }
    })
    this.installer = new PathInstaller({ self, privateKey, endpoint, client: this.#client, now, nowUnixMs: Date.now, log })
    this.paths = new InstalledPaths({ self, installer: this.installer, discovery, access, prober, offers, now, log })
    endpoint.handleLabelNotices((notice, from) => { this.#onNotice(notice, from) })
    links.addEventListener('link:gone', ({ detail: link }) => {
      endpoint.labels.releaseAllOf(link.node)
      this.installer.neighbourGone(link.peer)
    })
  }

  async start (registrar: Registrar): Promise<void> {
    this.#unserve = await serveGatedSetUp(registrar, {
      gate: this.#gate,
      isForwarder: (peer) => this.#init.discovery.directory.get(peer)?.roles.has('forwarder') === true,
      handle: (request, caller) => this.#ends.handle(request, caller),
      log: this.#init.log
    })
  }

  /** While the connections are still there. */
  async beforeStop (): Promise<void> {
    const removed = this.installer.removeAll()
    this.paths.stop()
    let timer: ReturnType<typeof setTimeout> | undefined
    await Promise.race([removed, new Promise((resolve) => { timer = setTimeout(resolve, REMOVE_DEADLINE_MS) })])
    clearTimeout(timer)
  }

  async stop (): Promise<void> {
    await this.#unserve?.()
    this.#gate.stop()
    await this.#client.stop()
  }

  tick (nowMs: number): void {
    this.#init.endpoint.labels.expire(nowMs)
    this.paths.tick(nowMs)
  }

  /** A forwarder says that a packet under a label of ours was dropped. Where only this one packet is concerned the path stays. */
  #onNotice ({ code, label }: LabelNotice, from: Link): void {
    if (code !== NoticeCode.ttlExceeded && code !== NoticeCode.overQuota) {
      this.installer.installedUnder(label, from.peer)?.lost(`a forwarder says ${noticeName(code)}`)
    }
  }

  async #connect (peer: PeerId): Promise<Connection> {
    const { connectionManager, discovery } = this.#init
    const existing = connectionManager.getConnections(peer).find(({ status }) => status === 'open')
    return existing ?? connectTo(connectionManager, await discovery.describe(peer), AbortSignal.timeout(CONNECT_DEADLINE_MS))
  }
}
