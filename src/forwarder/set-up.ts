// A forwarder's part in forwarding state and its authority, put together: table, policy, quotas, accounts, hop authenticators, the
// gate before them, and the service that others ask.
import { Accounts } from './accounts.ts'
import { BucketSlab } from '../defence/bucket-slab.ts'
import { ClosedLinks } from './closed-links.ts'
import { countedPrefix } from '../defence/address-prefix.ts'
import { connectTo } from '../discovery/connect.ts'
import { ForwardingTable } from './forwarding-table.ts'
import { HopAuthority } from './hop-authority.ts'
import { InstallChecker } from '../defence/install-checker.ts'
import { LinkRules } from './link-rules.ts'
import { NextHops } from './next-hops.ts'
import { PathBudget } from './path-budget.ts'
import { Policy } from './policy.ts'
import { Quotas } from './quotas.ts'
import { RouteSecrets } from './route-secrets.ts'
import { serveGatedSetUp } from '../defence/set-up-callers.ts'
import { serveUsage } from '../../protocols/usage/server.ts'
import { SetUpGate } from '../defence/set-up-gate.ts'
import { SetUpService } from './set-up-service.ts'
import { SetupClient } from '../../protocols/setup/client.ts'
import { UsageLedger } from './usage-ledger.ts'
import { UsageService } from './usage-service.ts'
import { VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { KeptLinks } from '../link/kept-links.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { NextHopsInit } from './next-hops.ts'
import type { RspUsage } from './usage-ledger.ts'
import type { Neighbour } from './link-rules.ts'
import type { PathState } from './path-state.ts'
import type { PolicyInit } from './policy.ts'
import type { SetUpGateStatus } from '../defence/set-up-gate.ts'
import type { SetUpLimits } from '../defence/set-up-limits.ts'
import type { SetUpCounters } from './set-up-service.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** As an operator writes it. */
export interface ForwarderPolicy extends Omit<PolicyInit, 'links'> {
  /** Lines such as `deny operator=acme`, the first that matches decides. */
  linkRules?: readonly string[]
}

export interface ForwarderSetUpInit {
  self: PeerId
  privateKey: PrivateKey
  links: LinkSet
  neighbours: KeptLinks
  /** Has this peer asked for a link? */
  isAttached?: (peer: PeerId) => boolean
  /** What it said of itself when it did. */
  attached?: (peer: PeerId) => VerifiedDescriptor | undefined
  discovery: Discovery
  connectionManager: ConnectionManager
  capacityBytesPerSecond: number
  policy?: ForwarderPolicy
  /** Entries of the table. */
  maxPaths?: number
  limits?: Partial<SetUpLimits>
  /** Which addresses of a next hop may be dialled for whom. */
  chooseAddresses?: NextHopsInit['chooseAddresses']
  /** Address prefix of a caller, where its address does not tell. */
  prefixOf?: (connection: Connection) => string | undefined
  /** Monotonic, ms. */
  now: () => number
  log: Logger
}

export interface TableStatus {
  paths: number
  maxPaths: number
  labels: number
  /** Installed hop by hop, and not bound yet. */
  pendingPaths: number
  heldBytes: number
  /** What paths of each RSP have carried since the start, and hold now. */
  perRsp: Array<{ rsp: string, paths: number, sources: number, packets: number, bytes: number }>
}

export type SetUpStatus = SetUpCounters & SetUpGateStatus

/** 65,536 paths take about 10 MB when they are there. */
const DEFAULT_MAX_PATHS = 65_536
/** Buckets for what RSPs send over links: 64 RSPs on each of 1,024 links at once. */
const MAX_CAPS = 65_536
const CONNECT_DEADLINE_MS = 3_000
/** What authenticators carried is written down so often: long before an account is closed because it was idle. */
const SETTLE_MS = 60_000

export class ForwarderSetUp {
  readonly table: ForwardingTable
  readonly policy: Policy
  readonly authority: HopAuthority
  readonly nextHops: NextHops
  /** Undefined where the operator has no rules. */
  readonly closedLinks: ClosedLinks | undefined
  readonly #init: ForwarderSetUpInit
  readonly #maxPaths: number
  readonly #accounts: Accounts
  readonly #ledger: UsageLedger
  readonly #usage: UsageService
  #settledMs = 0
  readonly #budget: PathBudget
  readonly #quotas: Quotas
  readonly #gate: SetUpGate
  readonly #client: SetupClient
  readonly #service: SetUpService
  #unserve: Array<() => Promise<void>> = []

  constructor (init: ForwarderSetUpInit) {
    const { self, links, discovery, connectionManager, capacityBytesPerSecond, now, log } = init
    const { linkRules = [], ...policy } = init.policy ?? {}
    this.#init = init
    this.#maxPaths = init.maxPaths ?? DEFAULT_MAX_PATHS
    this.policy = new Policy({ ...policy, links: LinkRules.parse(linkRules), quotas: { maxEntries: this.#maxPaths, ...policy.quotas } })
    this.closedLinks = linkRules.length === 0 ? undefined : new ClosedLinks((peer) => this.isOpen(peer))
    const caps = new BucketSlab({ maxBuckets: MAX_CAPS })
    this.table = new ForwardingTable({ maxPaths: this.#maxPaths, caps, random32, onRemoved: (path) => { this.#removed(path) } })
    this.#quotas = new Quotas(this.policy.quotas)
    this.#accounts = new Accounts({
      capacityBytesPerSecond,
      rspLinkShare: this.policy.rspLinkShare,
      hasEntries: (account) => this.#quotas.entriesOf(account) > 0,
      caps
    })
    this.#ledger = new UsageLedger()
    this.authority = new HopAuthority({ policy: this.policy, accounts: this.#accounts, secrets: new RouteSecrets({ randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)), nowS: () => Date.now() / 1_000 }), ledger: this.#ledger, random32, now })
    this.#budget = new PathBudget({
      policy: this.policy,
      accounts: this.#accounts,
      quotas: this.#quotas,
      table: this.table,
      links,
      ledger: this.#ledger,
      neighbour: (peer) => this.#neighbour(peer),
      nowUnixMs: Date.now
    })
    this.#gate = new SetUpGate({ limits: init.limits, now })
    this.#client = new SetupClient({
      connect: async (peer) => connectionManager.getConnections(peer).find(({ status }) => status === 'open') ??
        connectTo(connectionManager, await discovery.describe(peer), AbortSignal.timeout(CONNECT_DEADLINE_MS))
    })
    this.nextHops = new NextHops({ links, neighbours: init.neighbours, discovery, connectionManager, chooseAddresses: init.chooseAddresses, isAttached: init.isAttached, isOnPath: ({ index }) => this.table.usesLink(index), now })
    this.#service = new SetUpService({
      checker: new InstallChecker({ self, gate: this.#gate, paths: new VerifiedPaths(), now: Date.now, checkRsp: (rsp) => { this.policy.checkRsp(rsp) } }),
      table: this.table,
      links,
      budget: this.#budget,
      authority: this.authority,
      client: this.#client,
      reach: async (forwarder, asker) => this.nextHops.reach(forwarder, asker),
      reaching: (forwarder) => this.nextHops.reaching(forwarder),
      renew: (next) => { this.nextHops.renew(next) },
      now,
      nowUnixMs: Date.now,
      log
    })
    this.#usage = new UsageService({ privateKey: init.privateKey, ledger: this.#ledger, hasAccount: (rsp) => this.#accounts.find(rsp) > 0, settle: () => { this.#settle() }, now: Date.now, clock: now })
    this.policy.onRevoked((rsp) => { this.#revoked(rsp) })
    links.addEventListener('link:gone', ({ detail: link }) => {
      this.table.removeLink(link.index)
      this.#accounts.caps.releaseLink(link.index)
      this.closedLinks?.releaseLink(link.index)
    })
  }

  async start (registrar: Registrar): Promise<void> {
    this.#unserve = await Promise.all([
      serveGatedSetUp(registrar, {
        gate: this.#gate,
        // not what it says of itself, which costs nothing: the links that an RSP has us watch, or that installed paths take
        isForwarder: (peer) => this.#init.neighbours.has(peer),
        prefixOf: this.#init.prefixOf,
        limits: this.#init.limits,
        handle: (request, caller) => this.#service.handle(request, caller),
        log: this.#init.log
      }),
      serveUsage(registrar, async (request, caller) => this.#usage.handle(request, caller), { prefixOf: ({ remoteAddr }) => countedPrefix(remoteAddr) })
    ])
  }

  async stop (): Promise<void> {
    await Promise.all(this.#unserve.map(async (unserve) => unserve()))
    this.#gate.stop()
    await this.#client.stop()
  }

  /** Every second. */
  expire (): void {
    this.table.expire(this.#init.now())
    this.#service.expire()
    this.closedLinks?.expire()
    const nowMs = this.#init.now()
    if (nowMs - this.#settledMs >= SETTLE_MS) {
      this.#settledMs = nowMs
      this.#settle()
    }
  }

  /** Does an installed path take the link to this peer? */
  isOnPath (peer: PeerId): boolean {
    const link = this.#init.links.get(peer)
    return link !== undefined && this.table.usesLink(link.index)
  }

  /** Do the operator's rules let paths of others go over the link to this neighbour? */
  isOpen (neighbour: PeerId): boolean {
    return this.policy.links.isOpen(this.#neighbour(neighbour))
  }

  /** Whose cap it is that a slot of the table names. */
  accountOfCap (cap: number): number {
    return this.#accounts.caps.accountOf(cap)
  }

  get tableStatus (): TableStatus {
    return {
      paths: this.table.size,
      maxPaths: this.#maxPaths,
      labels: this.table.labels,
      pendingPaths: this.#service.unbound,
      heldBytes: this.table.heldBytes + this.#budget.heldBytes,
      perRsp: this.#perRsp()
    }
  }

  get setUpStatus (): SetUpStatus {
    return { ...this.#service.counters, ...this.#gate.status }
  }

  /** What paths of each RSP have carried: by path, and by source, over which links. */
  usage (): Array<{ rsp: PeerId } & RspUsage> {
    this.#settle()
    return [...this.#ledger.totals()].flatMap(({ rsp }) => {
      const usage = this.#ledger.of(rsp)
      return usage === undefined ? [] : [{ rsp, ...usage }]
    })
  }

  #perRsp (): TableStatus['perRsp'] {
    this.#settle()
    const rows = new Map<string, { rsp: string, paths: number, sources: Set<number>, packets: number, bytes: number }>()
    const rowOf = (rsp: PeerId): { paths: number, sources: Set<number>, packets: number, bytes: number } => {
      const key = rsp.toString()
      const row = rows.get(key) ?? { rsp: key, paths: 0, sources: new Set(), packets: 0, bytes: 0 }
      rows.set(key, row)
      return row
    }
    for (const { rsp, packets, bytes } of this.#ledger.totals()) {
      Object.assign(rowOf(rsp), { packets, bytes })
    }
    this.table.forEach(({ account, source }) => {
      const rsp = this.#accounts.rspOf(account)
      const row = rsp === undefined ? undefined : rowOf(rsp)
      if (row !== undefined) {
        row.paths++
        row.sources.add(source)
      }
    })
    return [...rows.values()].map(({ sources, ...row }) => ({ ...row, sources: sources.size }))
  }

  /**
   * Rules may be about operator and tags: those of the newest descriptor with which it attached, or is kept, or that was heard of, which
   * others can have forgotten here.
   */
  #neighbour (peer: PeerId): Neighbour {
    const { attached, neighbours, discovery } = this.#init
    const known = [attached?.(peer), neighbours.descriptorOf(peer), discovery.directory.get(peer)].filter((descriptor) => descriptor !== undefined)
    return known.length === 0 ? { peer, isUnknown: true } : known.reduce((newest, other) => other.sequence > newest.sequence ? other : newest)
  }

  #settle (): void {
    this.#budget.settle()
    this.authority.flush()
  }

  #removed (path: PathState): void {
    this.#budget.release(path)
  }

  #revoked (rsp: PeerId): void {
    const account = this.#accounts.find(rsp)
    if (account > 0) {
      // its receipts stay
      this.#settle()
      this.table.removeAccount(account)
      this.#accounts.close(account)
    }
  }
}

/** So many numbers are drawn at once: a call of the platform's generator costs the same for one. */
const POOL_NUMBERS = 256
const pool = new Uint32Array(POOL_NUMBERS)
let drawn = POOL_NUMBERS

function random32 (): number {
  if (drawn === POOL_NUMBERS) {
    crypto.getRandomValues(pool)
    drawn = 0
  }
  return pool[drawn++]
}
