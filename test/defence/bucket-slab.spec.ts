import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { TokenBucket } from '../../src/defence/token-bucket.ts'

describe('bucket slab', () => {
  it('does for every bucket what a token bucket of its own would', () => {
    const step = fc.oneof(
      { weight: 1, arbitrary: fc.record({ add: fc.record({ ratePerSecond: fc.constantFrom(0, 1, 500, Infinity), burst: fc.constantFrom(1, 10, 1_000) }) }) },
      { weight: 1, arbitrary: fc.record({ remove: fc.nat(30) }) },
      { weight: 6, arbitrary: fc.record({ take: fc.nat(30), amount: fc.constantFrom(0, 1, 7, 400, 1_001), elapsedMs: fc.constantFrom(0, 1, 13, 1_000, -5) }) }
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const slab = new BucketSlab({ maxBuckets: 40 })
      const model = new Map<number, TokenBucket>()
      const bursts = new Map<number, number>()
      let nowMs = 1_000
      for (const one of steps) {
        if ('add' in one) {
          const { ratePerSecond, burst } = one.add
          const index = slab.add(ratePerSecond, burst, nowMs)
          assert.equal(index === -1, model.size === 40)
          if (index !== -1) {
            assert.ok(!model.has(index), 'an index that is in use')
            model.set(index, new TokenBucket({ ratePerSecond, burst, nowMs }))
            bursts.set(index, burst)
          }
        } else if ('remove' in one) {
          slab.remove(one.remove)
          model.delete(one.remove)
        } else {
          nowMs += one.elapsedMs
          assert.equal(slab.isFull(one.take, nowMs), model.get(one.take)?.availableAt(nowMs) === (bursts.get(one.take) ?? NaN))
          assert.equal(slab.take(one.take, one.amount, nowMs), model.get(one.take)?.take(one.amount, nowMs) ?? false)
        }
        assert.equal(slab.size, model.size)
      }
    }), { numRuns: 500 })
  })

  it('says −1 when it is full, and has room again for each that goes', () => {
    const slab = new BucketSlab({ maxBuckets: 37 })
    const all = Array.from({ length: 37 }, () => slab.add(1, 1, 0))
    assert.equal(new Set(all).size, 37)
    assert.equal(slab.add(1, 1, 0), -1)
    slab.remove(5)
    slab.remove(5)
    assert.deepEqual([slab.add(1, 1, 0), slab.add(1, 1, 0)], [5, -1])
  })

  it('grants nothing from a bucket that is gone or never was', () => {
    const slab = new BucketSlab({ maxBuckets: 4 })
    const index = slab.add(1_000, 1_000, 0)
    slab.remove(index)
    slab.remove(-1)
    slab.remove(99)
    for (const wrong of [index, -1, 3, 4, 99]) {
      assert.equal(slab.take(wrong, 0, 1_000), false, `bucket ${wrong}`)
    }
    assert.equal(slab.size, 0)
  })

  it('grants no amount that is none', () => {
    const slab = new BucketSlab({ maxBuckets: 1 })
    const index = slab.add(1_000, 1_000, 0)
    assert.deepEqual([slab.take(index, NaN, 0), slab.take(index, -1, 0), slab.take(index, 1_000, 0)], [false, false, true])
  })

  it('holds memory for what it has, up to twice, and for no more than its maximum', () => {
    const slab = new BucketSlab({ maxBuckets: 1_000 })
    assert.equal(slab.heldBytes, 0)
    for (let count = 1; count <= 1_000; count++) {
      slab.add(1, 1, 0)
      assert.ok(slab.heldBytes <= 32 * Math.min(1_000, Math.max(16, 2 * count)), `${slab.heldBytes} bytes for ${count} buckets`)
    }
  })

  const wrong = [[-1, 1], [NaN, 1], [1, 0], [1, NaN]]
  for (const [ratePerSecond, burst] of wrong) {
    it(`refuses a bucket of ${ratePerSecond} per second with a burst of ${burst}`, () => {
      assert.throws(() => new BucketSlab({ maxBuckets: 1 }).add(ratePerSecond, burst, 0), RangeError)
    })
  }

  it('refuses a maximum that is no number of buckets', () => {
    for (const maxBuckets of [0, 1.5, NaN]) {
      assert.throws(() => new BucketSlab({ maxBuckets }), RangeError)
    }
  })
})
