import assert from 'node:assert/strict'
import { CoDel, INTERVAL_MS, TARGET_MS } from '../../src/link/codel.ts'

/** Asks about a packet each millisecond; times of those it drops. */
function dropsOf (codel: CoDel, fromMs: number, untilMs: number, waitedMs: number): number[] {
  const dropped: number[] = []
  for (let nowMs = fromMs; nowMs < untilMs; nowMs++) {
    if (codel.drops(waitedMs, false, nowMs)) {
      dropped.push(nowMs)
    }
  }
  return dropped
}

describe('CoDel', () => {
  it('drops nothing of a queue that is short, however long it is there', () => {
    assert.deepEqual(dropsOf(new CoDel(), 0, 10_000, TARGET_MS - 1), [])
  })

  it('lets a burst pass that is gone within an interval', () => {
    const codel = new CoDel()
    assert.deepEqual(dropsOf(codel, 0, INTERVAL_MS - 1, 50), [])
    assert.deepEqual(dropsOf(codel, INTERVAL_MS, INTERVAL_MS + 1, 0), [])
    assert.deepEqual(dropsOf(codel, INTERVAL_MS + 1, 2 * INTERVAL_MS, 50), [])
  })

  it('drops after an interval, and then faster and faster: the interval over the root of the count', () => {
    const [first, second, third, fourth] = dropsOf(new CoDel(), 0, 1_000, 50)
    assert.equal(first, INTERVAL_MS)
    assert.ok(Math.abs(second - first - INTERVAL_MS) <= 1)
    assert.ok(Math.abs(third - second - INTERVAL_MS / Math.SQRT2) <= 1)
    assert.ok(Math.abs(fourth - third - INTERVAL_MS / Math.sqrt(3)) <= 1)
  })

  it('stops at once when the queue is short again', () => {
    const codel = new CoDel()
    dropsOf(codel, 0, 1_000, 50)
    assert.equal(codel.drops(1, false, 1_000), false)
    assert.deepEqual(dropsOf(codel, 1_001, 1_001 + INTERVAL_MS, 50), [])
  })

  it('goes on nearly where it was when the queue comes back soon', () => {
    const codel = new CoDel()
    const before = dropsOf(codel, 0, 2_000, 50).length
    codel.drops(1, false, 2_000)
    const after = dropsOf(codel, 2_001, 2_001 + 3 * INTERVAL_MS, 50)
    assert.ok(before > 20)
    assert.ok(after.length > 5, `${after.length} drops in two intervals`)
  })

  it('never drops the only packet there is', () => {
    const codel = new CoDel()
    for (let nowMs = 0; nowMs < 1_000; nowMs++) {
      assert.equal(codel.drops(500, true, nowMs), false)
    }
  })
})
