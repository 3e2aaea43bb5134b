import assert from 'node:assert/strict'
import { shuffled } from '../../../src/rsp/measurement-plan/shuffled.ts'
import { seededRandom } from './generated-world.ts'

describe('a drawn order', () => {
  it('has all items once, and leaves the list that it was given as it was', () => {
    const items = [1, 2, 3, 4, 5]
    assert.deepEqual(shuffled(items, seededRandom(1)).sort(), [1, 2, 3, 4, 5])
    assert.deepEqual(items, [1, 2, 3, 4, 5])
  })

  it('puts each item at each place as often as any other', () => {
    const random = seededRandom(2)
    const counts = Array.from({ length: 3 }, () => [0, 0, 0])
    for (let draw = 0; draw < 3_000; draw++) {
      for (const [place, item] of shuffled([0, 1, 2], random).entries()) {
        counts[item][place]++
      }
    }
    assert.ok(counts.flat().every((count) => Math.abs(count - 1_000) < 100), JSON.stringify(counts))
  })
})
