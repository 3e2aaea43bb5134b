import assert from 'node:assert/strict'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { choosePaths } from '../../../src/rsp/measurement-plan/path-choice.ts'
import type { LinkPair } from '../../../src/rsp/measurement-plan/link-memory.ts'

describe('the choice of paths', () => {
  let memory: LinkMemory

  function round (...links: Array<[...LinkPair, rttMs: number]>): void {
    memory.beginRound()
    for (const [a, b, rttMs] of links) {
      memory.record({ a, b, rttMs })
    }
  }

  beforeEach(() => { memory = new LinkMemory(4) })

  it('goes over relays where that is shorter, their cost counted, and directly where it is not', () => {
    round([0, 1, 10], [1, 2, 10], [0, 2, 30], [2, 3, 10], [1, 3, 21])
    const choose = choosePaths(memory, 2)
    assert.deepEqual(choose(0, 2), [1])
    assert.deepEqual(choose(2, 0), [1])
    assert.deepEqual(choose(1, 3), [])
    assert.deepEqual(choosePaths(memory, 0)(1, 3), [2])
  })

  it('uses only links that were measured in this round', () => {
    round([0, 1, 1], [1, 2, 1])
    round([0, 3, 50], [3, 2, 50])
    assert.deepEqual(choosePaths(memory, 1)(0, 2), [3])
    assert.equal(choosePaths(memory, 1)(0, 1), undefined)
  })

  it('distrusts a link that has only now become short', () => {
    round([0, 1, 100], [0, 3, 30])
    round([0, 1, 100], [0, 3, 30])
    round([0, 1, 20], [1, 2, 10], [0, 3, 30], [3, 2, 10])
    assert.deepEqual(choosePaths(memory, 1)(0, 2), [3])
  })

  for (const { remembered, roundsAgo, relays } of [
    { remembered: 70, roundsAgo: 1, relays: undefined },
    { remembered: 95, roundsAgo: 1, relays: [1] },
    { remembered: 70, roundsAgo: 4, relays: [1] },
    { remembered: 20, roundsAgo: 4, relays: undefined }
  ]) {
    it(`sends by ${relays === undefined ? 'default' : 'a path of 101 ms'} where the direct link had ${remembered} ms, ${roundsAgo === 1 ? 'a round' : `${roundsAgo} rounds`} ago`, () => {
      round([0, 2, remembered])
      for (let ago = 1; ago < roundsAgo; ago++) {
        round()
      }
      round([0, 1, 50], [1, 2, 50])
      assert.deepEqual(choosePaths(memory, 1)(0, 2), relays)
      assert.deepEqual(choosePaths(memory, 1)(2, 0), relays)
    })
  }

  it('stays as it is when more is measured', () => {
    round([0, 1, 10], [1, 2, 10])
    const choose = choosePaths(memory, 1)
    round([0, 2, 1])
    assert.deepEqual(choose(0, 2), [1])
  })
})
