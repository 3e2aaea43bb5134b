import assert from 'node:assert/strict'
import { Weighting } from '../../src/path-finding/weighting.ts'
import { graphOf } from '../compliance/random-query.ts'
import type { Weights } from '../../src/path-finding/weighting.ts'

const MINUTE_US = 60_000_000
const RELAY_COST_US = 1_000

/** One link that has the most of everything that a report can say. */
const dearest = graphOf(2, [[0, 1, { delayUs: MINUTE_US, lossPpm: 1_000_000, jitterUs: MINUTE_US, updatedAtMs: 0, bytesPerSecond: 1, loadPpm: 1_000_000, price: 2 ** 31 - 1 }]])

describe('a weighting', () => {
  const cases: Array<[what: string, weights: Weights]> = [
    ['delay', { delay: 1, loss: 0 }],
    ['the largest weight of its power of ten', { delay: 9.99, loss: 0 }],
    ['price, and a little delay', { delay: 1e-9, loss: 0, price: 1 }],
    ['what 1,000 bytes take', { delay: 0, loss: 0, transfer: 2 }],
    ['everything', { delay: 5, loss: 20, jitter: 3, load: 1, price: 0.5, transfer: 1, hops: 1e9 }],
    ['numbers as large as a query may name', { delay: 1e15, loss: 1e15, price: 1e15 }],
    ['numbers as small', { delay: 1e-9, loss: 1e-9, price: 1e-9 }]
  ]
  for (const [what, weights] of cases) {
    it(`regression: counts the dearest path of 16 forwarders exactly by ${what}`, () => {
      const weighting = new Weighting(weights, RELAY_COST_US)
      const units = weighting.linkUnits(dearest, 0)
      const whole = 15 * units + weighting.unitsPerForwarder + 2 * weighting.accessUnits(MINUTE_US)
      assert.ok(Number.isSafeInteger(units) && whole <= Number.MAX_SAFE_INTEGER, `${whole} units`)
      assert.ok(units > 1e6, `${units} units for the dearest link`)
    })
  }

  it('tells microseconds apart, and a millionth of that, where only delay counts', () => {
    assert.equal(new Weighting({ delay: 1, loss: 0 }, RELAY_COST_US).unitsPerDelayUs, 1e6)
    assert.equal(Math.round(new Weighting({ delay: 0.3, loss: 20 }, RELAY_COST_US).unitsPerDelayUs), 3e4)
  })
})
