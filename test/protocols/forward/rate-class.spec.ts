import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bytesPerSecondOf, MAX_RATE_CLASS, NO_RATE_CLASS, rateClassOf } from '../../../protocols/forward/rate-class.ts'

describe('rate class', () => {
  for (const [rateClass, bytesPerSecond] of [[1, 1_000], [2, 1_059], [13, 2_000], [121, 1_024_000], [152, 6_137_065], [255, 2_353_973_529]] as const) {
    it(`${rateClass} stands for ${bytesPerSecond} bytes per second`, () => {
      assert.equal(bytesPerSecondOf(rateClass), bytesPerSecond)
    })
  }

  it('0 stands for no rate', () => {
    assert.equal(bytesPerSecondOf(NO_RATE_CLASS), Infinity)
    assert.deepEqual([rateClassOf(0), rateClassOf(0n)], [0, 0])
  })

  it('of the rate of a class is that class, and of anything less the one below', () => {
    for (let rateClass = 1; rateClass <= MAX_RATE_CLASS; rateClass++) {
      assert.equal(rateClassOf(bytesPerSecondOf(rateClass)), rateClass)
      assert.equal(rateClass === 1 || rateClassOf(bytesPerSecondOf(rateClass) - 1) === rateClass - 1, true)
    }
  })

  it('is never above the rate, and at most 6 % below it', () => {
    fc.assert(fc.property(fc.integer({ min: 1_000, max: 2_353_973_529 }), (bytesPerSecond) => {
      const rate = bytesPerSecondOf(rateClassOf(bytesPerSecond))
      assert.ok(rate <= bytesPerSecond && rate >= bytesPerSecond * 0.9438 - 1, `${rate} for ${bytesPerSecond}`)
    }), { numRuns: 1_000 })
  })

  it('is the highest for whatever is above that, as far as 64 bits go', () => {
    assert.deepEqual([rateClassOf(1e12), rateClassOf(2n ** 64n - 1n)], [255, 255])
  })

  for (const bytesPerSecond of [1, 999, 999n, -1, NaN]) {
    it(`is none for ${bytesPerSecond} bytes per second: such a path needs labels`, () => {
      assert.throws(() => rateClassOf(bytesPerSecond), { name: 'MalformedMessageError', message: /labels/ })
    })
  }
})
