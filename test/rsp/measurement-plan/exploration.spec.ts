import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { Exploration } from '../../../src/rsp/measurement-plan/exploration.ts'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { Round } from '../../../src/rsp/measurement-plan/round.ts'
import { playRound, seededRandom } from './generated-world.ts'
import type { World } from './generated-world.ts'

/** 0 is the only good relay: 10 ms from everybody; all others are 200 ms from each other. */
const size = 60
const world: World = { size, rttMs: Float64Array.from({ length: size * size }, (_, pair) => pair % size === 0 || pair < size ? 10 : 200) }

describe('exploration', () => {
  let counts: Record<'good' | 'poor', number[]>
  let totalsMs: number[]

  /** Both searches measure what they are given to; only the good one knows where to look. */
  function explorationOf (goodFinds: (pair: number) => boolean, leastGood = 0): Exploration {
    const search = (name: 'good' | 'poor', holds: (pair: number) => boolean) => ({
      firstPart: 0.5,
      leastLinks: () => name === 'good' ? leastGood : 0,
      run: function * (round: Round, count: number) {
        counts[name].push(count)
        const pairs = Array.from({ length: size * size }, (_, pair) => pair)
          .filter((pair) => Math.floor(pair / size) < pair % size && holds(pair) && round.mayAsk(pair) && !round.memory.isKnown(pair))
        yield * round.measure(pairs.slice(0, count))
      }
    })
    return new Exploration([search('good', goodFinds), search('poor', (pair) => pair >= size)], seededRandom(1))
  }

  function play (exploration: Exploration, rounds: number, budgetLinks: number, afterRound = (): void => {}): void {
    const memory = new LinkMemory(size)
    const paths = new AllPairs(size, 1)
    memory.beginRound()
    // a chain, so that there are paths to shorten
    playRound(new Round(memory, size).measure(Array.from({ length: size - 1 }, (_, node) => node * size + node + 1)), world)
    for (let round = 0; round < rounds; round++) {
      memory.beginRound()
      totalsMs = []
      playRound(exploration.run(new Round(memory, 1_000), budgetLinks, paths, totalSavedMs), world)
      afterRound()
    }
  }

  /** Each pair once, as if the default route had 1,000 ms. */
  function totalSavedMs ({ distanceMs }: AllPairs): number {
    totalsMs.push(distanceMs.reduce((sum, ms) => sum + (1_000 - ms) / 2, 0))
    return totalsMs.at(-1) as number
  }

  beforeEach(() => { counts = { good: [], poor: [] } })

  it('begins with the first parts, and gives more to the search that shortens paths most per link', () => {
    play(explorationOf((pair) => pair < size), 4, 20)
    assert.deepEqual([counts.good[0], counts.poor[0]], [10, 10])
    assert.ok((counts.good.at(-1) as number) > (counts.poor.at(-1) as number))
  })

  it('leaves something to a search that finds nothing', () => {
    play(explorationOf((pair) => pair < size), 10, 40)
    assert.ok(counts.poor.every((count) => count >= 5))
  })

  it('keeps to its budget in each round', () => {
    play(explorationOf((pair) => pair < size), 6, 33)
    counts.good.forEach((good, round) => { assert.ok(good + counts.poor[round] <= 33) })
  })

  it('gives a search that needs many links at once either those or none, and then all the rest to the others', () => {
    play(explorationOf((pair) => pair >= size, 30), 12, 40)
    assert.deepEqual(new Set(counts.good), new Set([0, 30]))
    // a link may fall to rounding
    counts.good.forEach((good, round) => { assert.ok([39, 40].includes(good + counts.poor[round])) })
  })

  it('says by how much a link that it measured has raised the total, and of later rounds believes half, by ratio', () => {
    const exploration = explorationOf((pair) => pair < size)
    const foundMs: number[] = []
    let expectedMs: number | undefined
    play(exploration, 3, 20, () => {
      const roundMs = ((totalsMs.at(-1) as number) - totalsMs[0]) / (counts.good.at(-1) as number + (counts.poor.at(-1) as number))
      expectedMs = expectedMs === undefined ? roundMs : Math.sqrt(expectedMs * roundMs)
      foundMs.push(expectedMs)
      assert.ok(Math.abs(exploration.foundMs as number - expectedMs) < 1e-6 * expectedMs, `${exploration.foundMs} instead of ${expectedMs}`)
    })
    assert.ok(foundMs.every((ms) => ms > 0))
  })

  it('says nothing of what a link finds before it has measured one', () => {
    const exploration = explorationOf(() => false)
    play(exploration, 3, 0.5)
    assert.equal(exploration.foundMs, undefined)
  })

  it('asks no search when there is nothing to explore with', () => {
    play(explorationOf((pair) => pair < size), 3, 0.5)
    assert.deepEqual(counts, { good: [], poor: [] })
  })
})
