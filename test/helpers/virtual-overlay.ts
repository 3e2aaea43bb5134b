// Forwarders and hosts that set up paths with the real code in virtual time: no sockets, messages as bytes, faults where a test wants them.
import { Accounts } from '../../src/forwarder/accounts.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { BucketTable } from '../../src/defence/caller-buckets.ts'
import { EndLabels } from '../../src/link/end-labels.ts'
import { ForwardingTable } from '../../src/forwarder/forwarding-table.ts'
import { HopAuthority } from '../../src/forwarder/hop-authority.ts'
import { InstallChecker } from '../../src/defence/install-checker.ts'
import { PathBudget } from '../../src/forwarder/path-budget.ts'
import { PathEnds } from '../../src/host/path-ends.ts'
import { PathInstaller } from '../../src/host/path-installer.ts'
import { Policy } from '../../src/forwarder/policy.ts'
import { Quotas } from '../../src/forwarder/quotas.ts'
import { RouteSecrets } from '../../src/forwarder/route-secrets.ts'
import { SetUpGate } from '../../src/defence/set-up-gate.ts'
import { SetUpService } from '../../src/forwarder/set-up-service.ts'
import { DeadlineError, UnavailableError, errorOfStatus, statusOf } from '../../protocols/errors.ts'
import { UsageLedger } from '../../src/forwarder/usage-ledger.ts'
import { VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import { MessageType } from '../../protocols/setup/constants.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import {
  decodeBound, decodeInstalled, decodeRefreshed, encodeBind, encodeInstall, encodeRefresh, encodeRemove
} from '../../protocols/setup/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { NOW_MS, keyOf } from './descriptors.ts'
import { VirtualTimers } from './virtual-timers.ts'
import type { Bind, Install, Refresh, Remove } from '../../protocols/setup/codec.ts'
import type { Endpoint } from '../../src/link/endpoint.ts'
import type { InstallCaller } from '../../src/defence/install-checker.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkSet } from '../../src/link/link-set.ts'
import type { OfferedFlow } from '../../src/host/path-ends.ts'
import type { PolicyInit } from '../../src/forwarder/policy.ts'
import type { SetupAnswer, SetupRequest } from '../../protocols/setup/server.ts'
import type { SetupClient, SetupOptions } from '../../protocols/setup/client.ts'
import type { SetUpLimits } from '../../src/defence/set-up-limits.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'

/**
 * What becomes of a message: it never arrives; or its answer is not delivered, and who answers knows it, or does not; or it is kept, and
 * who asked waits for its own deadline.
 */
export type Fault = 'request lost' | 'answer undelivered' | 'answer lost' | 'silence'

export interface Message { from: PeerId, to: PeerId, type: number, body: Uint8Array, deadlineMs?: number }

interface Node {
  peer: PeerId
  /** Of its address. */
  prefix: string
  handle: (request: SetupRequest, caller: InstallCaller) => SetupAnswer | Promise<SetupAnswer>
}

export interface VirtualForwarder extends Node {
  table: ForwardingTable
  links: LinkSet
  service: SetUpService
  policy: Policy
  ledger: UsageLedger
  gate: SetUpGate
  authority: HopAuthority
}

export interface VirtualHost extends Node {
  key: PrivateKey
  labels: EndLabels
  installer: PathInstaller
  /** What it decides about paths that end here. */
  accepts: (source: PeerId, flow: OfferedFlow) => boolean
}

export const SILENT = Object.assign((): void => {}, { enabled: false, error () {}, trace () {}, newScope: () => SILENT }) as unknown as Logger

const PREFIX = '192.0.2.0/24'
/** More than tests need. */
const CAPACITY_BYTES_PER_SECOND = 12_500_000

export class VirtualOverlay {
  readonly timers = new VirtualTimers()
  readonly messages: Message[] = []
  /** Decides for each message; default: all arrive. */
  fault: (message: Message) => Fault | undefined = () => undefined
  /** Peer ids, as text, to which forwarders have no links, and on whose account they looked for one. */
  readonly unlinked = new Set<string>()
  readonly askers: string[] = []
  /** Links to these that are being made. */
  readonly making = new Map<string, Promise<Link>>()
  readonly #nodes = new Map<string, Node>()

  readonly nowUnixMs = (): number => NOW_MS + this.timers.nowMs

  async addForwarder (number: number, { policy: rules, limits, maxPaths = 1_024 }: { policy?: PolicyInit, limits?: Partial<SetUpLimits>, maxPaths?: number } = {}): Promise<VirtualForwarder> {
    const peer = peerIdFromPrivateKey(await keyOf(number))
    const { now } = this.timers
    const links = fakeLinks(this.unlinked)
    const caps = new BucketSlab({ maxBuckets: 4_096 })
    const policy = new Policy(rules)
    const quotas = new Quotas(policy.quotas)
    const accounts = new Accounts({ capacityBytesPerSecond: CAPACITY_BYTES_PER_SECOND, rspLinkShare: 0.5, hasEntries: (account) => quotas.entriesOf(account) > 0, caps })
    const table: ForwardingTable = new ForwardingTable({ maxPaths, caps, random32, onRemoved: (path) => { budget.release(path) } })
    const ledger = new UsageLedger()
    const budget = new PathBudget({ policy, accounts, quotas, table, links, ledger, neighbour: (other) => ({ peer: other }), nowUnixMs: this.nowUnixMs })
    const secrets = new RouteSecrets({ randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)), nowS: () => this.nowUnixMs() / 1_000 })
    const authority = new HopAuthority({ policy, accounts, secrets, ledger, random32, now })
    const gate = new SetUpGate({ limits, now })
    const checker = new InstallChecker({ self: peer, gate, paths: new VerifiedPaths(), now: this.nowUnixMs, checkRsp: (rsp) => { policy.checkRsp(rsp) } })
    const service = new SetUpService({
      checker,
      table,
      links,
      budget,
      authority,
      client: this.clientOf(peer),
      reach: async (_, asker) => {
        this.askers.push(asker)
        throw new UnavailableError('there is no such forwarder')
      },
      reaching: (forwarder) => this.making.get(forwarder.toString()),
      now,
      nowUnixMs: this.nowUnixMs,
      log: SILENT
    })
    const node = { peer, prefix: PREFIX, table, links, service, policy, ledger, gate, authority, handle: (request: SetupRequest, caller: InstallCaller) => service.handle(request, caller) }
    this.#nodes.set(peer.toString(), node)
    return node
  }

  async addHost (number: number, prefix = PREFIX): Promise<VirtualHost> {
    const key = await keyOf(number)
    const peer = peerIdFromPrivateKey(key)
    const { now, startTimer } = this.timers
    const labels = new EndLabels({ random32 })
    const ends = new PathEnds({
      privateKey: key,
      labels,
      checker: new InstallChecker({ self: peer, gate: new SetUpGate({ now }), paths: new VerifiedPaths(), now: this.nowUnixMs }),
      sources: new BucketTable({ ratePerSecond: 1_000, burst: 1_000, maxEntries: 100 }),
      accepts: (source, flow) => node.accepts(source, flow),
      now,
      nowUnixMs: this.nowUnixMs
    })
    const endpoint = { labels, self: nodeIdOf(peer) } as unknown as Endpoint
    const installer = new PathInstaller({ self: peer, privateKey: key, endpoint, client: this.clientOf(peer), now, nowUnixMs: this.nowUnixMs, startTimer, log: SILENT })
    const node: VirtualHost = { peer, prefix, key, labels, installer, accepts: () => true, handle: (request, caller) => ends.handle(request, caller) }
    this.#nodes.set(peer.toString(), node)
    return node
  }

  /** Moves the clock, and lets all that this starts come to its end. */
  async advance (byMs: number, stepMs = 1_000): Promise<void> {
    for (let left = byMs; left > 0; left -= stepMs) {
      this.timers.advance(Math.min(left, stepMs))
      for (const node of this.#nodes.values()) {
        if ('table' in node) {
          (node as VirtualForwarder).table.expire(this.timers.nowMs)
          ;(node as VirtualForwarder).service.expire()
        } else if ('labels' in node) {
          (node as VirtualHost).labels.expire(this.timers.nowMs)
        }
      }
      await settled()
    }
  }

  clientOf (self: PeerId): SetupClient {
    const ask = async (to: PeerId, type: MessageType, body: Uint8Array, deadlineMs?: number): Promise<Uint8Array> => this.#deliver({ from: self, to, type, body, deadlineMs })
    const client = {
      install: async (to: PeerId, install: Install, options?: SetupOptions<unknown>) => decodeInstalled(await ask(to, MessageType.install, encodeInstall(install), options?.deadlineMs)),
      bind: async (to: PeerId, bind: Bind) => decodeBound(await ask(to, MessageType.bind, encodeBind(bind))),
      refresh: async (to: PeerId, refresh: Refresh) => decodeRefreshed(await ask(to, MessageType.refresh, encodeRefresh(refresh))),
      remove: async (to: PeerId, remove: Remove, _options?: SetupOptions<void>) => { await ask(to, MessageType.remove, encodeRemove(remove)) }
    }
    return client as unknown as SetupClient
  }

  async #deliver (message: Message): Promise<Uint8Array> {
    await Promise.resolve()
    const { from, to, type, body, deadlineMs } = message
    this.messages.push(message)
    const fault = this.fault(message)
    if (fault === 'silence') {
      await new Promise<void>((resolve) => { this.timers.startTimer(resolve, deadlineMs ?? Infinity) })
      throw new DeadlineError(`no answer within ${String(deadlineMs)} ms`)
    }
    const node = this.#nodes.get(to.toString())
    if (fault === 'request lost' || node === undefined) {
      throw new UnavailableError('the connection broke')
    }
    const caller = this.#nodes.get(from.toString())
    const gate = { peer: from.toString(), prefix: caller?.prefix ?? PREFIX, isForwarder: 'table' in (caller ?? {}) }
    try {
      const answer = await node.handle({ type: type as MessageType, body, frameBytes: body.length + 8 }, { peer: from, gate })
      if (fault !== undefined) {
        if (fault === 'answer undelivered') {
          answer.undelivered?.()
        }
        throw new UnavailableError('the connection broke')
      }
      return answer.body
    } catch (error) {
      const [index, challenge] = error instanceof SetupFailedError ? [error.index, error.challenge] : [0, undefined]
      const text = error instanceof Error ? error.message : String(error)
      throw new SetupFailedError(text, { code: errorOfStatus(statusOf(error), text).code, index, challenge, remote: true, cause: error })
    }
  }
}

/** Lets promises run that wait for nothing but each other. */
export async function settled (): Promise<void> {
  for (let turns = 0; turns < 3; turns++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Every peer is a neighbour; its link has a number of its own. */
function fakeLinks (unlinked: ReadonlySet<string>): LinkSet {
  const byPeer = new Map<string, Link>()
  const all: Link[] = []
  const get = (peer: PeerId): Link | undefined => {
    const key = peer.toString()
    if (unlinked.has(key)) {
      return undefined
    }
    const known = byPeer.get(key)
    if (known !== undefined) {
      return known
    }
    const link = { index: all.length, peer, node: nodeIdOf(peer), isUp: true } as unknown as Link
    all.push(link)
    byPeer.set(key, link)
    return link
  }
  return { get, byIndex: (index: number) => all[index], peerAt: (index: number) => all[index]?.peer } as unknown as LinkSet
}

function random32 (): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]
}
