import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { Round } from '../../../src/rsp/measurement-plan/round.ts'
import { continueRows } from '../../../src/rsp/measurement-plan/row-search.ts'
import { generatedWorld, playRound, seededRandom } from './generated-world.ts'

describe('the search that goes on with rows', () => {
  const size = 60
  const hub = 17
  const { rttMs } = generatedWorld(size, 1)
  // one node is 5 ms from everybody, all others at least 60 ms from each other
  const world = { size, rttMs: rttMs.map((ms, pair) => [pair % size, Math.floor(pair / size)].includes(hub) ? 5 : 60 + ms) }
  const touches = ([a, b]: readonly [number, number]): boolean => a === hub || b === hub

  /** A few links of everybody are known, those of the hub among them. */
  function begun (seed: number): { memory: LinkMemory, round: Round, paths: AllPairs, random: () => number } {
    const random = seededRandom(seed)
    const memory = new LinkMemory(size)
    memory.beginRound()
    const round = new Round(memory, 2_000)
    const drawn = Array.from({ length: 240 }, () => memory.pairOf(Math.floor(random() * size), Math.floor(random() * size))).filter((pair) => Math.floor(pair / size) !== pair % size)
    playRound(round.measure(drawn), world)
    return { memory, round, paths: new AllPairs(size, 1), random }
  }

  it('measures more links of the node whose few links carry much, before those of others', () => {
    for (const seed of [1, 2, 3]) {
      const { round, paths, random } = begun(seed)
      const [first] = playRound(continueRows(round, paths, 30, random), world)
      assert.ok(first.slice(0, 5).every(touches), `seed ${seed}`)
    }
  })

  it('finishes its row', () => {
    const { memory, round, paths, random } = begun(4)
    playRound(continueRows(round, paths, 400, random), world)
    assert.ok(Array.from({ length: size }, (_, node) => node).every((node) => node === hub || memory.isKnown(memory.pairOf(node, hub))))
  })

  it('asks for no more than its part, and for nothing that is known', () => {
    for (const count of [0, 1, 40, 300]) {
      const { memory, round, paths, random } = begun(5)
      const known = new Set(memory.known().pairs)
      const asked = playRound(continueRows(round, paths, count, random), world).flat().map(([a, b]) => memory.pairOf(a, b))
      assert.equal(asked.length, count)
      assert.equal(new Set(asked).size, count)
      assert.ok(asked.every((pair) => !known.has(pair)))
    }
  })

  it('ends when all links are known', () => {
    const { memory, round, paths, random } = begun(6)
    playRound(continueRows(round, paths, 2_000, random), world)
    assert.equal(memory.knownShare, 1)
    assert.deepEqual(playRound(continueRows(round, paths, 10, random), world), [])
  })
})
