// What a connection makes of a path, in virtual time: figures that are asserted, and printed.
import assert from 'node:assert/strict'
import type { AdaptiveController } from '../../../src/host/stream/adaptive-controller.ts'
import { CubicController } from '../../../src/host/stream/cubic-controller.ts'
import { quantile, rateOver, startBulk } from './bulk.ts'
import { SimulatedLink } from './simulated-link.ts'
import { VirtualPair, simulatedPath } from './virtual-pair.ts'
import { VirtualWorld, seededRandom } from './virtual-world.ts'
import type { CongestionController } from '../../../src/host/stream/congestion-controller.ts'
import type { LinkConditions } from './simulated-link.ts'
import type { PairInit, PathConditions } from './virtual-pair.ts'

const MBIT = 125_000
const RATE = 50 * MBIT
const SEED = 7

interface Case {
  title: string
  conditions: PathConditions
  init?: PairInit
  minShare: number
  /** 95th percentile of the time in the queue. */
  maxQueueMs: number
}

/** As processes are: they gather what comes until they have their turn, which is late. */
const BUSY: PairInit = { gathers: true, timerLateMs: 4 }

const CASES: Case[] = [
  { title: 'at 20 ms', conditions: { delayMs: 10 }, minShare: 0.9, maxQueueMs: 10 },
  { title: 'at 100 ms', conditions: { delayMs: 50 }, minShare: 0.9, maxQueueMs: 12 },
  { title: 'at 20 ms with marks', conditions: { delayMs: 10, markBytes: 30_000 }, minShare: 0.9, maxQueueMs: 8 },
  { title: 'at 100 ms with marks', conditions: { delayMs: 50, markBytes: 30_000 }, minShare: 0.85, maxQueueMs: 12 },
  { title: 'at 20 ms and 1 % random loss', conditions: { delayMs: 10, loss: 0.01, back: { delayMs: 10 } }, minShare: 0.9, maxQueueMs: 12 },
  { title: 'at 100 ms and 1 % random loss', conditions: { delayMs: 50, loss: 0.01, back: { delayMs: 50 } }, minShare: 0.85, maxQueueMs: 20 },
  { title: 'at 20 ms with a tenth of the packets up to 10 ms late', conditions: { delayMs: 10, late: 0.1, lateMs: 10 }, minShare: 0.9, maxQueueMs: 15 },
  { title: 'at 20 ms when wake-ups are up to 4 ms late', conditions: { delayMs: 10 }, init: { timerLateMs: 4 }, minShare: 0.9, maxQueueMs: 15 },
  { title: 'at 100 ms behind a queue of 64 KB', conditions: { delayMs: 50, queueBytes: 65_000 }, minShare: 0.8, maxQueueMs: 11 },
  { title: 'at 20 ms in batches', conditions: { delayMs: 10, isBatched: true }, init: BUSY, minShare: 0.95, maxQueueMs: 16 },
  { title: 'at 100 ms in batches', conditions: { delayMs: 50, isBatched: true }, init: BUSY, minShare: 0.94, maxQueueMs: 18 },
  { title: 'at 20 ms when all turns are up to 20 ms late', conditions: { delayMs: 10, isBatched: true }, init: { ...BUSY, timerLateMs: 20 }, minShare: 0.9, maxQueueMs: 40 },
  { title: 'at 100 ms when all turns are up to 20 ms late', conditions: { delayMs: 50, isBatched: true }, init: { ...BUSY, timerLateMs: 20 }, minShare: 0.9, maxQueueMs: 70 },
  { title: 'at 20 ms with CUBIC', conditions: { delayMs: 10 }, init: { controller: () => new CubicController() }, minShare: 0.9, maxQueueMs: 170 },
  { title: 'at 100 ms with CUBIC', conditions: { delayMs: 50 }, init: { controller: () => new CubicController() }, minShare: 0.9, maxQueueMs: 170 }
]

describe('reliable streams on a path of 50 Mbit/s', () => {
  for (const { title, conditions, init, minShare, maxQueueMs } of CASES) {
    it(`use at least ${minShare} of it over 20 s, from the start, ${title}`, () => {
      const world = new VirtualWorld()
      const random = seededRandom(SEED)
      const path = simulatedPath(world, random, 'path', { bytesPerSecond: RATE, queueBytes: 1_000_000, back: { delayMs: conditions.delayMs }, ...conditions })
      const pair = new VirtualPair(world, path, { random, ...init })
      const share = rateOver(pair, startBulk(pair), 20) / RATE
      const queueMs = quantile(path.there.queueMs, 0.95)
      console.log(`      ${share.toFixed(3)} of the rate, ${quantile(path.there.queueMs, 0.5).toFixed(1)} ms in the queue, p95 ${queueMs.toFixed(1)} ms, ${pair.a.connection.lostPackets} lost`)
      assert.ok(share >= minShare, `${share.toFixed(3)} of the rate`)
      assert.ok(queueMs <= maxQueueMs, `p95 of the queue is ${queueMs.toFixed(1)} ms`)
    })
  }

  for (const isBatched of [false, true]) {
    it(`use all of it but 3 % (of that 1.6 are headers) from the fourth second on, at 100 ms${isBatched ? ' in batches' : ''}`, () => {
      const world = new VirtualWorld()
      const random = seededRandom(SEED)
      const path = simulatedPath(world, random, 'path', { bytesPerSecond: RATE, queueBytes: 1_000_000, delayMs: 50, isBatched, back: { delayMs: 50 } })
      const pair = new VirtualPair(world, path, { random, ...isBatched ? BUSY : {} })
      const bulk = startBulk(pair)
      world.runFor(3_000)
      const share = rateOver(pair, bulk, 17) / RATE
      console.log(`      ${share.toFixed(3)} of the rate`)
      assert.ok(share >= 0.97)
    })
  }

  for (const { timerLateMs, minShare } of [{ timerLateMs: 1, minShare: 0.95 }, { timerLateMs: 4, minShare: 0.95 }, { timerLateMs: 15, minShare: 0.7 }]) {
    it(`use at least ${minShare} of a link of 480 Mbit/s and 0.6 ms when all turns are up to ${timerLateMs} ms late`, () => {
      const world = new VirtualWorld()
      const random = seededRandom(SEED)
      const path = simulatedPath(world, random, 'path', { bytesPerSecond: 60_000_000, queueBytes: 1_000_000, delayMs: 0.3, isBatched: true, back: { delayMs: 0.3 } })
      const pair = new VirtualPair(world, path, { random, gathers: true, timerLateMs })
      const bulk = startBulk(pair)
      world.runFor(500)
      const share = rateOver(pair, bulk, 2) / 60_000_000
      console.log(`      ${share.toFixed(3)} of the rate, ${quantile(path.there.queueMs, 0.5).toFixed(1)} ms in the queue, p95 ${quantile(path.there.queueMs, 0.95).toFixed(1)} ms`)
      assert.ok(share >= minShare)
    })
  }

  for (const delayMs of [0.2, 10, 50]) {
    it(`find the rate that somebody enforces by dropping what is beyond it, and lose less than a tenth, at ${2 * delayMs} ms`, () => {
      const world = new VirtualWorld()
      const random = seededRandom(SEED)
      const path = simulatedPath(world, random, 'path', { delayMs, policer: { bytesPerSecond: RATE, burstBytes: RATE / 4 }, back: { delayMs } })
      const pair = new VirtualPair(world, path, { random })
      const share = rateOver(pair, startBulk(pair), 20) / RATE
      const lost = pair.a.connection.lostPackets / pair.a.connection.sentPackets
      console.log(`      ${share.toFixed(3)} of the rate, ${(100 * lost).toFixed(1)} % lost`)
      assert.ok(share >= 0.8 && lost < 0.1)
    })
  }

  it('give a second flow its share within 10 s at 20 ms, with marks and without', () => {
    for (const markBytes of [Infinity, 60_000]) {
      const { shares } = compete([{ delayMs: 10 }, { delayMs: 10 }], { markBytes }, 10)
      assertRatio(shares, 1.3)
    }
  })

  it('share fairly within a factor of 2 from 15 to 25 s after the second flow began, at 100 ms', () => {
    assertRatio(compete([{ delayMs: 50 }, { delayMs: 50 }], {}, 15).shares, 2)
  })

  it('share fairly within a factor of 2 when round trips are 20 and 60 ms', () => {
    assertRatio(compete([{ delayMs: 10 }, { delayMs: 30 }], {}, 10).shares, 2)
  })

  it('fall back to CUBIC beside a flow that fills the queue, and get at least a third of what that gets within 40 s', () => {
    const { shares, fellBack } = compete([{ delayMs: 10, controller: () => new CubicController() }, { delayMs: 10 }], { queueBytes: 500_000 }, 5, 35)
    const [greedy, ours] = shares
    console.log(`      ${(ours / RATE).toFixed(2)} beside ${(greedy / RATE).toFixed(2)} of the rate`)
    assert.ok(ours > greedy / 3)
    assert.equal(fellBack[1], true)
  })
})

/** Rates from `settleS` on for so long after the last of the flows has begun; each begins 5 s after the one before. And which have been CUBIC. */
function compete (flows: Array<{ delayMs: number, controller?: () => CongestionController }>, bottleneck: LinkConditions, settleS: number, forS = 10): { shares: number[], fellBack: boolean[] } {
  const world = new VirtualWorld()
  const random = seededRandom(SEED)
  const shared = new SimulatedLink(world, random, { bytesPerSecond: RATE, queueBytes: 500_000, ...bottleneck })
  const pairs = flows.map(({ delayMs, controller }) => {
    const path = simulatedPath(world, random, 'path', { delayMs })
    const send = path.there.send.bind(path.there)
    path.there.send = (packet, deliver) => {
      shared.send(packet, (passed, isMarked) => { send(passed, (arrived) => { deliver(arrived, isMarked) }) })
    }
    return new VirtualPair(world, path, { random, controller })
  })
  const bulks = pairs.map((pair) => {
    const bulk = startBulk(pair)
    world.runFor(5_000)
    return bulk
  })
  world.runFor(1_000 * (settleS - 5))
  const before = bulks.map(({ receivedBytes }) => receivedBytes)
  const fellBack = pairs.map(() => false)
  for (let second = 0; second < forS; second++) {
    world.runFor(1_000)
    for (const [i, { a }] of pairs.entries()) {
      fellBack[i] ||= (a.connection.path.controller as Partial<AdaptiveController>).isFallback === true
    }
  }
  return { shares: bulks.map(({ receivedBytes }, i) => (receivedBytes - before[i]) / forS), fellBack }
}

function assertRatio (shares: number[], maxRatio: number): void {
  const ratio = Math.max(...shares) / Math.min(...shares)
  console.log(`      ${shares.map((share) => (share / RATE).toFixed(2)).join(' and ')} of the rate, ratio ${ratio.toFixed(2)}`)
  assert.ok(ratio <= maxRatio, `ratio ${ratio.toFixed(2)}`)
  assert.ok(shares.reduce((sum, share) => sum + share) >= 0.85 * RATE)
}
