import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { TypedEventEmitter } from 'main-event'
import { AccessSet } from '../../src/host/access-set.ts'
import { CandidateSource } from '../../src/host/candidate-source.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { peerOf } from '../helpers/descriptors.ts'
import type { AccessSetInit } from '../../src/host/access-set.ts'
import type { CandidateSourceInit } from '../../src/host/candidate-source.ts'
import type { LinkSetEvents } from '../../src/link/link-set.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { ProbeResult } from '../../src/measurement/prober.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const SELF = await peerOf(1)
const PEERS = await Promise.all(Array.from({ length: 8 }, async (_, i) => peerOf(100 + i)))
const [GREEDY, MODEST] = PEERS
const FORWARDERS = await Promise.all(Array.from({ length: 40 }, async (_, i) => peerOf(10 + i)))

/** Links that come up when they are opened, unless the forwarder cannot be reached. */
class FakeLinks extends TypedEventEmitter<LinkSetEvents> {
  readonly up = new Set<string>()
  readonly unreachable = new Set<string>()
  readonly suspected: string[] = []

  endIfSilent (peer: PeerId): void {
    this.suspected.push(peer.toString())
  }

  get (peer: PeerId): object | undefined {
    return this.up.has(peer.toString()) ? { peer } : undefined
  }

  async open (peer: PeerId): Promise<void> {
    if (this.unreachable.has(peer.toString())) throw new Error('refused')
    this.up.add(peer.toString())
  }

  close (peer: PeerId): void {
    this.up.delete(peer.toString())
  }

  fail (peer: PeerId): void {
    this.unreachable.add(peer.toString())
    this.close(peer)
    this.safeDispatchEvent('link:down', { detail: { peer } as unknown as LinkSetEvents['link:down']['detail'] })
  }
}

/** An access set in virtual time; the i-th forwarder is i + 1 ms away. */
class World {
  nowMs = 0
  readonly links = new FakeLinks()
  probes = 0
  invalidated = 0
  sought = 0
  readonly expired = new Set<string>()
  readonly set: AccessSet
  readonly #source: CandidateSource
  readonly #directory: VerifiedDescriptor[] = []
  /** Forwarders for whose addresses there is no transport here, and those with which there is a connection all the same. */
  readonly undialable = new Set<string>()
  readonly connected = new Set<string>()
  asked = 0
  readonly #rttMs = new Map(FORWARDERS.map((peer, i) => [nodeIdOf(peer).join(), i + 1]))

  constructor (limits: { maxAccess?: number, maxCandidates?: number } = {}) {
    this.set = new AccessSet({
      self: SELF,
      links: this.links,
      prober: {
        probe: ([node]: NodeId[], onResult: (result: ProbeResult) => void) => {
          this.probes++
          onResult({ rttMs: this.#rttMs.get(node.join()) })
          return true
        }
      },
      discovery: {
        refresh: () => { this.sought++ },
        self: { get: async () => new Uint8Array(), invalidate: () => { this.invalidated++ } },
        directory: { get: (peer: PeerId) => this.expired.has(peer.toString()) ? undefined : {} }
      },
      connectionManager: { getConnections: () => [{ status: 'open', newStream: async () => { throw new Error('not in this test') } }] },
      maxAccess: limits.maxAccess ?? 3,
      maxCandidates: limits.maxCandidates ?? 8,
      refill: (places: number) => { this.#source.refill(places) },
      now: () => this.nowMs,
      random: () => 0.5,
      log: (): void => {}
    } as unknown as AccessSetInit)
    this.#source = new CandidateSource({
      connectionManager: {
        getConnections: (peer: PeerId) => this.connected.has(peer.toString()) ? [{ status: 'open' }] : [],
        isDialable: async (addresses: Multiaddr[]) => {
          this.asked++
          return addresses.some((address) => !this.undialable.has(address.toString().split('/').at(-1) as string))
        }
      },
      directory: { ofRole: () => this.#directory },
      access: this.set
    } as unknown as CandidateSourceInit)
    this.set.start()
  }

  /** As discovery does. */
  find (...found: VerifiedDescriptor[]): void {
    for (const descriptor of found) {
      const at = this.#directory.findIndex(({ peer }) => peer.equals(descriptor.peer))
      this.#directory.splice(at < 0 ? this.#directory.length : at, 1, descriptor)
      this.#source.offer(descriptor)
    }
  }

  consider (...peers: PeerId[]): void {
    for (const peer of peers) {
      this.set.consider(describe_(peer))
    }
  }

  async run (forMs: number): Promise<void> {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs;) {
      this.nowMs += 50
      mock.timers.tick(50)
      for (let i = 0; i < 5; i++) await Promise.resolve()
    }
  }

  /** Its answers to probes. */
  loses (peer: PeerId): void {
    this.#rttMs.delete(nodeIdOf(peer).join())
  }

  rttMs (peer: PeerId, rttMs: number): void {
    this.#rttMs.set(nodeIdOf(peer).join(), rttMs)
  }

  get points (): string[] {
    return this.set.points.map(({ forwarder }) => forwarder.toString())
  }

  get attached (): string[] {
    return this.set.points.filter(({ attached }) => attached).map(({ forwarder }) => forwarder.toString())
  }
}

const describe_ = (peer: PeerId): VerifiedDescriptor => ({ peer, endpoints: [{ peer, addresses: [multiaddr(`/dns4/a.example/tcp/1/p2p/${peer.toString()}`)] }] }) as unknown as VerifiedDescriptor
const names = (peers: PeerId[]): string[] => peers.map(String)

describe('access set', () => {
  let world: World

  beforeEach(() => { mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }) })

  afterEach(() => {
    world.set.stop()
    mock.timers.reset()
  })

  it('attaches to all candidates to measure them, and stays attached to the nearest', async () => {
    world = new World({ maxAccess: 3 })
    world.consider(...FORWARDERS.slice(0, 6).reverse())
    await world.run(300)
    assert.equal(world.links.up.size, 6)
    await world.run(3_000)
    assert.deepEqual(world.attached, names(FORWARDERS.slice(0, 3)))
    assert.deepEqual(names(FORWARDERS.slice(0, 3)), [...world.links.up].sort((a, b) => names(FORWARDERS).indexOf(a) - names(FORWARDERS).indexOf(b)))
  })

  it('goes on naming the far ones it measured, as not attached', async () => {
    world = new World({ maxAccess: 1 })
    world.consider(...FORWARDERS.slice(0, 3))
    await world.run(4_000)
    assert.deepEqual(world.set.points.map(({ rttUs, attached }) => ({ rttUs, attached })), [
      { rttUs: 1_000, attached: true }, { rttUs: 2_000, attached: false }, { rttUs: 3_000, attached: false }
    ])
  })

  it('regression: has discovery look for others when a forwarder goes away and too few are known, and again and again while none is left', async () => {
    world = new World({ maxAccess: 2 })
    world.consider(...FORWARDERS.slice(0, 5))
    await world.run(10_000)
    assert.equal(world.sought, 0, 'to let go of far ones is no loss')
    for (const peer of FORWARDERS.slice(0, 3)) {
      world.links.fail(peer)
      await world.run(10_000)
      assert.equal(world.sought, 0, 'others are known')
    }
    world.links.fail(FORWARDERS[3])
    await world.run(10_000)
    assert.equal(world.sought, 1)
    FORWARDERS.slice(4, 5).forEach((peer) => { world.links.fail(peer) })
    await world.run(30_000)
    const sought: number = world.sought
    assert.ok(sought >= 4 && sought <= 8, `${sought}`)
  })

  it('names no forwarder before two probes came back', async () => {
    world = new World()
    world.consider(FORWARDERS[0])
    await world.run(150)
    assert.deepEqual(world.points, [])
    await world.run(500)
    assert.deepEqual(world.points, names([FORWARDERS[0]]))
  })

  it('makes the descriptor anew when access points have changed, and only then', async () => {
    world = new World()
    world.consider(FORWARDERS[0], FORWARDERS[1])
    await world.run(4_000)
    const before = world.invalidated
    assert.ok(before > 0)
    await world.run(60_000)
    assert.equal(world.invalidated, before)
    world.consider(FORWARDERS[2])
    await world.run(4_000)
    assert.ok(world.invalidated > before)
  })

  it('probes a measured forwarder every four seconds', async () => {
    world = new World()
    world.consider(FORWARDERS[0])
    await world.run(5_000)
    const before = world.probes
    await world.run(100_000)
    assert.ok(Math.abs(world.probes - before - 25) <= 1, `${world.probes - before} probes`)
  })

  it('considers no more candidates than it was told', async () => {
    world = new World({ maxCandidates: 4 })
    world.consider(...FORWARDERS.slice(0, 10))
    await world.run(1_000)
    assert.equal(world.points.length, 4)
  })

  it('regression: one forwarder that cannot be reached does not keep the host from settling', async () => {
    world = new World({ maxAccess: 1 })
    world.links.unreachable.add(FORWARDERS[0].toString())
    world.consider(...FORWARDERS.slice(0, 3))
    await world.run(9_000)
    assert.ok(world.invalidated > 0)
    assert.deepEqual(world.attached, names([FORWARDERS[1]]))
  })

  it('regression: attaches in the end although no forwarder has answered for longer than one keeps others waiting', async () => {
    world = new World({ maxAccess: 3 })
    const slow = FORWARDERS.slice(0, 5)
    slow.forEach((peer) => { world.links.unreachable.add(peer.toString()) })
    world.consider(...slow)
    await world.run(3_000)
    world.links.unreachable.clear()
    slow.forEach((peer) => { world.loses(peer) })
    await world.run(20_000)
    assert.deepEqual(world.points, [])
    slow.forEach((peer, i) => { world.rttMs(peer, i + 1) })
    world.consider(...slow)
    await world.run(20_000)
    assert.deepEqual(world.attached, names(slow.slice(0, 3)))
  })

  it('regression: leaves out a forwarder that is gone, and names it again when it is back', async () => {
    world = new World()
    world.consider(FORWARDERS[0], FORWARDERS[1])
    await world.run(4_000)
    world.links.fail(FORWARDERS[0])
    await world.run(7_000)
    assert.deepEqual(world.points, names([FORWARDERS[1]]))
    world.links.unreachable.clear()
    await world.run(65_000)
    assert.deepEqual(world.attached, names([FORWARDERS[0], FORWARDERS[1]]))
  })

  it('regression: a forwarder that is gone makes room for another', async () => {
    world = new World({ maxCandidates: 2 })
    world.consider(FORWARDERS[0], FORWARDERS[1])
    await world.run(4_000)
    world.consider(FORWARDERS[2])
    assert.equal(world.set.has(FORWARDERS[2]), false)
    world.links.fail(FORWARDERS[0])
    await world.run(7_000)
    world.consider(FORWARDERS[2])
    await world.run(4_000)
    assert.deepEqual(world.attached, names([FORWARDERS[1], FORWARDERS[2]]))
  })

  it('regression: lets go of nothing that a channel uses, however far it is', async () => {
    world = new World({ maxAccess: 1 })
    world.consider(...FORWARDERS.slice(0, 3))
    for (let i = 0; i < 8; i++) {
      world.set.used(FORWARDERS[2])
      await world.run(1_000)
    }
    assert.deepEqual(world.attached, names([FORWARDERS[0], FORWARDERS[2]]))
    await world.run(14_000)
    assert.deepEqual(world.attached, names([FORWARDERS[0]]))
  })

  it('regression: does not change from one forwarder to another that is hardly nearer', async () => {
    world = new World({ maxAccess: 1 })
    world.consider(FORWARDERS[20], FORWARDERS[21])
    await world.run(4_000)
    assert.deepEqual(world.attached, names([FORWARDERS[20]]))
    world.rttMs(FORWARDERS[20], 24)
    await world.run(60_000)
    assert.deepEqual(world.attached, names([FORWARDERS[20]]))
    world.rttMs(FORWARDERS[20], 40)
    await world.run(60_000)
    assert.deepEqual(world.attached, names([FORWARDERS[21]]))
  })

  it('regression: attaches to the next nearest when a forwarder is gone', async () => {
    world = new World({ maxAccess: 1 })
    world.consider(...FORWARDERS.slice(0, 3))
    await world.run(4_000)
    world.links.fail(FORWARDERS[0])
    await world.run(8_000)
    assert.deepEqual(world.attached, names([FORWARDERS[1]]))
  })

  it('regression: has the connection to a forwarder looked at from which four probes in a row have not come back', async () => {
    world = new World()
    world.consider(FORWARDERS[0], FORWARDERS[1])
    await world.run(5_000)
    const before = world.probes
    world.loses(FORWARDERS[1])
    await world.run(10_000)
    assert.deepEqual([world.probes - before, world.links.suspected], [6, []])
    await world.run(4_000)
    assert.deepEqual(world.links.suspected, names([FORWARDERS[1]]))
  })

  it('forgets a forwarder whose descriptor has expired, unless it is attached there', async () => {
    world = new World({ maxAccess: 1 })
    world.consider(FORWARDERS[0], FORWARDERS[1])
    await world.run(4_000)
    world.expired.add(FORWARDERS[0].toString()).add(FORWARDERS[1].toString())
    await world.run(2_000)
    assert.deepEqual(world.points, names([FORWARDERS[0]]))
  })

  describe('of forwarders that discovery found', () => {
    const undialable = (peers: PeerId[]): void => { peers.forEach((peer) => { world.undialable.add(peer.toString()) }) }

    it('regression: those that cannot be dialled from here take no place from those that can', async () => {
      world = new World({ maxCandidates: 8 })
      undialable(FORWARDERS.slice(0, 35))
      world.find(...FORWARDERS.map(describe_))
      await world.run(4_000)
      assert.deepEqual(world.points, names(FORWARDERS.slice(35)))
    })

    it('considers one that cannot be dialled where there is a connection already, and where a peer asks for it', async () => {
      world = new World()
      undialable(FORWARDERS.slice(0, 3))
      world.connected.add(FORWARDERS[1].toString())
      world.find(...FORWARDERS.slice(0, 3).map(describe_))
      await world.run(4_000)
      void world.set.attachTo(describe_(FORWARDERS[2]), 1_000, {})
      await world.run(4_000)
      assert.deepEqual(world.points, names([FORWARDERS[1], FORWARDERS[2]]))
    })

    it('asks once whether one can be dialled, and once more when it has a newer descriptor', async () => {
      world = new World()
      undialable(FORWARDERS)
      world.find(...FORWARDERS.map(describe_))
      await world.run(20_000)
      assert.equal(world.asked, FORWARDERS.length)
      world.undialable.clear()
      world.find(describe_(FORWARDERS[0]))
      await world.run(4_000)
      assert.deepEqual(world.points, names([FORWARDERS[0]]))
    })

    it('regression: those that never answer give their places to others that were found, a place each', async () => {
      world = new World({ maxCandidates: 4 })
      FORWARDERS.slice(0, 10).forEach((peer) => { world.links.unreachable.add(peer.toString()) })
      world.find(...FORWARDERS.slice(0, 12).map(describe_))
      await world.run(30_000)
      assert.deepEqual(world.attached, names(FORWARDERS.slice(10, 12)))
    })

    it('regression: a place that becomes free when a descriptor expires goes to another that was found', async () => {
      world = new World({ maxAccess: 1, maxCandidates: 2 })
      world.find(...FORWARDERS.slice(0, 3).map(describe_))
      await world.run(4_000)
      world.expired.add(FORWARDERS[1].toString())
      await world.run(4_000)
      assert.deepEqual(world.points, names([FORWARDERS[0], FORWARDERS[2]]))
    })

    it('keeps those that it has measured when all are away for a while, whatever else was found', async () => {
      world = new World({ maxCandidates: 3 })
      world.find(...FORWARDERS.slice(0, 8).map(describe_))
      await world.run(4_000)
      FORWARDERS.slice(0, 8).forEach((peer) => { world.links.fail(peer) })
      await world.run(20_000)
      world.links.unreachable.clear()
      await world.run(65_000)
      assert.deepEqual(world.attached, names(FORWARDERS.slice(0, 3)))
    })

    it('leaves the others alone while enough have been measured', async () => {
      world = new World({ maxAccess: 1, maxCandidates: 2 })
      world.links.unreachable.add(FORWARDERS[1].toString())
      world.find(...FORWARDERS.slice(0, 8).map(describe_))
      await world.run(30_000)
      assert.deepEqual(world.points, names([FORWARDERS[0]]))
    })
  })

  describe('asked to attach', () => {
    const attachTo = async (peer: PeerId, channel: object, deadlineMs = 1_000, owner?: PeerId): Promise<boolean> => {
      const result = world.set.attachTo(describe_(peer), deadlineMs, channel, owner)
      await world.run(deadlineMs + 200)
      return result
    }

    it('attaches to a far forwarder, and stays as long as the channel that asked', async () => {
      world = new World({ maxAccess: 1 })
      const channel = {}
      world.consider(...FORWARDERS.slice(0, 3))
      await world.run(4_000)
      assert.equal(await attachTo(FORWARDERS[2], channel), true)
      await world.run(10_000)
      assert.deepEqual(world.attached, names([FORWARDERS[0], FORWARDERS[2]]))
      world.set.release(channel)
      await world.run(3_000)
      assert.deepEqual(world.attached, names([FORWARDERS[0]]))
    })

    it('stays as long as any of the channels that asked', async () => {
      world = new World({ maxAccess: 1 })
      const [first, second] = [{}, {}]
      world.consider(...FORWARDERS.slice(0, 3))
      await attachTo(FORWARDERS[2], first)
      await attachTo(FORWARDERS[2], second)
      world.set.release(first)
      await world.run(3_000)
      assert.equal(world.set.isAttached(FORWARDERS[2]), true)
    })

    it('takes a forwarder that it did not know, beyond the number of candidates', async () => {
      world = new World({ maxCandidates: 2 })
      world.consider(FORWARDERS[0], FORWARDERS[1])
      assert.equal(await attachTo(FORWARDERS[5], {}), true)
    })

    it('regression: does not take a forwarder for gone that it let go long ago and tries again', async () => {
      world = new World({ maxAccess: 1 })
      world.consider(...FORWARDERS.slice(0, 3))
      await world.run(30_000)
      world.links.unreachable.add(FORWARDERS[2].toString())
      const result = world.set.attachTo(describe_(FORWARDERS[2]), 1_000, {})
      assert.ok(world.points.includes(FORWARDERS[2].toString()))
      await world.run(1_200)
      assert.equal(await result, false)
    })

    it('regression: settles although a peer asks for one forwarder after the other that does not answer', async () => {
      world = new World({ maxAccess: 1 })
      world.consider(...FORWARDERS.slice(0, 3))
      for (const forwarder of FORWARDERS.slice(10, 20)) {
        world.links.unreachable.add(forwarder.toString())
        void world.set.attachTo(describe_(forwarder), 1_000, {}, GREEDY)
        await world.run(1_000)
      }
      assert.ok(world.invalidated > 0)
      assert.deepEqual(world.attached, names([FORWARDERS[0]]))
    })

    it('says no when the forwarder does not answer in time', async () => {
      world = new World()
      world.links.unreachable.add(FORWARDERS[7].toString())
      assert.equal(await attachTo(FORWARDERS[7], {}), false)
    })

    it('attaches to sixteen at the most, and to others again when channels have ended', async () => {
      world = new World({ maxAccess: 1 })
      const channels = FORWARDERS.slice(0, 17).map(() => ({}))
      for (const [i, channel] of channels.entries()) {
        assert.equal(await attachTo(FORWARDERS[20 + i], channel, 300), i < 16, `forwarder ${i}`)
      }
      assert.deepEqual([FORWARDERS[36], FORWARDERS[21]].map((peer) => world.set.mayAskFor(peer)), [false, true])
      world.set.release(channels[0])
      assert.equal(await attachTo(FORWARDERS[36], channels[16], 300), true)
    })

    it('regression: has room for others and for itself although one peer has asked for as many as there may be', async () => {
      world = new World({ maxAccess: 1 })
      world.consider(FORWARDERS[0])
      const [greedy, modest] = [{}, {}]
      for (const forwarder of FORWARDERS.slice(1, 17)) {
        assert.equal(await attachTo(forwarder, greedy, 300, GREEDY), true)
      }
      assert.equal(world.set.mayAskFor(FORWARDERS[17], GREEDY), false)
      assert.equal(await attachTo(FORWARDERS[17], {}, 300), true)
      for (const forwarder of FORWARDERS.slice(18, 25)) {
        assert.equal(await attachTo(forwarder, modest, 300, MODEST), true)
      }
      assert.deepEqual([GREEDY, MODEST, undefined].map((owner) => world.set.mayAskFor(FORWARDERS[25], owner)), [false, false, true])
      await world.run(20_000)
      assert.deepEqual(world.attached, names([FORWARDERS[0], ...FORWARDERS.slice(9, 25)]), 'the oldest were given up')
    })

    it('regression: takes nothing from itself for a peer, nor from one that has as few', async () => {
      world = new World({ maxAccess: 1 })
      for (const forwarder of FORWARDERS.slice(0, 8)) {
        await attachTo(forwarder, {}, 300)
      }
      for (const [i, forwarder] of FORWARDERS.slice(8, 16).entries()) {
        await attachTo(forwarder, {}, 300, PEERS[i])
      }
      assert.equal(world.set.mayAskFor(FORWARDERS[16], MODEST), false)
      assert.equal(world.set.mayAskFor(FORWARDERS[16]), true)
    })

    it('regression: takes forwarders that it did not know one after the other, beyond the number of candidates', async () => {
      world = new World({ maxAccess: 1, maxCandidates: 2 })
      world.consider(FORWARDERS[0], FORWARDERS[1])
      await world.run(4_000)
      for (const forwarder of FORWARDERS.slice(2, 8)) {
        const channel = {}
        assert.equal(await attachTo(forwarder, channel), true, forwarder.toString())
        await world.run(10_000)
        world.set.release(channel)
        await world.run(3_000)
      }
      assert.ok(world.points.length <= 3, `${world.points.length} are remembered`)
      assert.ok(world.set.isAttached(FORWARDERS[0]))
    })

    it('regression: holds a forwarder to which it is attached already for who needs it, as long as that does', async () => {
      world = new World({ maxAccess: 1 })
      const [first, second] = [{}, {}]
      world.consider(...FORWARDERS.slice(0, 3))
      await attachTo(FORWARDERS[2], first)
      assert.deepEqual([FORWARDERS[2], FORWARDERS[9]].map((peer) => world.set.hold(peer, second)), [true, false])
      world.set.release(first)
      await world.run(20_000)
      assert.equal(world.set.isAttached(FORWARDERS[2]), true)
      world.set.release(second)
      await world.run(3_000)
      assert.equal(world.set.isAttached(FORWARDERS[2]), false)
    })

    it('regression: forwarders that went away one after the other leave room for those that came, however long the channel lasts', async () => {
      world = new World({ maxAccess: 1 })
      const channel = {}
      for (const forwarder of FORWARDERS.slice(0, 36)) {
        assert.equal(await attachTo(forwarder, channel, 300), true, forwarder.toString())
        world.links.fail(forwarder)
        await world.run(6_000)
      }
    })
  })
})
