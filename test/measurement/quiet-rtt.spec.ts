import assert from 'node:assert/strict'
import { LinkEstimator } from '../../src/measurement/link-estimator.ts'

describe('the quiet round trip of a link', () => {
  it('is not moved by a busy spell that spoils three quarters of the samples', () => {
    const estimator = new LinkEstimator()
    for (let i = 0; i < 16; i++) {
      estimator.sample(i % 4 === 0 ? 20_000 : 30_000 + 1_000 * (i % 7), i)
    }
    assert.equal(estimator.quietRttUs, 20_000)
    assert.ok((estimator.rttUs ?? 0) > 30_000)
  })

  it('is unknown before the first sample, and the sample itself after it', () => {
    const estimator = new LinkEstimator()
    assert.equal(estimator.quietRttUs, undefined)
    estimator.sample(5_000, 0)
    assert.equal(estimator.quietRttUs, 5_000)
  })
})
