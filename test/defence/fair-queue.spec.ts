import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FairQueue } from '../../src/defence/fair-queue.ts'
import type { Rank } from '../../src/defence/fair-queue.ts'

function filled (ranks: Rank[], maxLength = 100): FairQueue<number> {
  const queue = new FairQueue<number>(maxLength)
  ranks.forEach((rank, i) => queue.add(i, rank, i))
  return queue
}

function drained (queue: FairQueue<number>): number[] {
  const order: number[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) {
    order.push(item)
  }
  return order
}

describe('FairQueue', () => {
  it('serves by work shown, then who asks seldom, then who came first', () => {
    const queue = filled([
      { effort: 0, activity: 5 }, { effort: 3, activity: 9 }, { effort: 0, activity: -Infinity }, { effort: 3, activity: 2 }, { effort: 0, activity: 5 }
    ])
    assert.equal(queue.first, 3)
    assert.deepEqual(drained(queue), [3, 1, 2, 0, 4])
    assert.equal(queue.first, undefined)
  })

  it('gives up the last when it is full, be it the newcomer', () => {
    const queue = filled([{ effort: 1, activity: 0 }, { effort: 0, activity: 0 }], 2)
    assert.equal(queue.add(2, { effort: 2, activity: 0 }, 2), 1)
    assert.equal(queue.add(3, { effort: 0, activity: 0 }, 3), 3)
    assert.deepEqual(drained(queue), [2, 0])
  })

  it('takes out those who have waited too long, the oldest first', () => {
    const queue = filled([{ effort: 0, activity: 0 }, { effort: 9, activity: 0 }, { effort: 0, activity: 0 }])
    assert.deepEqual(queue.takeOlder(2), [0, 1])
    assert.deepEqual(queue.takeOlder(2), [])
    assert.deepEqual(drained(queue), [2])
  })

  it('says what work is at a place, and at which place one would be', () => {
    const queue = filled([7, 5, 5, 0].map(effort => ({ effort, activity: 0 })))
    assert.deepEqual([0, 1, 2, 3, 4].map(place => queue.effortAt(place)), [7, 5, 5, 0, undefined])
    assert.deepEqual([8, 7, 6, 5, 0].map(effort => queue.placeFor({ effort, activity: 0 })), [0, 1, 1, 3, 4])
    assert.equal(queue.placeFor({ effort: 5, activity: -1 }), 1)
  })

  it('keeps its order and its bound, whatever comes and goes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), effort: fc.integer({ min: 0, max: 3 }), activity: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('old' as const), age: fc.integer({ min: 0, max: 30 }) })
    )
    interface Item extends Rank { id: number, addedMs: number }
    const before = (a: Item, b: Item): number => b.effort - a.effort || a.activity - b.activity || a.id - b.id
    fc.assert(fc.property(fc.array(step, { maxLength: 150 }), steps => {
      const queue = new FairQueue<Item>(8)
      let model: Item[] = []
      steps.forEach((step, nowMs) => {
        if (step.kind === 'add') {
          const item = { effort: step.effort, activity: step.activity, id: nowMs, addedMs: nowMs }
          const sorted = [...model, item].sort(before)
          assert.equal(queue.placeFor(item), sorted.indexOf(item))
          assert.equal(queue.add(item, item, nowMs), sorted[8])
          model = sorted.slice(0, 8)
        } else if (step.kind === 'take') {
          assert.equal(queue.take(), model.shift())
        } else {
          const old = model.filter(({ addedMs }) => addedMs < nowMs - step.age).sort((a, b) => a.id - b.id)
          assert.deepEqual(queue.takeOlder(nowMs - step.age), old)
          model = model.filter(item => !old.includes(item))
        }
        assert.equal(queue.length, model.length)
        assert.equal(queue.first, model[0])
      })
    }), { numRuns: 300, seed: 8 })
  })

  it('refuses to be made without room', () => {
    assert.throws(() => new FairQueue(0), RangeError)
  })
})
