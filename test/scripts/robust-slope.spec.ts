import assert from 'node:assert/strict'
import { robustSlope } from '../../scripts/bench/soak/robust-slope.ts'
import { randomFrom } from '../../scripts/bench/routes/random.ts'

const readings = (count: number, value: (i: number) => number): Array<{ atMs: number, value: number }> =>
  Array.from({ length: count }, (_, i) => ({ atMs: 1_000 * i, value: value(i) }))

describe('the robust slope of readings', () => {
  it('is that of a line, with an interval of nothing', () => {
    assert.deepEqual(robustSlope(readings(20, (i) => 5 + 3 * i)), { slope: 0.003, low: 0.003, high: 0.003 })
  })

  it('does not follow a quarter of outliers, however far off', () => {
    const { slope } = robustSlope(readings(40, (i) => i % 4 === 1 ? 1e9 : 2 * i)) ?? assert.fail()
    assert.ok(Math.abs(slope - 0.002) < 1e-6, String(slope))
  })

  it('says with its interval that noise has no trend', () => {
    const random = randomFrom(7)
    const { low, high } = robustSlope(readings(60, () => random())) ?? assert.fail()
    assert.ok(low < 0 && high > 0, `${low} … ${high}`)
  })

  it('is unknown for less than three readings', () => {
    assert.equal(robustSlope(readings(2, (i) => i)), undefined)
  })
})
