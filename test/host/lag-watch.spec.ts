import assert from 'node:assert/strict'
import { LagWatch } from '../../src/host/lag-watch.ts'

/** As the default route usually has it. */
const USUAL_MS = 50

describe('lag watch', () => {
  let lag: LagWatch
  beforeEach(() => { lag = new LagWatch() })

  function pair (number: number, { pathMs, fallbackMs, atMs }: { pathMs: number, fallbackMs: number | undefined, atMs: number }): void {
    lag.sentPair(number, number + 1, atMs)
    if (fallbackMs !== undefined && fallbackMs <= pathMs) {
      lag.fallbackAnswered(number + 1, fallbackMs)
    }
    lag.answered(number, pathMs, USUAL_MS, atMs + pathMs)
  }

  it('asks for nothing while the path is faster than the default route, or slower by no more than 4 ms', () => {
    for (const rttMs of [40, 50, 54]) {
      lag.answered(1, rttMs, USUAL_MS, 0)
      assert.deepEqual([lag.pairDueMs(), lag.lagMs], [Infinity, undefined])
    }
  })

  it('after a late echo wants two on both routes, 20 ms apart, and no more', () => {
    lag.answered(1, 56, USUAL_MS, 100)
    assert.ok(lag.pairDueMs() <= 100)
    lag.sentPair(2, 3, 100)
    assert.equal(lag.pairDueMs(), 120)
    lag.sentPair(4, 5, 120)
    assert.equal(lag.pairDueMs(), Infinity)
  })

  it('says by how much the path lags at least, once both pairs say so, too', () => {
    lag.answered(1, 70, USUAL_MS, 100)
    pair(2, { pathMs: 62, fallbackMs: 50, atMs: 100 })
    assert.equal(lag.lagMs, undefined)
    pair(4, { pathMs: 64, fallbackMs: 51, atMs: 120 })
    assert.equal(lag.lagMs, 12)
  })

  it('does not lag where the default route is as late at the same moment, or later', () => {
    for (const fallbackMs of [66, undefined]) {
      lag = new LagWatch()
      lag.answered(1, 70, USUAL_MS, 100)
      pair(2, { pathMs: 70, fallbackMs: 50, atMs: 100 })
      pair(4, { pathMs: 70, fallbackMs, atMs: 120 })
      assert.equal(lag.lagMs, undefined)
      assert.equal(lag.pairDueMs(), Infinity)
    }
  })

  it('is over with the first pair that shows no lag, and doubts again at once', () => {
    lag.answered(1, 70, USUAL_MS, 100)
    pair(2, { pathMs: 70, fallbackMs: 50, atMs: 100 })
    pair(4, { pathMs: 54, fallbackMs: 50, atMs: 146 })
    assert.deepEqual([lag.lagMs, lag.pairDueMs()], [undefined, Infinity])
    lag.answered(5, 70, USUAL_MS, 201)
    assert.ok(lag.pairDueMs() <= 201)
  })

  it('doubts four times in six seconds at the most, however often an echo is late', () => {
    const doubtsAt = (atMs: number): boolean => {
      lag.answered(1, 70, USUAL_MS, atMs)
      const doubts = lag.pairDueMs() < Infinity
      if (doubts) {
        pair(2, { pathMs: 50, fallbackMs: 50, atMs })
      }
      return doubts
    }
    assert.deepEqual([0, 100, 200, 300, 400, 5_900].map(doubtsAt), [true, true, true, true, false, false])
    assert.deepEqual([6_000, 6_050, 6_100].map(doubtsAt), [true, false, true])
  })

  it('takes no other echoes for proof: one pause makes all late that are under way', () => {
    for (const number of [1, 2, 3, 4]) {
      lag.answered(number, 70, USUAL_MS, 100)
    }
    assert.equal(lag.lagMs, undefined)
    assert.ok(lag.pairDueMs() <= 100)
  })

  it('without a late echo wants three on both routes, and takes the path for lagging when all three do', () => {
    lag.doubt(100)
    for (const at of [0, 1, 2]) {
      assert.deepEqual([lag.pairDueMs() <= 100 + 20 * at, lag.lagMs], [true, undefined])
      pair(2 * at + 2, { pathMs: 70 + at, fallbackMs: 50, atMs: 100 + 20 * at })
    }
    assert.deepEqual([lag.pairDueMs(), lag.lagMs], [Infinity, 20])
  })

  it('is asked anew while nothing could be sent, since the default route was dead', () => {
    lag.doubt(100)
    lag.doubt(4_000)
    for (const at of [0, 1, 2]) {
      pair(2 * at + 2, { pathMs: 70, fallbackMs: 50, atMs: 4_000 + 20 * at })
    }
    assert.equal(lag.lagMs, 20)
  })

  it('measures by the newest echo of the default route where that is less than usual', () => {
    lag.fallbackAnswered(9, 50)
    lag.answered(1, 70, 700, 100)
    assert.ok(lag.pairDueMs() <= 100)
  })

  it('begins anew when a pair was lost, or nobody left the path', () => {
    lag.answered(1, 70, USUAL_MS, 100)
    lag.sentPair(2, 3, 100)
    lag.sentPair(4, 5, 120)
    lag.answered(6, 60, USUAL_MS, 1_201)
    assert.equal(lag.pairDueMs(), Infinity)
    lag.answered(7, 60, USUAL_MS, 1_202)
    assert.ok(lag.pairDueMs() <= 1_202)
  })
})
