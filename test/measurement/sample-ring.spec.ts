import assert from 'node:assert/strict'
import { InvalidSampleError, SampleRing } from '../../src/measurement/sample-ring.ts'

function ringOf (capacity: number, ...samplesUs: number[]): SampleRing {
  const ring = new SampleRing(capacity)
  samplesUs.forEach(rttUs => { ring.push(rttUs) })
  return ring
}

/** Of a normal distribution, at (i + ½) / 16. */
const NORMAL_QUANTILES = [2, 3, 4, 5, 6, 7, 8, 9].map((i) => [1.863, 1.318, 1.010, 0.776, 0.579, 0.402, 0.237, 0.078][i - 2]).flatMap((z) => [5 - z, 5 + z])

describe('sample ring', () => {
  it('forgets the oldest samples beyond its capacity', () => {
    const ring = ringOf(3, 900, 800, 1, 2, 3)
    assert.deepEqual([ring.size, ring.medianUs()], [3, 2])
  })

  it('takes the middle of an odd number of samples and the mean of the two in the middle of an even one', () => {
    assert.equal(ringOf(8, 5, 100, 20).medianUs(), 20)
    assert.equal(ringOf(8, 5, 100, 20, 30).medianUs(), 25)
  })

  it('compares samples as numbers', () => {
    assert.equal(ringOf(8, 9, 10, 100).medianUs(), 10)
  })

  it('takes the median of the newest, and of what came before them', () => {
    const ring = ringOf(8, 1, 2, 3, 70, 80, 90)
    assert.deepEqual([ring.medianUs(0, 3), ring.medianUs(3), ring.medianUs(2, 2)], [80, 2, 36.5])
  })

  it('averages the deviations from the median', () => {
    assert.equal(ringOf(8, 10, 10, 10, 50).meanDeviationUs(), 10)
    assert.equal(ringOf(8, 1, 3, 100, 200).meanDeviationUs(2), 1)
  })

  it('says how far a median of sixteen may be off: a quarter of the deviation, by 1.25', () => {
    const samplesUs = Array.from({ length: 16 }, (_, i) => 1_000 * NORMAL_QUANTILES[i])
    const errorUs = ringOf(16, ...samplesUs).quantileErrorUs(0.5)
    assert.ok(errorUs > 250 && errorUs < 400, `${errorUs}`)
  })

  it('is no less sure of a quantile when a few samples are far out, and says nothing is sure of one sample alone', () => {
    const steady = Array.from({ length: 13 }, (_, i) => 100 + i)
    const strays = ringOf(16, ...steady, 900, 5_000, 70_000)
    assert.ok(strays.quantileErrorUs(0.5) < 3, `${strays.quantileErrorUs(0.5)}`)
    assert.ok(strays.quantileErrorUs(0.25) < 3)
    assert.equal(ringOf(16, 7).quantileErrorUs(0.5), 0)
    assert.ok(Number.isNaN(ringOf(16).quantileErrorUs(0.5)))
  })

  it('keeps the newest when told so, and fills up again', () => {
    const ring = ringOf(4, 1, 2, 3, 4)
    ring.keepNewest(1)
    assert.deepEqual([ring.size, ring.medianUs()], [1, 4])
    ring.push(6)
    assert.deepEqual([ring.size, ring.medianUs()], [2, 5])
  })

  it('says NaN of no samples', () => {
    const ring = ringOf(4)
    assert.deepEqual([ring.size, ring.medianUs(), ring.meanDeviationUs()], [0, NaN, NaN])
  })

  for (const rttUs of [-1, NaN, Infinity]) {
    it(`refuses a round trip of ${rttUs} and keeps what it has`, () => {
      const ring = ringOf(4, 7)
      assert.throws(() => { ring.push(rttUs) }, InvalidSampleError)
      assert.deepEqual([ring.size, ring.medianUs()], [1, 7])
    })
  }
})
