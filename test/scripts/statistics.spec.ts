import assert from 'node:assert/strict'
import { windowedPercentile } from '../../scripts/bench/statistics.ts'

/** One of a hundred is slow in each window of a hundred. */
const delays = Float64Array.from({ length: 1_000 }, (_, i) => i % 100 === 50 ? 5 : 1)

describe('the percentile by windows', () => {
  it('is what each of them has', () => {
    assert.equal(windowedPercentile(delays, 0.99, 100), 5)
    assert.equal(windowedPercentile(delays, 0.98, 100), 1)
  })

  it('does not see what befalls fewer than half of them, and sees what befalls more', () => {
    const stalledIn = (windows: number): Float64Array => delays.map((delay, i) => i < windows * 100 && i % 100 < 20 ? 100 : delay)
    assert.equal(windowedPercentile(stalledIn(4), 0.99, 100), 5)
    assert.equal(windowedPercentile(stalledIn(6), 0.99, 100), 100)
  })

  it('of fewer values than a window is that of all, and a rest of one does not count', () => {
    assert.equal(windowedPercentile(Float64Array.of(1, 2, 3), 0.5, 100), 2)
    assert.equal(windowedPercentile(Float64Array.of(1, 1, 1, 1, 9), 0.99, 2), 1)
  })
})
