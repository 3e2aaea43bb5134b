import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { TypedEventEmitter } from 'main-event'
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { Surveyor } from '../../../src/rsp/survey/surveyor.ts'
import { REAL_TIMERS } from '../../../src/rsp/survey/survey-timers.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { peerOf } from '../../helpers/descriptors.ts'
import type { LinkSetEvents } from '../../../src/link/link-set.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'
import type { ProbeResult } from '../../../src/measurement/prober.ts'
import type { SurveyorInit } from '../../../src/rsp/survey/surveyor.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'

const PEERS = await Promise.all([1, 2, 3, 4, 5].map(peerOf))
const SELF = PEERS[4]
const TICK_MS = 50

/** A surveyor in virtual time, and a network in which it probes. */
class World {
  readonly map = new PerformanceMap()
  readonly surveyor: Surveyor
  nowMs = 0
  probes = 0
  /** Probes over each link. */
  readonly looks: Record<string, number> = {}
  /** From the RSP to each forwarder, and between forwarders `ij`, i < j. */
  nearMs = [20, 30, 40, 50]
  linkMs: Record<string, number> = { '01': 15, '02': 25, '03': 35, '12': 45, '13': 55, '23': 65 }
  /** Forwarders whose link to us is gone. */
  readonly unlinked = new Set<number>()
  /** Forwarders that we are linked to, and that do not answer us. */
  readonly silent = new Set<number>()
  /** Links that were found down. */
  readonly down: string[] = []
  /** Probes that are under way, where they take time. */
  underWay: Array<{ sentMs: number, isNear: boolean, end: (result: ProbeResult) => void }> | undefined
  readonly #added: number[] = []
  readonly #links = new class extends TypedEventEmitter<LinkSetEvents> {
    get (): undefined {}

    async open (): Promise<void> {}

    endIfSilent (): void {}

    close (): void {}
  }()

  constructor (probesPerSecond?: number) {
    const remove = this.map.remove.bind(this.map)
    this.map.remove = (from, to) => {
      this.down.push(this.#name(from) + this.#name(to))
      remove(from, to)
    }
    this.surveyor = new Surveyor({
      map: this.map,
      links: this.#links,
      prober: { probe: (nodes: NodeId[], onResult: (result: ProbeResult) => void) => this.#probe(nodes, onResult) },
      self: SELF,
      connectionManager: { getConnections: () => [] },
      descriptor: async () => new Uint8Array(),
      probesPerSecond,
      nowMs: () => this.nowMs,
      burstBytesPerSecond: 0,
      timers: { ...REAL_TIMERS, now: () => this.nowMs },
      log: (): void => {}
    } as unknown as SurveyorInit)
    this.surveyor.start()
  }

  add (...numbers: number[]): this {
    for (const number of numbers) {
      this.map.addNode(PEERS[number].toString())
      this.surveyor.add({ peer: PEERS[number], endpoints: [] } as unknown as VerifiedDescriptor)
      this.#added.push(number)
    }
    return this.want(...this.#added.flatMap((a) => this.#added.filter((b) => a < b).map((b) => `${a}${b}`)))
  }

  /** Of exactly these links, `ij` each. */
  want (...links: string[]): this {
    this.surveyor.setLinks(links.map(([a, b]) => [PEERS[Number(a)].toString(), PEERS[Number(b)].toString()] as const))
    return this
  }

  /** Of a link, from before a restart. */
  remember (a: number, b: number): this {
    const [from, to] = [a, b].map((number) => PEERS[number].toString())
    this.map.addNode(from)
    this.map.addNode(to)
    this.map.remember([{ from, to, rttUs: 15_000, jitterUs: 100, lossPpm: 0, measuredAtMs: -60_000, movementUs2: 100, reports: 9 }], this.nowMs)
    return this
  }

  run (forMs: number): this {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      mock.timers.tick(TICK_MS)
    }
    return this
  }

  get links (): Record<string, number> {
    return Object.fromEntries([...this.map.links()].map(({ from, to, rttUs }) => [this.#name(from) + this.#name(to), rttUs / 1_000]).filter(([pair]) => (pair as string)[0] < (pair as string)[1]).sort())
  }

  #name (key: string): string {
    return String(PEERS.findIndex((peer) => peer.toString() === key))
  }

  #probe (nodes: NodeId[], onResult: (result: ProbeResult) => void): boolean {
    const [near, far] = nodes.map((node) => PEERS.findIndex((peer) => nodeIdOf(peer).join() === node.join()))
    if (this.unlinked.has(near)) {
      return false
    }
    this.probes++
    const link = [near, far].sort().join('')
    this.looks[link] = (this.looks[link] ?? 0) + 1
    if (this.underWay !== undefined) {
      this.underWay.push({ sentMs: this.nowMs, isNear: far === undefined, end: onResult })
      return true
    }
    const overMs = far === undefined ? 0 : this.linkMs[link]
    onResult(overMs === undefined || this.silent.has(near) ? {} : { rttMs: this.nearMs[near] + overMs })
    return true
  }
}

describe('surveyor', () => {
  let world: World

  beforeEach(() => { mock.timers.enable({ apis: ['setInterval', 'setTimeout'] }) })

  afterEach(() => {
    world.surveyor.stop()
    mock.timers.reset()
  })

  it('maps every link by the difference of two probes, without the forwarders\' help', () => {
    world = new World().add(0, 1, 2, 3).run(2_000)
    assert.deepEqual(world.links, { '01': 15, '02': 25, '03': 35, 12: 45, 13: 55, 23: 65 })
  })

  it('follows a link that changes', () => {
    world = new World().add(0, 1, 2).run(2_000)
    world.linkMs['01'] = 80
    world.run(5_000)
    assert.equal(world.links['01'], 80)
  })

  it('spends 300 probes per second until all links are measured, and 60 afterwards', () => {
    world = new World().add(0, 1, 2, 3).run(1_000)
    const before = world.probes
    world.run(10_000)
    assert.ok(Math.abs(world.probes - before - 600) < 30, `${world.probes - before}`)
    assert.ok(before > 60 && before <= 300, `${before}`)
  })

  it('spends no more than it was told, for each forwarder', () => {
    world = new World(5).add(0, 1, 2, 3).run(10_000)
    assert.ok(Math.abs(world.probes - 200) <= 10, `${world.probes}`)
  })

  it('drops a link after three probes in a row were lost, and takes it again when one comes back', () => {
    world = new World().add(0, 1, 2).run(2_000)
    const linkMs = world.linkMs['12']
    delete world.linkMs['12']
    world.run(2_000)
    assert.deepEqual(Object.keys(world.links), ['01', '02'])
    world.linkMs['12'] = linkMs
    world.run(2_000)
    assert.equal(world.links[12], linkMs)
  })

  it('measures the links of newcomers', () => {
    world = new World().add(0, 1).run(1_000).add(2).run(1_000)
    assert.deepEqual(Object.keys(world.links).sort(), ['01', '02', '12'])
  })

  it('measures nothing of a forwarder that was removed', () => {
    world = new World().add(0, 1, 2).run(1_000)
    world.surveyor.remove(PEERS[1].toString())
    world.map.removeNode(PEERS[1].toString())
    world.run(1_000)
    assert.deepEqual(Object.keys(world.links), ['02'])
  })

  it('regression: drops the links of a forwarder that is gone, though no probe can be sent to it any more', () => {
    world = new World().add(0, 1, 2).run(2_000)
    world.unlinked.add(0)
    delete world.linkMs['01']
    delete world.linkMs['02']
    world.run(3_000)
    assert.deepEqual(Object.keys(world.links), ['12'])
  })

  it('regression: measures the links of a forwarder that it cannot reach itself from their other ends', () => {
    world = new World().add(0, 1, 2).run(2_000)
    world.unlinked.add(0)
    world.linkMs['01'] = 90
    world.run(5_000)
    assert.equal(world.links['01'], 90)
  })

  it('regression: drops the links of a forwarder that hangs, though it still has a link to us', () => {
    world = new World().add(0, 1, 2).run(2_000)
    world.silent.add(0)
    delete world.linkMs['01']
    delete world.linkMs['02']
    world.run(3_000)
    assert.deepEqual([Object.keys(world.links), world.down.sort()], [['12'], ['01', '02']])
  })

  it('regression: says nothing of a link neither of whose ends can be reached any more while others can, and does not say that it is down', () => {
    world = new World().add(0, 1, 2).run(2_000)
    world.unlinked.add(0).add(1)
    world.run(9_000)
    assert.deepEqual(Object.keys(world.links).sort(), ['01', '02', '12'])
    world.run(3_000)
    assert.deepEqual([Object.keys(world.links).sort(), world.down], [['02', '12'], []])
    world.unlinked.clear()
    world.run(3_000)
    assert.deepEqual(world.links, { '01': 15, '02': 25, 12: 45 })
  })

  for (const way of ['unlinked', 'silent'] as const) {
    it(`regression: takes no link for down, and none off the map, while all forwarders are ${way}: the fault is its own`, () => {
      world = new World().add(0, 1, 2).run(2_000)
      const { links } = world
      for (const number of [0, 1, 2]) {
        world[way].add(number)
      }
      world.run(60_000)
      assert.deepEqual([world.links, world.down], [links, []])
      world[way].clear()
      world.linkMs['01'] = 90
      world.run(5_000)
      assert.deepEqual([world.links, world.down], [{ ...links, '01': 90 }, []])
    })
  }

  it('regression: finds a link down that it had ceased to speak of, when its ends answer again and it does not', () => {
    world = new World().add(0, 1, 2).run(2_000)
    world.silent.add(0).add(1)
    world.run(12_000)
    assert.deepEqual([world.links, world.down], [{ '02': 25, 12: 45 }, []])
    world.silent.clear()
    delete world.linkMs['01']
    world.run(5_000)
    assert.deepEqual(world.down, ['01'])
  })

  it('regression: leaves what is remembered from before a restart, and what it has not measured since, while the ends of the link do not answer, and no longer when they do', () => {
    world = new World().remember(0, 1).remember(0, 2)
    world.unlinked.add(0).add(1)
    delete world.linkMs['02']
    world.add(0, 1, 2, 3).want('01', '02', '23').run(20_000)
    assert.deepEqual([world.links, world.down], [{ '01': 15, 23: 65 }, ['02']])
    world.map.snapshot(world.nowMs)
    assert.deepEqual(world.links, { '01': 15, 23: 65 })
    world.unlinked.clear()
    delete world.linkMs['01']
    world.run(5_000)
    assert.deepEqual([world.links, world.down], [{ 23: 65 }, ['02', '01']])
  })

  for (const way of ['unlinked', 'silent'] as const) {
    it(`regression: ceases to speak of no link at the end of a time in which all forwarders were ${way}, though a round takes longer than a link has`, () => {
      world = new World(0.2).add(0, 1, 2).run(300_000)
      const { links } = world
      assert.equal(Object.keys(links).length, 3)
      for (const number of [0, 1, 2]) {
        world[way].add(number)
      }
      world.run(300_000)
      world[way].clear()
      for (let second = 0; second < 200; second++) {
        assert.deepEqual(world.run(1_000).links, links)
      }
      assert.deepEqual(world.down, [])
    })
  }

  it('regression: takes no link for down because its near end answered before the access failed, and the probes over the link would have come after that', () => {
    world = new World(100).add(0, 1)
    world.linkMs['01'] = 1_000
    world.run(2_000)
    const underWay: Array<{ sentMs: number, isNear: boolean, end: (result: ProbeResult) => void }> = world.underWay = []
    const end = (olderMs: number, result: ProbeResult, isWanted = (_isNear: boolean): boolean => true): void => {
      for (const probe of underWay.filter(({ sentMs, isNear }) => sentMs <= world.nowMs - olderMs && isWanted(isNear))) {
        underWay.splice(underWay.indexOf(probe), 1)
        probe.end(result)
      }
    }
    for (let passedMs = 0; passedMs < 900; passedMs += TICK_MS) {
      world.run(TICK_MS)
      end(0, { rttMs: 20 }, (isNear) => isNear)
    }
    assert.ok(underWay.length >= 3, `${underWay.length}`)
    for (let passedMs = 0; passedMs < 20_000; passedMs += TICK_MS) {
      world.run(TICK_MS)
      end(3_000, {})
    }
    assert.deepEqual([world.down, world.links], [[], { '01': 1_000 }])
  })

  it('regression: leaves links on the map that are not wanted any more because nobody answers', () => {
    world = new World().add(0, 1, 2).run(2_000)
    const { links } = world
    world.silent.add(0).add(1).add(2)
    world.run(4_000).want().run(2_000)
    assert.deepEqual(world.links, links)
  })

  it('regression: takes no link for down when what was sent in a long silence comes back at its end', () => {
    world = new World().add(0, 1, 2).run(2_000)
    // one after the other, as they were sent: what is older than three seconds is lost by then
    const underWay: Array<{ sentMs: number, isNear: boolean, end: (result: ProbeResult) => void }> = world.underWay = []
    const lose = (): void => {
      for (const probe of underWay.filter(({ sentMs }) => sentMs <= world.nowMs - 3_000)) {
        underWay.splice(underWay.indexOf(probe), 1)
        probe.end({})
      }
    }
    for (const untilMs = world.nowMs + 5_000; world.nowMs < untilMs;) {
      world.run(TICK_MS)
      lose()
    }
    assert.ok(underWay.length > 100)
    world.underWay = undefined
    for (const { sentMs, end } of underWay.toSorted((one, other) => Number(other.isNear) - Number(one.isNear))) {
      end({ rttMs: world.nowMs - sentMs + 20 })
    }
    world.run(5_000)
    assert.deepEqual([world.down, Object.keys(world.links).length], [[], 3])
  })

  it('regression: asks the near end of a link before it takes a lost probe for lost on the link, and spends no more for that', () => {
    world = new World(5).add(0, 1, 2, 3).run(5_000)
    delete world.linkMs['01']
    const { probes } = world
    world.run(20_000)
    assert.deepEqual(world.down, ['01'])
    assert.ok(Math.abs(world.probes - probes - 400) <= 20, `${world.probes - probes} probes`)
  })

  it('regression: hurries ten seconds for a link neither of whose ends it can reach, and takes it all the same when it can', () => {
    world = new World()
    world.unlinked.add(0).add(1)
    world.add(0, 1, 2, 3).want('01', '23').run(15_000)
    const { probes } = world
    world.run(10_000)
    assert.ok(world.probes - probes <= 600, `${world.probes - probes} probes`)
    world.unlinked.clear()
    world.run(5_000)
    assert.deepEqual(world.links, { '01': 15, 23: 65 })
  })

  it('measures the links that it is told to, and no others', () => {
    world = new World().add(0, 1, 2, 3).want('01', '23').run(2_000)
    assert.deepEqual(Object.keys(world.links).sort(), ['01', '23'])
  })

  it('takes a link that is not wanted any more off the map, since nobody keeps it', () => {
    world = new World().add(0, 1, 2).run(2_000).want('01', '12').run(1_000)
    assert.deepEqual(Object.keys(world.links).sort(), ['01', '12'])
  })

  it('looks at new links before those that it knows', () => {
    world = new World().add(0, 1, 2).want('01', '02').run(2_000)
    const before = { ...world.looks }
    world.want('01', '02', '12').run(500)
    assert.ok((world.looks['12'] ?? 0) > 2 * (world.looks['01'] - before['01']), JSON.stringify(world.looks))
    assert.equal(world.links['12'], 45)
  })

  it('looks more often at a link whose round trip moves than at one that is steady', () => {
    world = new World().add(0, 1, 2).run(2_000)
    const before = { ...world.looks }
    for (let step = 1; step <= 40; step++) {
      world.linkMs['01'] = 20 * 1.15 ** step
      world.run(500)
    }
    const [moving, steady] = ['01', '12'].map((link) => world.looks[link] - before[link])
    assert.ok(moving > 1.5 * steady, `${moving} and ${steady} looks`)
  })

  it('regression: leaves nothing of what it was told unused because a link is down', () => {
    world = new World(10).add(0, 1, 2).run(5_000)
    delete world.linkMs['01']
    world.run(10_000)
    const { probes } = world
    world.run(10_000)
    assert.ok(world.probes - probes >= 295, `${world.probes - probes} probes`)
  })

  it('regression: takes no link off the map because probes are under way when it is stopped', () => {
    world = new World().add(0, 1).run(5_000)
    const { links } = world
    world.underWay = []
    world.run(2_000)
    world.surveyor.stop()
    for (const { end } of world.underWay) {
      end({})
    }
    assert.ok(world.underWay.length > 20)
    assert.deepEqual(world.links, links)
  })

  it('sends nothing when it is stopped', () => {
    world = new World().add(0, 1)
    world.surveyor.stop()
    world.run(2_000)
    assert.equal(world.probes, 0)
  })
})
