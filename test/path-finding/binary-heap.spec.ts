import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BinaryHeap } from '../../src/path-finding/binary-heap.ts'

describe('binary heap', () => {
  it('gives items in order of cost, then tie, then number, also after priorities improved', () => {
    const few = fc.integer({ min: 0, max: 5 })
    const items = fc.array(fc.record({ cost: few, tie: few, improvement: few }), { maxLength: 40 })
    fc.assert(fc.property(items, items => {
      const costs = Float64Array.from(items, item => item.cost)
      const ties = Float64Array.from(items, item => item.tie)
      const heap = new BinaryHeap(costs, ties)
      items.forEach((_, item) => { heap.raise(item) })
      items.forEach(({ improvement }, item) => {
        costs[item] -= improvement
        heap.raise(item)
      })
      const expected = items.map((_, item) => item).sort((a, b) => costs[a] - costs[b] || ties[a] - ties[b] || a - b)
      assert.deepEqual(expected.map(() => heap.pop()), expected)
      assert.equal(heap.pop(), -1)
    }), { seed: 5 })
  })

  it('forgets everything when cleared, and takes the same items again', () => {
    const heap = new BinaryHeap(Float64Array.of(3, 1, 2), new Float64Array(3))
    for (const item of [0, 1, 2]) {
      heap.raise(item)
    }
    heap.clear()
    assert.equal(heap.size, 0)
    heap.raise(0)
    heap.raise(2)
    assert.deepEqual([heap.pop(), heap.pop(), heap.pop()], [2, 0, -1])
  })
})
