import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LabelHeap } from '../../src/path-finding/label-heap.ts'

function drained (heap: LabelHeap): number[] {
  return Array.from({ length: heap.size }, () => heap.pop())
}

describe('label heap', () => {
  it('gives nodes in order of cost, then tie, then number, with the best label that each was offered', () => {
    const few = fc.integer({ min: 0, max: 5 })
    const offer = fc.record({ node: fc.integer({ min: 0, max: 19 }), cost: few, tieUs: few })
    const heap = new LabelHeap(20)
    fc.assert(fc.property(fc.array(offer, { maxLength: 60 }), offers => {
      heap.clear()
      const best = new Map<number, { cost: number, tieUs: number }>()
      for (const { node, cost, tieUs } of offers) {
        const known = best.get(node)
        const isBetter = known === undefined || cost < known.cost || (cost === known.cost && tieUs < known.tieUs)
        assert.equal(heap.improve(node, cost, tieUs, -1), isBetter)
        if (isBetter) {
          best.set(node, { cost, tieUs })
        }
      }
      const expected = [...best].sort(([a, x], [b, y]) => x.cost - y.cost || x.tieUs - y.tieUs || a - b).map(([node]) => node)
      assert.deepEqual(drained(heap), expected)
      expected.forEach(node => { assert.deepEqual({ cost: heap.costs[node], tieUs: heap.tiesUs[node] }, best.get(node)) })
    }), { seed: 5 })
  })

  it('regression: does not take a node back that has left, whatever its label, and keeps those in the queue in order', () => {
    const heap = new LabelHeap(4)
    for (const [node, cost] of [[0, 5], [1, 7], [2, 9]]) {
      heap.improve(node, cost, 0, -1)
    }
    assert.equal(heap.pop(), 0)
    assert.equal(heap.improve(0, 1, 0, 2), false)
    assert.deepEqual([heap.costs[0], heap.previous[0], heap.size], [5, -1, 2])
    assert.deepEqual(drained(heap), [1, 2])
    heap.clear()
    assert.equal(heap.improve(0, 1, 0, 2), true, 'in the next search it is new')
  })

  it('forgets everything when cleared, and takes the same nodes again', () => {
    const heap = new LabelHeap(3)
    heap.improve(1, 1, 0, -1)
    heap.clear()
    assert.deepEqual([heap.size, heap.has(1)], [0, false])
    assert.equal(heap.improve(1, 9, 0, 2), true)
    assert.deepEqual([heap.costs[1], heap.previous[1], heap.has(1)], [9, 2, true])
  })
})
