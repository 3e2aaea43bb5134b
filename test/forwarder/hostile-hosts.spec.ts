// Hosts that own several signed paths over the same forwarders, and ask for parts of them in any order, at once, with orders, labels
// and binds mixed: whatever they do, labels of the forwarders lead round in no circle.
import assert from 'node:assert/strict'
import { MessageType } from '../../protocols/setup/constants.ts'
import { decodeBound, decodeInstalled, encodeBind, encodeInstall, encodeRefresh, encodeRemove } from '../../protocols/setup/codec.ts'
import { RefreshChain } from '../../protocols/setup/refresh-chain.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { BywayError } from '../../protocols/errors.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { VirtualOverlay, settled } from '../helpers/virtual-overlay.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { authorityOf, batchOf, blockOf, installOf, orderOver, randomBytes } from './attack-samples.ts'
import { signOrder } from '../../protocols/setup/order.ts'
import type { Batch } from './attack-samples.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { MessageType as Type } from '../../protocols/setup/constants.ts'
import type { SignedOrder } from '../../protocols/setup/order.ts'
import type { VirtualForwarder, VirtualHost } from '../helpers/virtual-overlay.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const SEED = 20_261_123
const OVERLAYS = 20
const RUNS = 100
const ACTIONS = 12
/** Over the same three forwarders, in every order that would close a circle with the others. */
const ORDERINGS = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 0, 2], [0, 1], [1, 0], [2, 0], [1, 2]]
const LIMITS = { checksPerSecond: 1e9, checkBurst: 1e9, calmQueued: 1e6 }

const random = seededRandom(SEED)
const below = (count: number): number => Math.floor(random() * count)
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]

interface HostileOrder {
  batch: Batch
  path: number
  signed: SignedOrder
  chain: RefreshChain
  owner: PeerId
}

describe('hostile hosts with several signed paths over the same forwarders', function () {
  this.timeout(45_000)

  const counts = { actions: 0, done: 0, longest: 0, walks: 0 }

  after(() => {
    console.log(`    ${OVERLAYS * RUNS} runs of ${counts.actions.toLocaleString('en')} actions, of which ${counts.done.toLocaleString('en')} were done: ` +
      `${counts.walks.toLocaleString('en')} label walks, none in a circle, the longest over ${counts.longest} forwarders`)
  })

  it('install no circle, whatever they mix', async () => {
    for (let overlay = 0; overlay < OVERLAYS; overlay++) {
      const play = await Play.create()
      for (let run = 0; run < RUNS; run++) {
        await play.run(counts)
        walkAll(play.forwarders, play.overlay.timers.nowMs, counts)
      }
    }
    assert.ok(counts.done > counts.actions / 20, 'much of it is what forwarders do')
    assert.equal(counts.longest, 3, 'whole paths come about')
  })

  it('that ask twice at once with one order lose only the second', async () => {
    const overlay = new VirtualOverlay()
    const [first, exit] = [await overlay.addForwarder(10), await overlay.addForwarder(11)]
    const [source, destination] = [await overlay.addHost(1), await overlay.addHost(2)]
    const batch = await batchOf({ rsp: await keyOf(90), source: source.peer, destination: destination.peer, over: [[first.peer, exit.peer]], nowMs: overlay.nowUnixMs() })
    const [known, block] = await Promise.all([1, 2].map(async () => blockOf({ batch, offer: batch.offers[0], key: source.key, nowMs: overlay.nowUnixMs() })))
    const ask = async (at: VirtualForwarder, body: Uint8Array): Promise<unknown> =>
      at.handle({ type: MessageType.install, body, frameBytes: body.length + 8 }, { peer: source.peer, gate: { peer: 'source', prefix: '', isForwarder: false } })
    await ask(exit, installOf(known, 1, { backLabel: undefined }))
    const twice = await Promise.allSettled([1, 2].map(async () => ask(exit, installOf(block, 1, { backLabel: undefined }))))
    assert.deepEqual(twice.map(({ status }) => status), ['fulfilled', 'rejected'])
    await ask(first, installOf(block, 0, { bound: true }))
    assert.deepEqual([first.table.size, exit.table.size, exit.service.unbound], [1, 2, 1])
  })
})

class Play {
  readonly overlay = new VirtualOverlay()
  readonly forwarders: VirtualForwarder[] = []
  readonly #hosts: Array<{ key: PrivateKey, peer: PeerId }> = []
  readonly #batches: Batch[] = []
  readonly #orders: HostileOrder[] = []
  readonly #labels: Label[] = []

  static async create (): Promise<Play> {
    const play = new Play()
    for (const number of [10, 11, 12]) {
      play.forwarders.push(await play.overlay.addForwarder(number, { limits: LIMITS }))
    }
    const hosts: VirtualHost[] = [await play.overlay.addHost(1), await play.overlay.addHost(2), await play.overlay.addHost(3)]
    play.#hosts.push(...hosts)
    const rsp = await keyOf(90)
    const over = ORDERINGS.map((ordering) => ordering.map((index) => play.forwarders[index].peer))
    for (const [source, destination] of [[0, 1], [1, 2], [2, 0], [1, 0]]) {
      play.#batches.push(await batchOf({ rsp, source: hosts[source].peer, destination: hosts[destination].peer, over, nowMs: play.overlay.nowUnixMs() }))
    }
    return play
  }

  /** Some actions, of which many are under way at once. */
  async run (counts: { actions: number, done: number }): Promise<void> {
    this.#orders.length = 0
    for (let number = 0; number < 3; number++) {
      await this.#newOrder()
    }
    const running: Array<Promise<void>> = []
    for (let action = 0; action < ACTIONS; action++) {
      counts.actions++
      running.push(this.#act().then(() => { counts.done++ }, expectRefusal))
      if (below(3) === 0) {
        await Promise.all(running)
      }
    }
    await Promise.all(running)
    await settled()
    await this.overlay.advance(oneOf([0, 0, 1_000, 3_000]), 1_000)
  }

  async #newOrder (): Promise<void> {
    const batch = oneOf(this.#batches)
    const path = below(ORDERINGS.length)
    const chain = new RefreshChain(randomBytes(16), 8)
    const { key } = this.#hosts.find(({ peer }) => peer.equals(batch.source)) as { key: PrivateKey }
    const order = orderOver(batch, batch.offers[path].path, this.overlay.nowUnixMs(), { anchor: chain.anchor })
    this.#orders.push({ batch, path, chain, signed: await signOrder(order, key), owner: peerIdFromPrivateKey(key) })
  }

  async #act (): Promise<void> {
    const order = oneOf(this.#orders)
    const ordering = ORDERINGS[order.path]
    switch (below(10)) {
      case 0: return this.#hopByHop(order)
      case 1: return this.#install(order, 0, false, this.#anyLabel())
      case 2: return this.#ask(oneOf(this.forwarders), MessageType.bind, encodeBind({ orderId: order.signed.id, backLabel: this.#anyLabel() }))
      case 3: return this.#ask(oneOf(this.forwarders), MessageType.refresh, encodeRefresh({ label: this.#anyLabel(), chain: order.chain.next() ?? randomBytes(16) }))
      case 4: return this.#ask(oneOf(this.forwarders), MessageType.remove, encodeRemove(below(2) === 0 ? { orderId: order.signed.id } : { label: this.#anyLabel() }))
      // a path of another order, a place of another path
      case 5: return this.#installAt(oneOf(this.forwarders), order, oneOf(this.#orders), below(4), below(2) === 0)
      case 6: return this.#circle(order)
      default: return this.#install(order, below(ordering.length), below(3) > 0, below(4) === 0 ? this.#anyLabel() : undefined)
    }
  }

  async #hopByHop (order: HostileOrder): Promise<void> {
    const exit = ORDERINGS[order.path].length - 1
    for (let index = exit; index >= 0; index--) {
      await this.#install(order, index, index < exit, index === 0 ? this.#anyLabel() : undefined)
    }
  }

  /** Each forwarder in the middle of a path of its own, with the next of the circle behind it: all at once, so that each finds the next one waiting. */
  async #circle (order: HostileOrder): Promise<void> {
    const asked = [0, 1, 2].map(async (path) => this.#installAt(this.forwarders[ORDERINGS[path][1]], order, { ...order, path }, 1, true))
    const refused = (await Promise.allSettled(asked)).find(({ status }) => status === 'rejected')
    if (refused !== undefined) {
      throw (refused as PromiseRejectedResult).reason
    }
  }

  async #install (order: HostileOrder, index: number, bound: boolean, backLabel: Label | undefined): Promise<void> {
    await this.#installAt(this.forwarders[ORDERINGS[order.path][index]], order, order, index, bound, index === 0 ? backLabel ?? this.#anyLabel() : backLabel)
  }

  async #installAt (at: VirtualForwarder, order: HostileOrder, shown: HostileOrder, index: number, bound: boolean, backLabel?: Label): Promise<void> {
    const { signed: { order: bytes, signature } } = order
    const authority = authorityOf(shown.batch, shown.batch.offers[shown.path])
    await this.#ask(at, MessageType.install, encodeInstall({ authority, order: bytes, signature, index, bound, backLabel, proofs: [] }), order.owner)
  }

  async #ask (at: VirtualForwarder, type: Type, body: Uint8Array, owner = oneOf(this.#hosts).peer): Promise<void> {
    const caller = below(8) === 0 ? oneOf(this.#hosts).peer : owner
    const answer = await at.handle({ type, body, frameBytes: body.length + 8 }, { peer: caller, gate: { peer: caller.toString(), prefix: '192.0.2.0/24', isForwarder: false } })
    const label = type === MessageType.install ? decodeInstalled(answer.body).label : type === MessageType.bind ? decodeBound(answer.body).label : undefined
    if (label !== undefined) {
      this.#labels.push(label)
    }
  }

  /** A label that a forwarder gave, one that stands in a table, though no host is told of those, or one that nobody has given. */
  #anyLabel (): Label {
    const inTables: Label[] = []
    this.forwarders.forEach(({ table }) => {
      table.forEach(({ forward }) => { inTables.push(forward, { slot: forward.slot + 1, check: table.slots.checkOf(forward.slot + 1) }) })
    })
    const known = below(2) === 0 ? inTables : this.#labels
    return known.length > 0 && below(4) > 0 ? oneOf(known) : { slot: below(16), check: below(2 ** 32) }
  }
}

/** From every slot as far as labels lead. */
function walkAll (forwarders: readonly VirtualForwarder[], nowMs: number, counts: { longest: number, walks: number }): void {
  for (const forwarder of forwarders) {
    forwarder.table.forEach(({ forward: { slot } }) => {
      for (const first of [slot, slot + 1]) {
        counts.walks++
        counts.longest = Math.max(counts.longest, walk(forwarders, forwarder, first, nowMs))
      }
    })
  }
}

/** @returns the number of forwarders that a packet in this slot comes to */
function walk (forwarders: readonly VirtualForwarder[], first: VirtualForwarder, slot: number, nowMs: number): number {
  const seen = new Set<VirtualForwarder>()
  for (let at = first; ;) {
    assert.ok(!seen.has(at), 'labels lead to a forwarder twice')
    seen.add(at)
    const { slots } = at.table
    const outLink = slots.outLink(slot)
    const out = slots.outLabel(slot)
    const to = outLink < 0 ? undefined : at.links.byIndex(outLink)?.peer
    const next = to === undefined ? undefined : forwarders.find(({ peer }) => peer.equals(to))
    const found = next?.table.slots.find(out.slot, out.check, next.links.get(at.peer)?.index as number, nowMs) ?? -1
    if (next === undefined || found < 0) {
      return seen.size
    }
    at = next
    slot = found
  }
}

function expectRefusal (error: unknown): void {
  assert.ok(error instanceof SetupFailedError || error instanceof BywayError, String(error))
}
