import assert from 'node:assert/strict'
import { ForwarderFailures } from '../../src/host/forwarder-failures.ts'
import { RouteQueries } from '../../src/host/route-queries.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { SILENT, settled } from '../helpers/virtual-overlay.ts'
import type { AccessSet } from '../../src/host/access-set.ts'
import type { Discovery } from '../../src/discovery/discovery.ts'
import type { OfferedPath, ProviderAnswer, RouteWish } from '../../src/host/provider-set.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

const [SELF, REMOTE, RSP, F, G, H] = await Promise.all([1, 2, 3, 4, 5, 6].map(peerOf))
const TICK_MS = 100

function answerOver (...paths: PeerId[][]): ProviderAnswer[] {
  return [{ rsp: RSP, mapKind: 'reports', paths: paths.map((forwarders) => ({ forwarders }) as unknown as OfferedPath), elapsedMs: 1 }]
}

/** RSPs that answer at once what a test wants. */
class World {
  nowMs = 0
  offers: () => ProviderAnswer[] = () => answerOver([F])
  works = true
  backupOf: OfferedPath | undefined
  describe: () => Promise<VerifiedDescriptor> = async () => { throw new Error('nobody knows it now') }
  /** What it knows of the peer. */
  directory: VerifiedDescriptor | undefined
  readonly asked: Array<RouteWish & { atMs: number }> = []
  readonly taken: Array<readonly ProviderAnswer[]> = []
  readonly failures = new ForwarderFailures(() => this.nowMs)
  readonly queries = new RouteQueries({
    self: SELF,
    descriptor: { peer: REMOTE } as unknown as VerifiedDescriptor,
    providers: {
      ask: async (wish: RouteWish) => {
        this.asked.push({ ...wish, atMs: this.nowMs })
        return this.offers()
      }
    },
    access: { points: [] } as unknown as AccessSet,
    discovery: { describe: async () => this.describe(), directory: { get: () => this.directory } } as unknown as Discovery,
    failures: this.failures,
    take: async (answers) => {
      this.taken.push(answers)
      return this.works
    },
    wantsBackupOf: () => this.backupOf,
    now: () => this.nowMs,
    log: SILENT
  })

  async run (forMs: number): Promise<this> {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      this.queries.tick(this.nowMs)
      await settled()
    }
    return this
  }

  get askedAtMs (): number[] {
    return this.asked.map(({ atMs }) => atMs)
  }
}

describe('route queries', () => {
  it('regression: do not wait for the look-up of a peer that does not answer, one of which runs at a time, and use what it brings later', async () => {
    const world = new World()
    const attachedAt = (forwarder: PeerId): VerifiedDescriptor => ({ peer: REMOTE, host: { access: [{ forwarder, rttUs: 1, attached: true }] } }) as unknown as VerifiedDescriptor
    const { promise, resolve } = Promise.withResolvers<VerifiedDescriptor>()
    let lookUps = 0
    world.describe = async () => {
      lookUps++
      return promise
    }
    world.directory = attachedAt(F)
    await world.queries.ask()
    await world.queries.ask()
    resolve(attachedAt(G))
    await world.queries.ask()
    await world.queries.ask()
    assert.deepEqual(world.asked.map(({ destinationAccess: [{ forwarder }] }) => forwarder), [F, F, G, G])
    assert.equal(lookUps, 2)
  })

  it('are asked at once, and then every thirty seconds', async () => {
    const { askedAtMs, taken, queries } = await new World().run(61_000)
    assert.deepEqual(askedAtMs, [0, 30_000, 60_000])
    assert.equal(taken.length, 3)
    assert.equal(queries.answers, taken[2])
  })

  it('are asked at once after a failure, and for all that follow 1.5 s later', async () => {
    const world = await new World().run(10_000)
    for (let failure = 0; failure < 5; failure++) {
      world.queries.hasten()
      await world.run(200)
    }
    await world.run(5_000)
    assert.deepEqual(world.askedAtMs, [0, 10_000, 11_500])
  })

  it('are asked again after three seconds, twice at most, when an RSP was not waited for', async () => {
    const world = new World()
    world.offers = () => [...answerOver([F]), { rsp: SELF, mapKind: 'surveys', paths: [], isLate: true, elapsedMs: 900 }]
    await world.run(40_000)
    assert.deepEqual(world.askedAtMs, [0, 3_000, 6_000, 36_000])
  })

  it('are asked again after three seconds when nothing was offered, or cannot be used, or asking failed', async () => {
    const without = new World()
    without.offers = () => answerOver()
    const useless = new World()
    useless.works = false
    const failing = new World()
    failing.offers = () => { throw new Error('no RSP answers') }
    for (const world of [without, useless, failing]) {
      assert.deepEqual((await world.run(7_000)).askedAtMs, [0, 3_000, 6_000])
    }
  })

  it('are asked at once when something else has become possible', async () => {
    const world = await new World().run(5_000)
    world.queries.askAtOnce()
    assert.deepEqual((await world.run(1_000)).askedAtMs, [0, 5_000])
  })

  it('regression: name those of the failed path first, then the latest', async () => {
    const world = await new World().run(5_000)
    const many = await Promise.all(Array.from({ length: 64 }, async (_, i) => peerOf(100 + i)))
    many.slice(0, 32).forEach((peer) => { world.queries.avoid(peer) })
    many.slice(32).forEach((peer) => { world.failures.avoided.add(peer) })
    world.queries.hasten([F, G])
    await world.run(2_000)
    const avoid = world.asked[1].avoid ?? []
    assert.equal(avoid.length, 66)
    assert.deepEqual(avoid.slice(0, 3).map(String), [F, G, many[63]].map(String))
  })

  it('leave out the forwarders of a path that failed, once', async () => {
    const world = await new World().run(5_000)
    world.queries.hasten([F, G])
    await world.run(40_000)
    assert.deepEqual(world.asked.map(({ avoid }) => avoid), [[], [F, G], []])
  })

  it('regression: leave them out although something else hastens before they are asked', async () => {
    const world = await new World().run(5_000)
    world.queries.hasten([F, G])
    world.queries.hasten()
    await world.run(2_000)
    assert.deepEqual(world.asked[1].avoid, [F, G])
  })

  it('leave out who is gone: what notices said to this channel, and links of the host that ended', async () => {
    const world = await new World().run(1_000)
    world.queries.avoid(F)
    world.failures.gone(G)
    world.queries.hasten()
    await world.run(3_000)
    assert.deepEqual(world.asked.map(({ avoid }) => avoid), [[], [G, F]])
    await world.run(40_000)
    assert.deepEqual(world.asked.at(-1)?.avoid, [])
  })

  it('ask for one more path that shares no forwarder with the one in use, where none is known, and keep what was offered', async () => {
    const world = await new World().run(1_000)
    world.backupOf = answerOver([F, G])[0].paths[0]
    world.offers = () => answerOver([H])
    await world.run(20_000)
    assert.equal(world.asked.length, 2)
    assert.deepEqual([world.asked[1].avoid, world.asked[1].paths], [[F, G], 1])
    assert.deepEqual(world.taken[1].map(({ paths }) => paths[0].forwarders), [[F], [H]])
    assert.deepEqual(world.queries.answers.map(({ paths }) => paths[0].forwarders), [[F]])
  })

  it('are settled when an answer has been taken in', async () => {
    const world = new World()
    assert.equal(world.queries.isSettled, false)
    const asking = world.queries.ask()
    assert.equal(world.queries.isSettled, false)
    await asking
    assert.equal(world.queries.isSettled, true)
  })
})
