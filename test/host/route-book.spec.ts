import assert from 'node:assert/strict'
import { RouteBook, shortName } from '../../src/host/route-book.ts'
import { NotFoundError } from '../../protocols/errors.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { wayAlong } from '../../src/link/way.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { NoticeCode } from '../../protocols/forward/constants.ts'
import type { Arrival } from '../../src/link/endpoint.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { Route } from '../../src/host/route.ts'
import type { ChannelContext } from '../../src/host/channel.ts'
import type { ProviderAnswer } from '../../src/host/provider-set.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import { holdPath } from '../../src/host/path-hold.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'
import type { PathInstaller } from '../../src/host/path-installer.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'
import type { Logger, PeerId } from '@libp2p/interface'

const [SELF, REMOTE, RSP, RIVAL] = await Promise.all([1, 2, 3, 4].map(peerOf))
const F = await Promise.all(Array.from({ length: 20 }, async (_, i) => peerOf(10 + i)))
const LIFE_MS = 300_000

let pathNumber = 0

function pathOver (forwarders: PeerId[], change: Partial<OfferedPath> = {}): OfferedPath {
  const tag = new Uint8Array(8)
  new DataView(tag.buffer).setUint32(4, ++pathNumber)
  const prediction = { rttUs: 30_000, rttMarginUs: 1_000, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 }
  return { forwarders, rsp: RSP, tag, pathNumber, notBeforeMs: NOW_MS, expiresAtMs: NOW_MS + LIFE_MS, maxBytesPerSecond: 0n, prediction, ...change } as unknown as OfferedPath
}

function answer (paths: OfferedPath[], rsp = RSP): ProviderAnswer {
  return { rsp, mapKind: 'reports', paths, elapsedMs: 1 }
}

/** A host around a route book, of which a test can say who is attached where. */
class World {
  nowMs = 0
  /** Links that the default route can use; absent: the peer cannot be dialled. */
  canDial = true
  /** How long it takes. */
  dial: Promise<void> | undefined
  /** A connection of its own stands. */
  hasDialledUs = false
  readonly left: PeerId[] = []
  hasLink = false
  dials = 0
  /** Where we are attached, and where the peer is, or will be when asked. */
  attached = new Set<PeerId>(F)
  peerAttached = new Set<PeerId>(F)
  asked: PeerId[] = []
  /** Where we were asked to attach. */
  askedHere: PeerId[] = []
  inUse: string | undefined
  /** For more entries. */
  hasRoom = true
  /** What the forwarders say to every path, or to those of `refusedRsp` only. */
  refusal: Error | undefined
  refusedRsp: PeerId | undefined
  /** Paths over this one break what is demanded. */
  broken: PeerId | undefined
  readonly refused: string[] = []
  /** What has become of routes that are forgotten, in order. */
  readonly events: string[] = []
  #before: Route[] = []
  readonly unreachable: PeerId[] = []
  readonly renewed: Route[] = []
  readonly timers = new VirtualTimers()
  /** What setting up a path waits for, and the signals that ended it. */
  setUp: Promise<void> | undefined
  readonly setUps: AbortSignal[] = []
  readonly book: RouteBook

  constructor () {
    const log = Object.assign((): void => {}, { enabled: false, error () {}, trace () {} }) as unknown as Logger
    const context = {
      self: SELF,
      endpoint: {
        self: nodeIdOf(SELF),
        links: {
          get: () => this.hasLink ? {} : undefined,
          isConnected: () => this.hasDialledUs,
          open: async () => {
            this.dials++
            await this.dial
            this.hasLink = this.canDial || this.hasDialledUs || this.hasLink
            if (!this.hasLink || !this.canDial) throw new Error('no address')
          }
        }
      },
      left: (peer: PeerId) => { this.left.push(peer) },
      access: { isAttached: (peer: PeerId) => this.attached.has(peer), mayAskFor: () => this.hasRoom, attachTo: async ({ peer }: VerifiedDescriptor) => { this.askedHere.push(peer); return false } },
      discovery: { directory: { get: (peer: PeerId) => this.#descriptorOf(peer) } },
      now: () => this.nowMs,
      nowS: () => (NOW_MS + this.nowMs) / 1_000,
      log
    } as unknown as ChannelContext
    const installer = { authenticators: async ({ forwarders }: OfferedPath) => forwarders.map(() => new Uint8Array(8)) } as unknown as PathInstaller
    const onForgotten = (): void => {
      this.events.push(...this.#before.filter((route) => !this.book.routes.includes(route)).map(({ label }) => `left ${label}`))
    }
    this.book = new RouteBook({ context, remote: REMOTE, channel: this, onForgotten, onRefused: ({ forwarders }) => { this.refused.push(named(...forwarders)) }, onUnreachable: (entry) => { this.unreachable.push(entry) },
      isBroken: ({ forwarders }) => forwarders.some((forwarder) => this.broken?.equals(forwarder) === true), startTimer: this.timers.startTimer, onRenewed: (route) => { this.renewed.push(route) }, hold: async (path, how, signal) => {
      this.setUps.push(signal)
      await this.setUp
      if (this.refusal !== undefined && this.refusedRsp?.equals(path.rsp) !== false) throw this.refusal
      const hold = await holdPath(path, how, { self: nodeIdOf(SELF), remote: REMOTE, installer })
      return { ...hold, release: () => { this.events.push(`released ${named(...path.forwarders)}`) } }
    } })
  }

  async update (...answers: ProviderAnswer[]): Promise<string[]> {
    return this.updateAsked(this.nowMs, answers, answers)
  }

  /** Of all answers only some have what can be taken. */
  async updateAsked (askedMs: number, all: readonly ProviderAnswer[], chosen = all): Promise<string[]> {
    this.#before = this.book.routes
    this.events.length = 0
    await this.book.update(chosen, async (exit) => {
      this.asked.push(exit)
      return this.peerAttached.has(exit)
    }, (id) => id === this.inUse, { answers: all, askedMs })
    return this.book.routes.filter(({ isDefault }) => !isDefault).map(({ label }) => label)
  }

  #descriptorOf (peer: PeerId): VerifiedDescriptor {
    const access = peer.equals(REMOTE) ? [{ forwarder: F[1], rttUs: 1, attached: true }, { forwarder: F[2], rttUs: 1, attached: false }] : []
    return { peer, host: { access } } as unknown as VerifiedDescriptor
  }
}

const named = (...forwarders: PeerId[]): string => forwarders.map(shortName).join('→')

describe('route book', () => {
  it('has the default route when the peer can be dialled', async () => {
    const { book } = await opened()
    assert.equal(book.default?.isDefault, true)
    assert.equal(book.default?.way.header[6], 2)
  })

  it('has no default route when the peer cannot be dialled', async () => {
    const world = new World()
    world.canDial = false
    await world.book.openDefault()
    assert.deepEqual(world.book.routes, [])
  })

  it('regression: keeps its default route when a dial fails, and a link came to stand meanwhile', async () => {
    const world = await opened()
    const before = world.book.default
    const { promise, resolve } = Promise.withResolvers<void>()
    Object.assign(world, { hasLink: false, canDial: false, dial: promise })
    const dialled = world.book.openDefault()
    world.hasLink = true
    resolve()
    await dialled
    assert.equal(world.book.default, before)
  })

  it('regression: opens its default route over the connection of a peer that cannot be dialled, but has dialled', async () => {
    const world = new World()
    Object.assign(world, { canDial: false, hasDialledUs: true })
    await world.book.openDefault()
    assert.equal(world.book.default?.isDefault, true)
  })

  it('regression: keeps no link that came to stand after the end of the channel', async () => {
    const world = new World()
    const { promise, resolve } = Promise.withResolvers<void>()
    world.dial = promise
    const dialled = world.book.openDefault()
    world.book.close()
    resolve()
    await dialled
    assert.deepEqual([world.left, world.book.routes], [[REMOTE], []])
  })

  it('dials anew when the connection of the default route has ended, and keeps what was measured', async () => {
    const world = await opened()
    const before = world.book.default
    before?.watch.sent(1, 0)
    before?.echoReceived(1, 20)
    world.hasLink = false
    await world.book.openDefault()
    assert.equal(world.dials, 2)
    assert.equal(world.book.default, before)
    assert.equal(world.book.default?.rttMs, 20)
  })

  it('regression: asks no forwarder for anything once the channel has ended, which is when what it asked for is let go', async () => {
    const world = await opened()
    world.attached.clear()
    await world.update(answer([pathOver([F[0], F[1]])]))
    assert.deepEqual(world.askedHere, [F[0]])
    world.attached.add(F[3])
    world.book.close()
    assert.deepEqual(await world.update(answer([pathOver([F[2], F[1]]), pathOver([F[3], F[2]])])), [])
    assert.deepEqual([world.askedHere, world.asked], [[F[0]], []])
  })

  it('takes each path once however many RSPs offer it, the best of each RSP first', async () => {
    const world = await opened()
    const first = pathOver([F[0], F[1]])
    const labels = await world.update(answer([first, pathOver([F[3], F[1]])]), answer([pathOver([F[0], F[1]], { rsp: RIVAL }), pathOver([F[4], F[1]])], RIVAL))
    assert.deepEqual(labels, [named(F[0], F[1]), named(F[3], F[1]), named(F[4], F[1])])
    assert.equal(world.book.routes[1].path, first)
  })

  for (const { title, code, index, isTold } of [
    { title: 'tells of a path that a forwarder does not take', code: 'NOT_AUTHORIZED', index: 1, isTold: true },
    { title: 'tells of a path over a link that there is not', code: 'NOT_FOUND', index: 0, isTold: true },
    { title: 'regression: tells nothing of an exit at which the destination is not attached, of which its RSP was told otherwise', code: 'NOT_FOUND', index: 1, isTold: false },
    { title: 'tells nothing of a forwarder that is busy', code: 'OVER_QUOTA', index: 0, isTold: false },
    { title: 'tells nothing of a destination that declines', code: 'NOT_AUTHORIZED', index: 2, isTold: false }
  ]) {
    it(title, async () => {
      const world = await opened()
      world.refusal = new SetupFailedError('no', { code, index })
      assert.deepEqual(await world.update(answer([pathOver([F[0], F[1]])])), [])
      assert.deepEqual(world.refused, isTold ? [named(F[0], F[1])] : [])
    })
  }

  it('measures at most six paths at once, some of each RSP', async () => {
    const world = await opened()
    const labels = await world.update(answer(F.slice(3, 10).map((f) => pathOver([f, F[1]]))), answer(F.slice(10, 17).map((f) => pathOver([f, F[1]])), RIVAL))
    assert.equal(labels.length, 6)
    assert.ok(labels.includes(named(F[10], F[1])) && labels.includes(named(F[3], F[1])))
  })

  it('renews a path that is offered again: a later expiry and another tag, the same measurements', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[1]])]))
    const [, route] = world.book.routes
    route.watch.sent(1, 0)
    route.echoReceived(1, 33)
    const again = pathOver([F[1]], { expiresAtMs: NOW_MS + 2 * LIFE_MS })
    await world.update(answer([again]))
    assert.equal(world.book.byTag(again.tag), route)
    assert.equal(route.rttMs, 33)
    assert.equal(new DataView(route.way.header.buffer).getUint32(8), (NOW_MS + 2 * LIFE_MS) / 1_000)
  })

  it('regression: sets a route up once at a time, however often a forwarder says that it has lost it', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[1]])]))
    const [, route] = world.book.routes
    const { promise, resolve } = Promise.withResolvers<void>()
    world.setUp = promise
    const before = world.setUps.length
    const authorized: Array<Promise<void>> = []
    for (let notice = 0; notice < 10; notice++) {
      world.nowMs += 3_001
      authorized.push(world.book.authorize(route))
    }
    const updated = world.update(answer([pathOver([F[1]])]))
    await new Promise((turned) => setImmediate(turned))
    assert.equal(world.setUps.length - before, 1)
    resolve()
    await Promise.all([...authorized, updated])
    // the new offer found the route set up
    assert.equal(world.setUps.length - before, 1)
    world.nowMs += 3_001
    await world.book.authorize(route)
    assert.equal(world.setUps.length - before, 2)
  })

  it('regression: does not blame an RSP for what the forwarders said to the path of another, and sets its path up', async () => {
    const world = await opened()
    const { authorized, resolve } = await settingUp(world)
    Object.assign(world, { refusal: new SetupFailedError('no', { code: 'NOT_AUTHORIZED', index: 0 }), refusedRsp: RSP })
    const offered = pathOver([F[1]], { rsp: RIVAL })
    const updated = world.update(answer([offered], RIVAL))
    await new Promise((turned) => setImmediate(turned))
    resolve()
    await Promise.all([authorized, updated])
    assert.deepEqual([world.refused, world.book.refusals.size], [[], 0])
    assert.equal(world.book.routes[1].path, offered)
  })

  it('regression: takes a path in though what was being set up for the same forwarders was for a route that is forgotten', async () => {
    const world = await opened()
    const { route, authorized, resolve } = await settingUp(world)
    route.died(0)
    world.attached.delete(F[3])
    assert.deepEqual(await world.update(answer([pathOver([F[3], F[1]])])), [])
    const offered = pathOver([F[1]], { rsp: RIVAL })
    const updated = world.update(answer([offered], RIVAL))
    await new Promise((turned) => setImmediate(turned))
    resolve()
    await authorized
    assert.deepEqual(await updated, [named(F[1])])
    assert.equal(world.book.routes[1].path, offered)
  })

  it('regression: sets up nothing of what has waited for another set-up until the channel ended', async () => {
    const world = await opened()
    const { authorized, resolve } = await settingUp(world)
    const before = world.setUps.length
    const updated = world.update(answer([pathOver([F[1]], { rsp: RIVAL })], RIVAL))
    await new Promise((turned) => setImmediate(turned))
    world.book.close()
    resolve()
    await Promise.all([authorized, updated])
    assert.equal(world.setUps.length, before)
  })

  it('regression: the set-up of a path ends with the channel', async () => {
    const world = await opened()
    const { promise, resolve } = Promise.withResolvers<void>()
    world.setUp = promise
    const updated = world.update(answer([pathOver([F[1]])]))
    await new Promise((turned) => setImmediate(turned))
    const signal = world.setUps.at(-1)
    assert.equal(signal?.aborted, false)
    world.book.close()
    assert.equal(signal.aborted, true)
    resolve()
    assert.deepEqual(await updated, [])
    assert.deepEqual(world.events, [`released ${named(F[1])}`])
  })

  it('regression: keeps what a renewed route was held by until the peer has heard of the new, or the channel ends', async () => {
    const world = await opened()
    const released = `released ${named(F[1])}`
    await world.update(answer([pathOver([F[1]])]))
    await world.update(answer([pathOver([F[1]])]))
    assert.deepEqual([world.renewed, world.events], [[world.book.routes[1]], []])
    world.timers.advance(2_000)
    assert.deepEqual(world.events, [])
    world.timers.advance(1_000)
    assert.deepEqual(world.events, [released])
    await world.update(answer([pathOver([F[1]])]))
    world.book.close()
    assert.deepEqual([world.events, world.timers.running], [[released, released], 0])
  })

  it('drops a path whose offer has expired', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[1]])]))
    world.nowMs = LIFE_MS + 1
    assert.deepEqual(await world.update(), [])
  })

  it('keeps a living path that is offered no more, and forgets a dead one at once', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[0], F[1]]), pathOver([F[3], F[1]])]))
    world.book.routes[2].died(0)
    assert.deepEqual(await world.update(answer([pathOver([F[4], F[1]])])), [named(F[0], F[1]), named(F[4], F[1])])
  })

  it('regression: forgets a living path that has come to break what is demanded, even the one in use', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[0], F[1]]), pathOver([F[3], F[1]])]))
    world.inUse = world.book.routes[1].id
    world.broken = F[0]
    assert.deepEqual(await world.update(answer([pathOver([F[3], F[1]])])), [named(F[3], F[1])])
  })

  it('regression: forgets a living path that its RSP says is no answer any more, unless that is offered with the next answers', async () => {
    const world = await opened()
    const both = (): ProviderAnswer => answer([pathOver([F[0], F[1]]), pathOver([F[3], F[1]])])
    await world.update(both())
    world.inUse = world.book.routes[1].id
    world.book.disown(world.inUse)
    assert.deepEqual(await world.update(both()), [named(F[0], F[1]), named(F[3], F[1])])
    assert.deepEqual(await world.update(answer([pathOver([F[3], F[1]])])), [named(F[0], F[1]), named(F[3], F[1])])
    world.book.disown(world.inUse)
    assert.deepEqual(await world.update(answer([pathOver([F[3], F[1]])])), [named(F[3], F[1])])
  })

  it('regression: takes for no answer to that what was asked before, nor that its RSP says nothing', async () => {
    const world = await opened()
    const other = (rsp?: PeerId): ProviderAnswer => answer([pathOver([F[3], F[1]], rsp === undefined ? {} : { rsp })], ...(rsp === undefined ? [] : [rsp]))
    await world.update(answer([pathOver([F[0], F[1]])]))
    world.inUse = world.book.routes[1].id
    world.nowMs = 1_000
    world.book.disown(world.inUse)
    const both = [named(F[0], F[1]), named(F[3], F[1])]
    assert.deepEqual(await world.updateAsked(999, [other()]), both)
    assert.deepEqual(await world.updateAsked(1_001, [other(RIVAL)]), both)
    assert.deepEqual(await world.updateAsked(1_002, [{ ...answer([]), error: new Error('it is late') }, other(RIVAL)]), both)
    assert.deepEqual(await world.updateAsked(1_003, [{ ...answer([]), error: new NotFoundError('no path') }, other(RIVAL)], [other(RIVAL)]), [named(F[3], F[1])])
  })

  it('forgets a dead path after half a minute even when no RSP answers', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[1]])]))
    world.book.routes[1].died(0)
    world.nowMs = 30_000
    assert.equal((await world.update()).length, 1)
    world.nowMs = 30_001
    assert.equal((await world.update()).length, 0)
  })

  it('regression: has at most nine routes, and never forgets the living one in use for others', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[0], F[1]])]))
    world.inUse = world.book.routes[1].id
    for (const offset of [3, 9]) {
      const labels = await world.update(answer(F.slice(offset, offset + 6).map((f) => pathOver([f, F[1]]))))
      assert.ok(labels.includes(named(F[0], F[1])))
      assert.ok(world.book.routes.length <= 9, `${world.book.routes.length}`)
    }
  })

  it('asks the peer to attach to an exit at which it is not, and only then', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[0], F[1]]), pathOver([F[0], F[2]])]))
    assert.deepEqual(world.asked, [F[2]])
  })

  it('leaves out paths over an entry or exit that cannot be attached to', async () => {
    const world = await opened()
    world.attached.delete(F[3])
    world.peerAttached.delete(F[2])
    assert.deepEqual(await world.update(answer([pathOver([F[3], F[1]]), pathOver([F[0], F[2]]), pathOver([F[0], F[1]])])), [named(F[0], F[1])])
  })

  it('tells of an entry that it cannot attach to', async () => {
    const world = await opened()
    world.attached.delete(F[3])
    await world.update(answer([pathOver([F[3], F[1]]), pathOver([F[0], F[1]])]))
    assert.deepEqual(world.unreachable, [F[3]])
  })

  it('regression: does not take an entry for unreachable for which there is only no room here', async () => {
    const world = await opened()
    world.attached.delete(F[3])
    world.hasRoom = false
    assert.deepEqual(await world.update(answer([pathOver([F[3], F[1]]), pathOver([F[0], F[1]])])), [named(F[0], F[1])])
    assert.deepEqual(world.unreachable, [])
  })

  it('regression: says when nothing that was offered last can be used, which is reason to ask again soon', async () => {
    const world = await opened()
    await world.update()
    assert.equal(world.book.hasRefusedAll, false)
    world.peerAttached.delete(F[2])
    await world.update(answer([pathOver([F[0], F[2]])]))
    assert.equal(world.book.hasRefusedAll, true)
    await world.update(answer([pathOver([F[0], F[2]]), pathOver([F[0], F[1]])]))
    assert.equal(world.book.hasRefusedAll, false)
  })

  it('regression: a path over one of the ends themselves costs only itself', async () => {
    const world = await opened()
    assert.deepEqual(await world.update(answer([pathOver([F[0], SELF, F[1]]), pathOver([REMOTE]), pathOver([F[0], F[1]])])), [named(F[0], F[1])])
  })

  it('regression: waits for several exits side by side, not one after the other', async () => {
    const world = await opened()
    let waiting = 0
    let most = 0
    await world.book.update([answer([pathOver([F[2]]), pathOver([F[3]]), pathOver([F[4]])])], async () => {
      most = Math.max(most, ++waiting)
      await new Promise((resolve) => setTimeout(resolve, 5))
      waiting--
      return true
    }, () => false)
    assert.equal(most, 3)
  })

  it('finds the route on which a packet came back, by the tag of its path or by its label', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[1]]), pathOver([F[2]])]))
    for (const route of world.book.routes) {
      const { header, neighbour } = route.way
      assert.equal(world.book.byArrival({ answerOn: () => ({ header: header.slice(), neighbour }) } as unknown as Arrival), route)
      assert.equal(world.book.byArrival({ answerOn: () => route.way, end: {} } as unknown as Arrival), route)
    }
    const unknown = encodeSourceRoute({ nodes: [nodeIdOf(SELF), nodeIdOf(REMOTE)], expiryS: 1, pathTag: new Uint8Array(8).fill(9) })
    assert.equal(world.book.byArrival({ answerOn: () => wayAlong(unknown) } as unknown as Arrival), undefined)
    assert.equal(world.book.byArrival({ answerOn: () => undefined } as unknown as Arrival), undefined)
  })

  it('finds the route of a notice that one of its forwarders made, and none for the word of others', async () => {
    const world = await opened()
    const path = pathOver([F[0], F[5], F[1]])
    await world.update(answer([path, pathOver([F[0], F[1]])]))
    const [, route] = world.book.routes
    const nodes = [SELF, F[0], F[5], F[1]].map(nodeIdOf)
    const noticeOf = (walked: NodeId[], pathTag = path.tag): Notice => ({ code: NoticeCode.noSuchNeighbour, walked, reporter: walked[walked.length - 1], pathTag, quote: new Uint8Array() })
    for (const length of [2, 3, 4]) {
      assert.equal(world.book.byNotice(noticeOf(nodes.slice(0, length))), route)
    }
    assert.equal(world.book.byNotice(noticeOf([nodes[0], nodeIdOf(F[9])])), undefined)
    assert.equal(world.book.byNotice(noticeOf([nodes[0], nodes[1], nodeIdOf(F[9])])), undefined)
    assert.equal(world.book.byNotice(noticeOf(nodes.slice(0, 2), new Uint8Array(8))), undefined)
  })

  it('regression: has a channel leave a route that is forgotten before the state of that is taken back', async () => {
    const world = await opened()
    await world.update(answer([pathOver([F[0], F[1]]), pathOver([F[3], F[1]])]))
    world.inUse = world.book.routes[1].id
    world.broken = F[0]
    await world.update()
    assert.deepEqual(world.events, [`left ${named(F[0], F[1])}`, `released ${named(F[0], F[1])}`])
  })

  it('finds a route by a tag, and the node behind the reporter of a notice', async () => {
    const world = await opened()
    const path = pathOver([F[0], F[5], F[1]])
    await world.update(answer([path]))
    const route = world.book.byTag(path.tag)
    assert.equal(route?.path, path)
    assert.equal(world.book.nodeAfter(route, nodeIdOf(F[0]))?.equals(F[5]), true)
    assert.equal(world.book.nodeAfter(route, nodeIdOf(F[1]))?.equals(REMOTE), true)
    assert.equal(world.book.nodeAfter(route, nodeIdOf(F[9])), undefined)
    assert.equal(world.book.byTag(new Uint8Array(8)), undefined)
  })
})

/** Of a route that forwarders want authority for, with a path of `RSP`. It goes on with `resolve`. */
async function settingUp (world: World): Promise<{ route: Route, authorized: Promise<void>, resolve: () => void }> {
  await world.update(answer([pathOver([F[1]])]))
  const [, route] = world.book.routes
  const { promise, resolve } = Promise.withResolvers<void>()
  world.setUp = promise
  return { route, authorized: world.book.authorize(route), resolve }
}

async function opened (): Promise<World> {
  const world = new World()
  await world.book.openDefault()
  return world
}
