import assert from 'node:assert/strict'
import { LinkMemory, MAX_NODES } from '../../../src/rsp/measurement-plan/link-memory.ts'

describe('the memory of links', () => {
  it('gives one number to a pair, whichever end is named first', () => {
    const memory = new LinkMemory(5)
    assert.equal(memory.pairOf(3, 1), memory.pairOf(1, 3))
    assert.deepEqual(memory.endsOf(memory.pairOf(3, 1)), [1, 3])
  })

  it('answers with what this round has measured, and in later rounds with the mean, which believes the last look half', () => {
    const memory = new LinkMemory(3)
    const pair = memory.pairOf(0, 1)
    for (const rttMs of [10, 30, 60]) {
      memory.beginRound()
      memory.record({ a: 1, b: 0, rttMs })
    }
    assert.equal(memory.rttMs(pair), 60)
    assert.equal(memory.meanMs(pair), 40)
    assert.equal(memory.age(pair), 0)
    memory.beginRound()
    assert.equal(memory.isMeasured(pair), false)
    assert.equal(memory.rttMs(pair), 40)
    assert.equal(memory.age(pair), 1)
  })

  it('tells measured links from known ones', () => {
    const memory = new LinkMemory(3)
    memory.beginRound()
    memory.record({ a: 0, b: 1, rttMs: 5 })
    memory.beginRound()
    memory.record({ a: 1, b: 2, rttMs: 7 })
    assert.deepEqual([...memory.known().pairs], [memory.pairOf(0, 1), memory.pairOf(1, 2)])
    assert.deepEqual([...memory.measured().rttMs], [7])
    assert.equal(memory.knownShare, 2 / 3)
  })

  it('forgets a link that does not answer and bars it for some rounds, then lets it be asked for again', () => {
    const memory = new LinkMemory(3)
    const pair = memory.pairOf(0, 1)
    memory.beginRound()
    memory.record({ a: 0, b: 1, rttMs: 5 })
    memory.record({ a: 0, b: 1, rttMs: undefined })
    assert.equal(memory.isKnown(pair), false)
    assert.equal(memory.knownShare, 0)
    let rounds = 0
    for (; memory.isBarred(pair); rounds++) {
      memory.beginRound()
    }
    assert.equal(rounds, 4)
  })

  it('takes what it knows along when nodes come, go and change places', () => {
    const memory = new LinkMemory(3)
    memory.beginRound()
    memory.record({ a: 0, b: 2, rttMs: 8 })
    memory.record({ a: 0, b: 1, rttMs: 9 })
    memory.record({ a: 1, b: 2, rttMs: undefined })
    const next = memory.renumbered([2, -1, 0, -1])
    assert.equal(next.nodeCount, 4)
    assert.deepEqual([...next.known().pairs], [next.pairOf(0, 2)])
    assert.equal(next.rttMs(next.pairOf(0, 2)), 8)
    assert.equal(next.round, 1)
    assert.equal(memory.renumbered([2, 1]).isBarred(1), true)
  })

  for (const nodeCount of [-1, 1.5, MAX_NODES + 1, Number.NaN]) {
    it(`refuses ${nodeCount} nodes`, () => {
      assert.throws(() => new LinkMemory(nodeCount), RangeError)
    })
  }

  it('knows all of a network without links', () => {
    assert.equal(new LinkMemory(1).knownShare, 1)
    assert.equal(new LinkMemory(0).knownShare, 1)
  })
})
