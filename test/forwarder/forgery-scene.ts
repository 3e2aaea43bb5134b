// The stage of the forgeries: honest forwarders S → F1 → F2 → F3 → D with real code in virtual time, paths that stand, and what a
// thorough attacker has seen of all this. F2 and D are attacked.
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { BucketTable } from '../../src/defence/caller-buckets.ts'
import { decodeInstalled, encodeRefresh } from '../../protocols/setup/codec.ts'
import { MessageType } from '../../protocols/setup/constants.ts'
import { EndLabels } from '../../src/link/end-labels.ts'
import { InstallChecker } from '../../src/defence/install-checker.ts'
import { PathEnds } from '../../src/host/path-ends.ts'
import { RefreshChain } from '../../protocols/setup/refresh-chain.ts'
import { SetUpGate } from '../../src/defence/set-up-gate.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { VirtualOverlay } from '../helpers/virtual-overlay.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { batchOf, blockOf, installOf, randomBytes } from './attack-samples.ts'
import type { Batch, Block } from './attack-samples.ts'
import type { EndLabel } from '../../src/link/end-labels.ts'
import type { InstallCaller } from '../../src/defence/install-checker.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { MessageType as Type } from '../../protocols/setup/constants.ts'
import type { SetupAnswer } from '../../protocols/setup/server.ts'
import type { SetUpLimits } from '../../src/defence/set-up-limits.ts'
import type { VirtualForwarder } from '../helpers/virtual-overlay.ts'
import type { PeerId } from '@libp2p/interface'

/** Rates far above what a test reaches: each refusal has to be for its own reason. */
const UNLIMITED: Partial<SetUpLimits> = { checksPerSecond: 1e9, checkBurst: 1e9, calmQueued: 1_000_000, maxQueued: 1_000_000 }
/** The queue is never short enough. */
const BUSY: Partial<SetUpLimits> = { ...UNLIMITED, calmQueued: 0 }
const BLOCKS = 24
const COOKIE_LIFE_MS = 120_000

export type Target = (request: { type: number, body: Uint8Array }, caller: PeerId) => SetupAnswer | Promise<SetupAnswer>

/** A path that stands at F2, or ends at D, and was refreshed twice. */
export interface Standing {
  label: Label
  chain: RefreshChain
  shown: Uint8Array
  orderId: Uint8Array
}

const keys = {
  source: await keyOf(1),
  destination: await keyOf(2),
  other: await keyOf(3),
  attacker: await keyOf(4),
  rsp: await keyOf(90),
  revoked: await keyOf(91),
  unlisted: await keyOf(92)
}

export class ForgeryScene {
  readonly keys = keys
  readonly peers = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, peerIdFromPrivateKey(key)])) as Record<keyof typeof keys, PeerId>
  readonly overlay = new VirtualOverlay()
  readonly ends = new EndLabels()
  readonly f: VirtualForwarder[] = []
  /** Two forwarders under load. */
  readonly busy: VirtualForwarder[] = []
  /** Of the source over F1 F2 F3: whole and valid, never used. */
  blocks: Block[] = []
  /** The same, of which F2 and D have had each. */
  used: Block[] = []
  /** The attacker is a customer as well. */
  own!: Batch
  standing: Standing[] = []
  ending: Standing[] = []
  /** Installed by its source alone, and waiting for F1. */
  unbound: Block[] = []
  #destination!: PathEnds
  readonly #endLabels: EndLabel[] = []

  static async create (): Promise<ForgeryScene> {
    const scene = new ForgeryScene()
    await scene.#cast()
    // cookies of the past need a past
    scene.overlay.timers.advance(2 * COOKIE_LIFE_MS)
    return scene
  }

  get nowMs (): number {
    return this.overlay.nowUnixMs()
  }

  readonly f2: Target = async ({ type, body }, caller) => this.#at(this.f[1], type, body, caller)

  readonly busyOne: Target = async ({ type, body }, caller) => this.#at(this.busy[0], type, body, caller)

  readonly busyOther: Target = async ({ type, body }, caller) => this.#at(this.busy[1], type, body, caller)

  readonly d: Target = ({ type, body }, caller) => this.#destination.handle({ type: type as Type, body, frameBytes: body.length + 8 }, this.#caller(caller))

  async batch (change: Partial<Parameters<typeof batchOf>[0]> = {}): Promise<Batch> {
    const over = [this.f[0], this.f[1], this.f[2]].map(({ peer }) => peer)
    return batchOf({ rsp: keys.rsp, source: this.peers.source, destination: this.peers.destination, over: Array.from({ length: BLOCKS }, () => over), nowMs: this.nowMs, ...change })
  }

  async blocksOf (batch: Batch, key = keys.source, change: Partial<Parameters<typeof blockOf>[0]> = {}): Promise<Block[]> {
    return Promise.all(batch.offers.map(async (offer) => blockOf({ batch, offer, key, nowMs: this.nowMs, ...change })))
  }

  /** Sets up what stands while the attack goes on. */
  async prepare (): Promise<void> {
    const batch = await this.batch()
    this.blocks = await this.blocksOf(batch)
    this.used = await this.blocksOf(batch)
    this.own = await this.batch({ source: this.peers.attacker })
    const [, f2, f3] = this.f
    for (let number = 0; number < 4; number++) {
      this.standing.push(await this.#stand(batch, this.f2, 1, this.f[0].peer))
      this.ending.push(await this.#stand(batch, this.d, 3, f3.peer))
      const waiting = await blockOf({ batch, offer: batch.offers[0], key: keys.source, nowMs: this.nowMs })
      await f3.handle({ type: MessageType.install, body: installOf(waiting, 2, { backLabel: undefined }), frameBytes: 2_000 }, this.#caller(this.peers.source))
      await f2.handle({ type: MessageType.install, body: installOf(waiting, 1, { backLabel: undefined, bound: true }), frameBytes: 2_000 }, this.#caller(this.peers.source))
      this.unbound.push(waiting)
    }
  }

  /** Takes a block to F2 and to D as it should come. */
  async use (block: Block): Promise<void> {
    await this.f2({ type: MessageType.install, body: installOf(block, 1) }, this.f[0].peer)
    await this.d({ type: MessageType.install, body: installOf(block, 3) }, this.f[2].peer)
  }

  /** What may not change: entries and their leases, labels, who waits. */
  state (): unknown {
    const { nowMs } = this.overlay.timers
    return {
      entries: [...this.f, ...this.busy].map(({ table, service }) => {
        const paths: unknown[] = []
        table.forEach((path) => { paths.push(path) })
        return { paths, unbound: service.unbound, installed: service.counters.installed, refreshed: service.counters.refreshed, authenticated: service.counters.authenticated }
      }),
      ends: this.ends.size,
      leases: this.#endLabels.map(({ label, neighbour }) => this.ends.find(label, neighbour, nowMs)?.expiresAtMs)
    }
  }

  async challengeAt (target: Target, block: Block, caller: PeerId): Promise<Uint8Array> {
    try {
      await target({ type: MessageType.install, body: installOf(block, 1) }, caller)
    } catch (error) {
      if (error instanceof SetupFailedError && error.challenge !== undefined) {
        return error.challenge.cookie
      }
    }
    throw new Error('a forwarder under load asks for a cookie')
  }

  async #cast (): Promise<void> {
    const policy = { rsps: [this.peers.rsp, this.peers.revoked], revoked: [this.peers.revoked], quotas: { maxPerPath: 1_024 } }
    for (const number of [10, 11, 12, 13]) {
      this.f.push(await this.overlay.addForwarder(number, { policy, limits: UNLIMITED }))
    }
    for (const number of [20, 21]) {
      this.busy.push(await this.overlay.addForwarder(number, { policy, limits: BUSY }))
    }
    // passes of F3 go on to it
    await this.overlay.addHost(2)
    const { now } = this.overlay.timers
    this.#destination = new PathEnds({
      privateKey: keys.destination,
      labels: this.ends,
      checker: new InstallChecker({ self: this.peers.destination, gate: new SetUpGate({ limits: UNLIMITED, now }), paths: new VerifiedPaths(), now: this.overlay.nowUnixMs }),
      sources: new BucketTable({ ratePerSecond: 1e6, burst: 1e6, maxEntries: 100 }),
      accepts: () => true,
      now,
      nowUnixMs: this.overlay.nowUnixMs
    })
  }

  async #stand (batch: Batch, target: Target, index: number, previous: PeerId): Promise<Standing> {
    const chain = new RefreshChain(randomBytes(16), 64)
    const block = await blockOf({ batch, offer: batch.offers[1], key: keys.source, nowMs: this.nowMs, anchor: chain.anchor })
    const label = decodeInstalled((await target({ type: MessageType.install, body: installOf(block, index) }, previous)).body).label as Label
    let shown = chain.anchor
    for (let refreshes = 0; refreshes < 2; refreshes++) {
      shown = chain.next() as Uint8Array
      await target({ type: MessageType.refresh, body: encodeRefresh({ label, chain: shown }) }, previous)
    }
    const end = this.ends.find(label, nodeIdOf(previous), this.overlay.timers.nowMs)
    if (end !== undefined) {
      this.#endLabels.push(end)
    }
    return { label, chain, shown, orderId: block.signed.id }
  }

  #at (forwarder: VirtualForwarder, type: number, body: Uint8Array, caller: PeerId): SetupAnswer | Promise<SetupAnswer> {
    return forwarder.handle({ type: type as Type, body, frameBytes: body.length + 8 }, this.#caller(caller))
  }

  #caller (peer: PeerId): InstallCaller {
    return { peer, gate: { peer: peer.toString(), prefix: '192.0.2.0/24', isForwarder: this.f.some((forwarder) => forwarder.peer.equals(peer)) } }
  }
}
