import assert from 'node:assert/strict'
import fc from 'fast-check'
import { InstantTable } from '../../src/defence/instant-table.ts'

describe('InstantTable', () => {
  it('keeps what it was told, and has a clean sheet for the unknown', () => {
    const table = new InstantTable(2)
    table.set('a', 500, 0)
    assert.equal(table.get('a', 0), 500)
    assert.equal(table.get('b', 0), -Infinity)
  })

  it('forgets what is over for the sake of a new name', () => {
    const table = new InstantTable(2)
    table.set('a', 500, 0)
    table.set('b', 900, 0)
    table.set('c', 1_500, 500)
    assert.equal(table.size, 2)
    assert.equal(table.get('c', 500), 1_500)
    assert.equal(table.get('b', 500), 900)
  })

  it('gives a new name neither the place of an active one nor a clean sheet', () => {
    const table = new InstantTable(2)
    table.set('a', 500, 0)
    table.set('b', 900, 0)
    table.set('c', 300, 0)
    assert.equal(table.get('a', 0), 500)
    assert.equal(table.get('b', 0), 900)
    assert.equal(table.get('c', 0), 300)
    assert.equal(table.get('d', 0), 300, 'those without a place share one instant')
    table.set('d', 200, 0)
    assert.equal(table.get('c', 0), 300, 'which does not go back')
  })

  it('finds room behind entries that stay for long', () => {
    const table = new InstantTable(100)
    for (let i = 0; i < 99; i++) {
      table.set(`long ${i}`, 1e9, 0)
    }
    table.set('short', 10, 0)
    for (let i = 0; i < 20; i++) {
      table.set(`new ${i}`, 1e9, 20)
    }
    assert.equal(table.size, 100)
    assert.equal(table.get('short', 20), 1e9, 'its place was given away, so it shares')
  })

  it('never forgets what is not over, and never grows above its bound', () => {
    const step = fc.record({ name: fc.integer({ min: 0, max: 40 }).map(String), addMs: fc.integer({ min: 0, max: 400 }), stepMs: fc.integer({ min: 0, max: 50 }) })
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const table = new InstantTable(10)
      const latest = new Map<string, number>()
      let nowMs = 0
      for (const { name, addMs, stepMs } of steps) {
        nowMs += stepMs
        const instantMs = Math.max(nowMs, table.get(name, nowMs)) + addMs
        table.set(name, instantMs, nowMs)
        latest.set(name, instantMs)
        assert.ok(table.size <= 10)
        for (const [other, otherMs] of latest) {
          assert.ok(otherMs <= nowMs || table.get(other, nowMs) >= otherMs, `${other} got a clean sheet too early`)
        }
      }
    }), { numRuns: 100, seed: 3 })
  })

  it('refuses to be made without room', () => {
    assert.throws(() => new InstantTable(0), RangeError)
  })
})
