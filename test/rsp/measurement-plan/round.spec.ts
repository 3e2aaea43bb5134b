import assert from 'node:assert/strict'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { Round } from '../../../src/rsp/measurement-plan/round.ts'
import { generatedWorld, playRound } from './generated-world.ts'

describe('a round of measuring', () => {
  const world = generatedWorld(4, 1)

  it('asks for no link twice, keeps to the budget, and remembers what came', () => {
    const memory = new LinkMemory(4)
    memory.beginRound()
    const round = new Round(memory, 3)
    assert.deepEqual(playRound(round.measure([1, 2, 1]), world), [[[0, 1], [0, 2]]])
    assert.deepEqual(playRound(round.measure([2, 3, 6]), world), [[[0, 3]]])
    assert.equal(round.left, 0)
    assert.deepEqual(playRound(round.measure([7]), world), [])
    assert.deepEqual([...memory.measured().pairs], [1, 2, 3])
    assert.equal(memory.rttMs(3), world.rttMs[3])
  })

  it('does not ask for what others have measured meanwhile, and spends nothing on it', () => {
    const memory = new LinkMemory(4)
    memory.beginRound()
    const round = new Round(memory, 3)
    const batches = round.measure([1])
    batches.next()
    batches.next([{ a: 0, b: 1, rttMs: 5 }, { a: 0, b: 2, rttMs: 7 }])
    assert.equal(round.left, 2)
    assert.deepEqual(playRound(round.measure([1, 2, 3]), world), [[[0, 3]]])
    assert.equal(memory.rttMs(2), 7)
  })

  it('counts a link that does not answer, and does not ask for it in the next round', () => {
    const memory = new LinkMemory(4)
    memory.beginRound()
    const round = new Round(memory, 2)
    playRound(round.measure([1]), world, () => true)
    assert.equal(round.left, 1)
    memory.beginRound()
    assert.deepEqual(playRound(new Round(memory, 2).measure([1]), world), [])
  })
})
