import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { LivePlan } from '../../src/rsp/live-plan.ts'
import { PlanSession } from '../../src/rsp/measurement-plan/planner.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import type { GivenLink } from '../../src/rsp/exchange/shared-links.ts'
import type { LinkEstimate } from '../../src/rsp/link-view.ts'
import type { Measurement } from '../../src/rsp/measurement-plan/link-memory.ts'
import type { Logger } from '@libp2p/interface'
import type { Planner } from '../../src/rsp/measurement-plan/planner.ts'

const TICK_MS = 500
const LINKS_PER_FORWARDER = 4

/** Tells what a planner is told of the links that it wanted measured. */
function heard (planner: Planner, told: Measurement[]): Planner {
  return {
    begin: async (init) => planner.begin(init),
    next: async (measured) => {
      told.push(...measured)
      return planner.next(measured)
    },
    stop: () => { planner.stop() }
  }
}

/**
 * Forwarders at places of a line, and what watches links between them: a watched link has a value in the map two seconds later, and a fresh
 * one from then on, or every so often.
 */
class World {
  readonly plan: LivePlan
  readonly planner: Planner
  nowMs = 1_000_000
  /** The time of day is so much behind. */
  setBackMs = 0
  /** Values are told anew at multiples of this. */
  toldEveryMs = TICK_MS
  /** What it has logged as one. */
  errors = 0
  /** Links that never answer, as `a b`, a < b. */
  readonly dead = new Set<string>()
  offered: Array<readonly [string, string]> = []
  /** When it was last asked for them. */
  offersAtMs: number | undefined
  /** What another RSP has measured, and those of its links that are to be looked at. */
  told: GivenLink[] = []
  audits: Array<readonly [string, string]> = []
  /** The keys of each call. */
  readonly changes: string[][] = []
  readonly #estimates = new Map<string, Pick<LinkEstimate, 'rttUs' | 'measuredAtMs'>>()
  readonly #watchedSinceMs = new Map<string, number>()

  constructor (planner?: Planner, isTold = false) {
    const nextUint32 = seededUint32(7)
    this.planner = planner ?? new PlanSession({ relayCostMs: 1, random: () => nextUint32() / 2 ** 32 })
    this.plan = new LivePlan({
      map: { estimate: (a, b) => this.#estimates.get(nameOf(a, b)), links: () => this.#links() },
      planner: this.planner,
      linksPerForwarder: LINKS_PER_FORWARDER,
      offered: (clockMs) => {
        this.offersAtMs = clockMs
        return this.offered
      },
      ...(isTold
        ? { given: (_: number, { isKnown }: { isKnown: (a: string, b: string) => boolean }) => this.told.filter(({ a, b }) => !isKnown(a, b)), audits: () => this.audits }
        : {}),
      onChange: (keys) => { this.changes.push([...keys]) },
      now: () => this.nowMs - this.setBackMs,
      clock: () => this.nowMs,
      log: Object.assign(() => {}, { error: () => { this.errors++ } }) as unknown as Logger
    })
    this.plan.start()
  }

  add (from: number, to: number): this {
    for (let number = from; number < to; number++) {
      this.plan.add(`f${number}`)
    }
    return this
  }

  async run (forMs: number): Promise<this> {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      mock.timers.tick(TICK_MS)
      // a planner answers asynchronously
      await new Promise((resolve) => setImmediate(resolve))
      this.#measure()
    }
    return this
  }

  know (a: string, b: string, rttMs: number, measuredAtMs = this.nowMs - this.setBackMs): void {
    this.#estimates.set(nameOf(a, b), { rttUs: rttMs * 1_000, measuredAtMs })
  }

  /** Both ways, as the map has them. */
  * #links (): Generator<{ from: string, to: string, rttUs: number }> {
    for (const [name, { rttUs }] of this.#estimates) {
      const [from, to] = name.split(' ')
      yield { from, to, rttUs }
      yield { from: to, to: from, rttUs }
    }
  }

  get watched (): string[] {
    return [...this.plan.links()].map(([a, b]) => nameOf(a, b))
  }

  #measure (): void {
    const watched = new Set(this.watched)
    for (const name of watched) {
      const sinceMs = this.#watchedSinceMs.get(name) ?? this.nowMs
      this.#watchedSinceMs.set(name, sinceMs)
      const isDue = this.nowMs - sinceMs === 2_000 || (this.nowMs - sinceMs > 2_000 && this.nowMs % this.toldEveryMs === 0)
      if (isDue && !this.dead.has(name)) {
        const [a, b] = name.split(' ')
        this.know(a, b, 2 + 3 * Math.abs(Number(a.slice(1)) - Number(b.slice(1))))
      }
    }
    for (const name of this.#watchedSinceMs.keys()) {
      if (!watched.has(name)) {
        this.#watchedSinceMs.delete(name)
        this.#estimates.delete(name)
      }
    }
  }
}

function nameOf (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

describe('live plan', () => {
  let world: World

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] })
    world = new World()
  })

  afterEach(() => {
    world.plan.stop()
    mock.timers.reset()
  })

  it('watches all links where the budget has room for all, and plans nothing', async () => {
    await world.add(0, 8).run(2_000)
    assert.deepEqual(world.plan.status, { rounds: 0, watchedLinks: 28, possibleLinks: 28 })
    assert.equal(world.changes.length, 1)
  })

  it('watches no more links than the budget of two rounds, and goes on round by round', async () => {
    world.add(0, 40)
    let most = 0
    for (let i = 0; i < 60; i++) {
      await world.run(2_000)
      most = Math.max(most, world.watched.length)
    }
    assert.ok(most <= 2 * LINKS_PER_FORWARDER * 40, `${most} links were watched at once`)
    assert.ok(world.plan.status.rounds >= 4, `${world.plan.status.rounds} rounds`)
  })

  it('watches none of the links that another RSP has just measured, and takes their values for its own', async () => {
    world.plan.stop()
    const nextUint32 = seededUint32(7)
    const session = new PlanSession({ relayCostMs: 1, random: () => nextUint32() / 2 ** 32 })
    const begun: Array<ReadonlyArray<{ a: number, b: number }>> = []
    world = new World({
      begin: async (init) => {
        begun.push(init.given ?? [])
        return session.begin(init)
      },
      next: async (measured) => session.next(measured),
      stop: () => {}
    }, true)
    // all links of the first ten with each other
    world.told = Array.from({ length: 45 }, (_, at) => at).map((at) => {
      const b = Math.floor((1 + Math.sqrt(1 + 8 * at)) / 2)
      return { a: `f${at - b * (b - 1) / 2}`, b: `f${b}`, rttMs: 5 }
    })
    await world.add(0, 40).run(60_000)
    const told = new Set(world.told.map(({ a, b }) => nameOf(a, b)))
    assert.equal(told.size, 45)
    assert.deepEqual(begun[0].length, 45)
    assert.ok(world.plan.status.rounds >= 2)
    assert.equal(world.plan.status.givenLinks, 45)
    assert.deepEqual(world.watched.filter((name) => told.has(name)), [])
  })

  it('watches what is audited besides, within the budget', async () => {
    world.plan.stop()
    world = new World(undefined, true)
    world.audits = Array.from({ length: 30 }, (_, at) => [`f${at}`, `f${at + 1}`] as const)
    world.add(0, 40)
    let most = 0
    for (let i = 0; i < 20; i++) {
      await world.run(2_000)
      most = Math.max(most, world.watched.length)
    }
    assert.equal(world.plan.status.auditedLinks, 16, 'a tenth of 160')
    assert.ok(world.audits.slice(0, 16).every(([a, b]) => world.watched.includes(nameOf(a, b))))
    assert.ok(most <= 2 * LINKS_PER_FORWARDER * 40, `${most}`)
  })

  it('connects all forwarders by the links of any one round', async () => {
    await world.add(0, 40).run(60_000)
    const reached = new Set(['f0'])
    for (const key of reached) {
      for (const other of world.plan.targetsOf(key)) {
        reached.add(other)
      }
    }
    assert.equal(reached.size, 40)
  })

  it('keeps the links of the round before until the next one is over', async () => {
    world.add(0, 40)
    while (world.plan.status.rounds < 2) {
      await world.run(TICK_MS)
    }
    const settled = new Set(world.watched)
    await world.run(12_000)
    assert.equal(world.plan.status.rounds, 2)
    assert.ok([...settled].every((name) => world.watched.includes(name)))
  })

  it('waits for forwarders that come in a bunch, but not for ever for one after the other', async () => {
    for (let number = 0; number < 6; number++) {
      await world.add(number, number + 1).run(TICK_MS / 2)
    }
    assert.equal(world.changes.length, 0)
    await world.run(2 * TICK_MS)
    assert.equal(world.changes.length, 1)
    for (let number = 6; number < 20; number++) {
      await world.add(number, number + 1).run(TICK_MS)
    }
    assert.ok(world.changes.length > 1)
  })

  it('begins anew with the forwarders that are left when one has gone, and watches none of its links', async () => {
    await world.add(0, 40).run(30_000)
    const rounds = world.plan.status.rounds
    world.plan.remove('f3')
    await world.run(60_000)
    assert.ok(world.plan.status.rounds > rounds)
    assert.equal(world.plan.targetsOf('f3').size, 0)
    assert.ok(world.watched.every((name) => !name.split(' ').includes('f3')))
  })

  it('goes on without links that do not answer', async () => {
    for (let number = 0; number < 40; number += 2) {
      world.dead.add(nameOf('f1', `f${number}`))
    }
    await world.add(0, 40).run(180_000)
    assert.ok(world.plan.status.rounds >= 3, `${world.plan.status.rounds} rounds`)
  })

  it('regression: takes the last value of a link that is watched already for its value now, where steady links are told of every half minute', async () => {
    const told: Measurement[] = []
    world.plan.stop()
    world = new World(heard(world.planner, told))
    world.toldEveryMs = 30_000
    await world.add(0, 40).run(600_000)
    assert.ok(world.plan.status.rounds >= 8, `${world.plan.status.rounds} rounds`)
    assert.ok(told.length > 1_000, `${told.length} links were measured`)
    assert.equal(told.filter(({ rttMs }) => rttMs === undefined).length, 0, 'all have answered')
  })

  it('says nothing of a link that has only an old value, and that one without any does not answer', async () => {
    const told: Measurement[] = []
    world.plan.stop()
    world = new World(heard(world.planner, told))
    for (let a = 0; a < 40; a++) {
      world.dead.add(nameOf('f0', `f${a}`)).add(nameOf('f1', `f${a}`))
      world.know('f0', `f${a}`, 5, world.nowMs - 60_000)
    }
    await world.add(0, 40).run(40_000)
    const of = (number: number): Measurement[] => told.filter(({ a, b }) => a === number || b === number)
    assert.deepEqual(of(0), [])
    assert.ok(of(1).length > 0 && of(1).every(({ rttMs }) => rttMs === undefined))
  })

  it('regression: finishes rounds while one forwarder after the other goes and another one comes, and watches no more for that', async () => {
    world.add(0, 40)
    let most = 0
    for (let number = 0; number < 60; number++) {
      world.plan.remove(`f${number}`)
      await world.add(number + 40, number + 41).run(3_000)
      most = Math.max(most, world.watched.length)
    }
    assert.ok(world.plan.status.rounds >= 3, `${world.plan.status.rounds} rounds`)
    assert.ok(most <= 2 * LINKS_PER_FORWARDER * 40, `${most} links were watched at once`)
    await world.run(60_000)
    for (let number = 60; number < 100; number++) {
      assert.ok(world.plan.targetsOf(`f${number}`).size > 0, `f${number} is measured`)
    }
  })

  it('begins a round anew as often as many come at once, and watches no more for that', async () => {
    const sizes: number[] = []
    const { planner } = world
    world.plan.stop()
    world = new World({
      begin: async (init) => {
        sizes.push(init.previous.length)
        return planner.begin(init)
      },
      next: async (measured) => planner.next(measured),
      stop: () => {}
    })
    let most = 0
    await world.add(0, 40).run(5_000)
    for (let size = 50; size <= 120; size += 10) {
      await world.add(size - 10, size).run(5_000)
      most = Math.max(most, world.watched.length / size)
    }
    assert.deepEqual(sizes, [40, 50, 60, 70, 80, 90, 100, 110, 120])
    assert.ok(most <= 2 * LINKS_PER_FORWARDER, `${most} links were watched for each forwarder`)
  })

  it('measures who comes to a few within seconds, whatever is under way', async () => {
    await world.add(0, 12).run(8_000)
    await world.add(12, 13).run(5_000)
    assert.ok(world.plan.targetsOf('f12').size > 0)
  })

  it('does not wait for the links of a forwarder that has gone', async () => {
    const told: Measurement[] = []
    world.plan.stop()
    world = new World(heard({ begin: async () => [[0, 1], [2, 3]], next: async () => [], stop: () => {} }, told))
    world.dead.add(nameOf('f0', 'f1'))
    await world.add(0, 40).run(4_000)
    world.plan.remove('f1')
    await world.run(2 * TICK_MS)
    assert.deepEqual(told.map(({ a, b, rttMs }) => [a, b, rttMs]), [[0, 1, undefined], [2, 3, 5]])
  })

  it('regression: goes on as ever while the time of day is set back and forth', async () => {
    await world.add(0, 40).run(20_000)
    for (const setBackMs of [3_600_000, -3_600_000]) {
      world.setBackMs = setBackMs
      const { rounds } = world.plan.status
      world.offered = [['f0', 'f39']]
      await world.run(60_000)
      assert.ok(world.plan.status.rounds > rounds, `${world.plan.status.rounds} rounds after ${rounds}`)
      assert.ok(world.plan.targetsOf('f39').has('f0'))
      world.offered = []
    }
  })

  it('watches the links of offers that hold, whatever is planned', async () => {
    world.offered = [['f0', 'f39'], ['f5', 'gone']]
    await world.add(0, 40).run(30_000)
    assert.ok(world.plan.targetsOf('f39').has('f0'))
    assert.ok(!world.plan.targetsOf('f5').has('gone'))
    world.offered = []
    await world.run(120_000)
    assert.ok(!world.plan.targetsOf('f39').has('f0'))
  })

  it('regression: asks for the links of offers by the clock that nobody sets', async () => {
    world.setBackMs = 3_600_000
    await world.add(0, 4).run(10_000)
    assert.ok(world.nowMs - (world.offersAtMs as number) <= 5_000 + TICK_MS, `${world.nowMs - (world.offersAtMs as number)} ms ago`)
  })

  it('regression: tells of a forwarder that has gone and come back between two looks, whose links nobody measures any more', async () => {
    await world.add(0, 5).run(10_000)
    world.changes.splice(0)
    world.plan.remove('f1')
    world.plan.add('f1')
    await world.run(10_000)
    assert.deepEqual(world.changes, [['f1']])
    assert.equal(world.plan.targetsOf('f1').size, 4)
  })

  it('names this round\'s links before those that are only kept', async () => {
    world.offered = [['f0', 'f39']]
    await world.add(0, 40).run(10_000)
    const targets = [...world.plan.targetsOf('f39')]
    assert.ok(targets.length > 1 && targets[0] !== 'f0', targets.join())
  })

  it('begins with what the map knows already, as after a restart', async () => {
    for (let number = 1; number < 40; number++) {
      world.know(`f${number - 1}`, `f${number}`, 5, world.nowMs - 600_000)
    }
    await world.add(0, 40).run(2_000)
    const chain = world.watched.filter((name) => {
      const [a, b] = name.split(' ').map((key) => Number(key.slice(1)))
      return Math.abs(a - b) === 1
    })
    assert.ok(chain.length > 30, `${chain.length} of 39 known links are watched first`)
  })

  it('watches nothing more, and complains of nothing, when it is stopped while the planner thinks', async () => {
    let fail: (error: Error) => void = () => {}
    world.plan.stop()
    mock.timers.reset()
    mock.timers.enable({ apis: ['setInterval'] })
    world = new World({
      begin: async () => new Promise((_resolve, reject) => { fail = reject }),
      next: async () => [],
      stop: () => { fail(new Error('stopped')) }
    })
    await world.add(0, 40).run(2_000)
    world.plan.stop()
    const before = world.changes.length
    await world.run(2_000)
    assert.deepEqual([world.changes.length, world.errors], [before, 0])
  })

  it('begins anew when the planner fails', async () => {
    let failures = 1
    const real = world.planner
    world.plan.stop()
    mock.timers.reset()
    mock.timers.enable({ apis: ['setInterval'] })
    world = new World({
      begin: async (init) => failures-- > 0 ? Promise.reject(new Error('out of memory')) : real.begin(init),
      next: async (measured) => real.next(measured),
      stop: () => {}
    })
    await world.add(0, 40).run(60_000)
    assert.ok(world.plan.status.rounds > 0)
  })
})
