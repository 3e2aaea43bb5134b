import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RangeSet } from '../../../src/host/stream/range-set.ts'

describe('RangeSet', () => {
  it('is the set of numbers that were added and not removed, as few disjoint ranges in order', () => {
    const anyStep = fc.record({ isAdd: fc.boolean(), start: fc.nat(60), length: fc.integer({ min: 1, max: 12 }) })
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const ranges = new RangeSet()
      const model = new Set<number>()
      for (const { isAdd, start, length } of steps) {
        ranges[isAdd ? 'add' : 'remove'](start, start + length)
        for (let value = start; value < start + length; value++) {
          model[isAdd ? 'add' : 'delete'](value)
        }
        const listed = Array.from({ length: ranges.count }, (_, i) => [ranges.start(i), ranges.end(i)])
        assert.deepEqual(listed.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)), [...model].sort((a, b) => a - b))
        assert.ok(listed.every(([from], i) => i === 0 || listed[i - 1][1] < from), 'touching ranges are one')
        for (let value = 0; value < 75; value++) {
          assert.equal(ranges.has(value), model.has(value))
        }
      }
    }))
  })

  it('forgets its first range', () => {
    const ranges = new RangeSet()
    ranges.add(1, 2)
    ranges.add(5, 9)
    ranges.removeFirst()
    assert.deepEqual([ranges.count, ranges.start(0), ranges.end(0)], [1, 5, 9])
    ranges.clear()
    assert.equal(ranges.count, 0)
  })
})
