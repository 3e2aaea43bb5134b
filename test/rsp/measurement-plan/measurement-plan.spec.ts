import assert from 'node:assert/strict'
import { MeasurementPlan } from '../../../src/rsp/measurement-plan/measurement-plan.ts'
import { generatedWorld, playRound, savedMs, seededRandom } from './generated-world.ts'
import type { LinkPair } from '../../../src/rsp/measurement-plan/link-memory.ts'

const size = 120
const links = size * (size - 1) / 2
const world = generatedWorld(size, 5)

function planOf (seed: number, nodeCount = size): MeasurementPlan {
  return new MeasurementPlan({ nodeCount, relayCostMs: 1, random: seededRandom(seed) })
}

function gainOf (plan: MeasurementPlan): number {
  return savedMs(world, 1, plan.choosePaths())
}

function distinct (batches: ReadonlyArray<readonly LinkPair[]>): Set<number> {
  return new Set(batches.flat().map(([a, b]) => Math.min(a, b) * size + Math.max(a, b)))
}

describe('the measurement plan', () => {
  const whole = planOf(1)
  let wholeGain: number

  before(() => {
    playRound(whole.round(links), world)
    wholeGain = gainOf(whole)
  })

  it('measures everything where the budget suffices for it', () => {
    assert.equal(whole.memory.measured().pairs.length, links)
    assert.ok(wholeGain > 0)
  })

  for (const budgetLinks of [0, 1, 7, 100, 1_000]) {
    it(`spends a budget of ${budgetLinks} links in each round, on different links of different nodes`, () => {
      const plan = planOf(2)
      for (let round = 0; round < 3; round++) {
        const batches = playRound(plan.round(budgetLinks), world)
        assert.equal(batches.flat().length, budgetLinks)
        assert.equal(distinct(batches).size, budgetLinks)
        assert.ok(batches.flat().every(([a, b]) => a !== b && a >= 0 && b >= 0 && a < size && b < size))
      }
    })
  }

  it('learns: from a cold start it gains more in later rounds, and after eight with a tenth of the links most of what all links give', () => {
    for (const seed of [1, 2]) {
      const plan = planOf(seed)
      const gains = Array.from({ length: 8 }, () => {
        playRound(plan.round(links / 10), world)
        return gainOf(plan) / wholeGain
      })
      assert.ok(gains[7] > gains[0] + 0.1, `seed ${seed}: ${gains.join(' ')}`)
      assert.ok(gains[7] > 0.75, `seed ${seed}: ${gains.join(' ')}`)
    }
  })

  it('keeps most of the gain with a tenth of the links after a sweep', () => {
    const plan = planOf(3)
    playRound(plan.round(links), world)
    playRound(plan.round(links / 10), world)
    assert.ok(gainOf(plan) > 0.85 * wholeGain)
  })

  it('answers over links of the last round only', () => {
    const plan = planOf(4)
    playRound(plan.round(500), world)
    const measured = distinct(playRound(plan.round(500), world))
    const choose = plan.choosePaths()
    let hops = 0
    for (let source = 0; source < size; source++) {
      for (let destination = 0; destination < size; destination++) {
        const relays = source === destination ? [] : choose(source, destination) ?? []
        const path = relays.length === 0 ? [] : [source, ...relays, destination]
        for (let at = 1; at < path.length; at++, hops++) {
          assert.ok(measured.has(Math.min(path[at - 1], path[at]) * size + Math.max(path[at - 1], path[at])))
        }
      }
    }
    assert.ok(hops > 0)
  })

  it('draws the same for the same seed, and else for another', () => {
    const batches = (seed: number): LinkPair[][] => playRound(planOf(seed).round(300), world)
    assert.deepEqual(batches(6), batches(6))
    assert.notDeepEqual(batches(6), batches(7))
  })

  it('goes on where nothing answers, and where links stop answering', () => {
    const plan = planOf(8)
    assert.equal(playRound(plan.round(200), world, () => true).flat().length, 200)
    assert.equal(gainOf(plan), 0)
    playRound(plan.round(200), world)
    const silent = (a: number, b: number): boolean => (a + b) % 5 === 0
    const first = distinct(playRound(plan.round(400), world, silent))
    const again = distinct(playRound(plan.round(400), world, silent))
    const isSilent = (pair: number): boolean => silent(Math.floor(pair / size), pair % size)
    assert.equal([...again].filter((pair) => first.has(pair) && isSilent(pair)).length, 0)
  })

  it('takes what it has learned along when nodes come and go', () => {
    const plan = planOf(9)
    playRound(plan.round(600), world)
    const [a, b] = plan.memory.endsOf(plan.memory.measured().pairs[0])
    const previous = [a, b, -1, ...Array.from({ length: 40 }, (_, node) => node).filter((node) => node !== a && node !== b)]
    plan.renumber(previous)
    assert.equal(plan.memory.rttMs(plan.memory.pairOf(0, 1)), world.rttMs[a * size + b])
    const grown = generatedWorld(previous.length, 10)
    assert.equal(playRound(plan.round(100), grown).flat().length, 100)
    assert.doesNotThrow(() => plan.choosePaths()(0, 2))
  })

  for (const [nodeCount, asked] of [[0, 0], [1, 0], [2, 1], [3, 2]]) {
    it(`measures ${asked} links of ${nodeCount} nodes with a budget of two`, () => {
      assert.equal(playRound(planOf(1, nodeCount).round(2), generatedWorld(nodeCount, 1)).flat().length, asked)
    })
  }
})
