import assert from 'node:assert/strict'
import { LinkBudget } from '../../src/defence/link-budget.ts'

describe('link budget', () => {
  let budget: LinkBudget

  beforeEach(() => {
    budget = new LinkBudget({ all: { ratePerSecond: 100, burst: 50 }, share: { ratePerSecond: 20, burst: 20 }, own: { ratePerSecond: 1, burst: 5 }, nowMs: 0 })
  })

  function taken (link: number, nowMs: number, tries = 1_000): number {
    let count = 0
    for (let i = 0; i < tries; i++) {
      const has = budget.has(link, nowMs)
      assert.equal(budget.take(link, nowMs), has)
      count += has ? 1 : 0
    }
    return count
  }

  it('gives each link its share of what there is for all, and what is its own besides', () => {
    assert.deepEqual([3, 0, 9, 200].map((link) => taken(link, 0)), [25, 25, 15, 5])
  })

  it('fills up by time, each part at its rate', () => {
    [0, 1, 2, 3].forEach((link) => taken(link, 0))
    assert.deepEqual([taken(0, 1_000), taken(3, 1_000)], [21, 21])
  })

  it('takes nothing from the others for who is over its share', () => {
    assert.equal(taken(0, 0, 100_000), 25)
    assert.deepEqual([taken(1, 0), taken(2, 0)], [25, 15])
  })

  it('does not change by being asked', () => {
    for (let i = 0; i < 1_000; i++) {
      assert.equal(budget.has(0, 0), true)
    }
    assert.equal(taken(0, 0), 25)
  })
})
