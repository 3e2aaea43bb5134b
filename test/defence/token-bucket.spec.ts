import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TokenBucket } from '../../src/defence/token-bucket.ts'

describe('token bucket', () => {
  it('grants its burst at once and then no more', () => {
    const bucket = new TokenBucket({ ratePerSecond: 5, burst: 20, nowMs: 0 })
    const granted = Array.from({ length: 30 }, () => bucket.take(1, 0)).filter(Boolean).length
    assert.equal(granted, 20)
  })

  it('refills at its rate, and never above its burst', () => {
    const bucket = new TokenBucket({ ratePerSecond: 5, burst: 20, nowMs: 0 })
    assert.equal(bucket.take(20, 0), true)
    assert.equal(bucket.take(1, 199), false)
    assert.equal(bucket.take(1, 200), true)
    assert.equal(bucket.availableAt(3_600_000), 20)
  })

  it('takes an amount whole or not at all', () => {
    const bucket = new TokenBucket({ ratePerSecond: 0, burst: 10, nowMs: 0 })
    assert.equal(bucket.take(11, 0), false)
    assert.equal(bucket.take(10, 0), true)
  })

  it('gives nothing for a clock that steps backwards', () => {
    const bucket = new TokenBucket({ ratePerSecond: 1000, burst: 10, nowMs: 5000 })
    assert.equal(bucket.take(10, 5000), true)
    assert.equal(bucket.take(1, 0), false)
    assert.equal(bucket.take(5, 5005), true)
    assert.equal(bucket.take(1, 5005), false)
  })

  it('never refuses when its rate and burst are without limit', () => {
    const bucket = new TokenBucket({ ratePerSecond: Infinity, burst: Infinity, nowMs: 0 })
    assert.equal(bucket.take(1e12, 0), true)
    assert.equal(bucket.take(1e12, 1), true)
  })

  it('never grants more than burst plus rate times time, whatever the order of calls', () => {
    fc.assert(fc.property(
      fc.array(fc.record({ stepMs: fc.integer({ min: -50, max: 500 }), amount: fc.integer({ min: 0, max: 40 }) }), { maxLength: 100 }),
      steps => {
        const bucket = new TokenBucket({ ratePerSecond: 30, burst: 20, nowMs: 0 })
        let nowMs = 0
        let latestMs = 0
        let granted = 0
        for (const { stepMs, amount } of steps) {
          nowMs += stepMs
          latestMs = Math.max(latestMs, nowMs)
          granted += bucket.take(amount, nowMs) ? amount : 0
          assert.ok(granted <= 20 + 30 * latestMs / 1000 + 1e-6)
        }
      }), { numRuns: 200, seed: 7 })
  })

  for (const [what, init] of Object.entries({
    'a negative rate': { ratePerSecond: -1, burst: 1 },
    'a rate that is no number': { ratePerSecond: NaN, burst: 1 },
    'a burst of zero': { ratePerSecond: 1, burst: 0 }
  })) {
    it(`refuses to be made with ${what}`, () => {
      assert.throws(() => new TokenBucket({ ...init, nowMs: 0 }), RangeError)
    })
  }

  for (const amount of [-1, NaN]) {
    it(`refuses to take ${amount}`, () => {
      const bucket = new TokenBucket({ ratePerSecond: 1, burst: 1, nowMs: 0 })
      assert.throws(() => bucket.take(amount, 0), RangeError)
    })
  }
})
