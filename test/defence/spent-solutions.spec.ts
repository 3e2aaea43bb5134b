import assert from 'node:assert/strict'
import { SpentSolutions } from '../../src/defence/spent-solutions.ts'

describe('SpentSolutions', () => {
  it('takes a solution once, for as long as its cookie lives', () => {
    const spent = new SpentSolutions({ maxEntries: 100, lifeMs: 1_000 })
    assert.equal(spent.spend('a', 0), true)
    assert.equal(spent.spend('b', 900), true)
    assert.equal(spent.spend('a', 1_000), false)
    assert.equal(spent.spend('b', 1_899), false)
  })

  it('forgets what could not be used any more', () => {
    const spent = new SpentSolutions({ maxEntries: 100, lifeMs: 1_000 })
    spent.spend('a', 0)
    spent.spend('b', 5_000)
    assert.equal(spent.size, 1)
    assert.equal(spent.spend('a', 5_000), true)
  })

  it('is bounded, and remembers the last half of its bound', () => {
    const spent = new SpentSolutions({ maxEntries: 100, lifeMs: 1_000 })
    for (let i = 0; i < 1_000; i++) {
      assert.equal(spent.spend(`${i}`, 1), true)
      assert.ok(spent.size <= 100)
    }
    for (let i = 950; i < 1_000; i++) {
      assert.equal(spent.spend(`${i}`, 1), false)
    }
  })
})
