import assert from 'node:assert/strict'
import { LinkEstimator, movedSignificantly } from '../../src/measurement/link-estimator.ts'
import type { LinkReading } from '../../src/measurement/link-estimator.ts'
import { exponentialUs, seededRandom } from './seeded-noise.ts'

function feed (estimator: LinkEstimator, count: number, rttUs: () => number): void {
  for (let probe = 0; probe < count; probe++) {
    estimator.sample(rttUs(), 0)
  }
}

describe('link estimator', () => {
  it('knows nothing before the first probe', () => {
    const estimator = new LinkEstimator()
    assert.deepEqual(estimator.reading(), { state: 'unknown', rttUs: undefined, jitterUs: 0, lossPpm: 0, samples: 0, outcomes: 0 })
    assert.equal(estimator.ageMs(1000), Infinity)
  })

  it('is as old as the newest probe that came back', () => {
    const estimator = new LinkEstimator()
    estimator.sample(20_000, 1_000)
    estimator.lost()
    assert.equal(estimator.ageMs(4_500), 3_500)
  })

  it('gives the median and the mean deviation from it', () => {
    const estimator = new LinkEstimator()
    for (const rttUs of [20_000, 20_400, 90_000]) {
      estimator.sample(rttUs, 0)
    }
    assert.deepEqual(estimator.reading(), { state: 'up', rttUs: 20_400, jitterUs: 70_000 / 3, lossPpm: 0, samples: 3, outcomes: 3 })
  })

  it('comes within 3 ms or 10 % of the truth with three samples under one-sided noise', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed)
      const truthUs = 5_000 + random() * 150_000
      const estimator = new LinkEstimator()
      feed(estimator, 3, () => truthUs + exponentialUs(random, 500))
      const errorUs = Math.abs((estimator.rttUs ?? NaN) - truthUs)
      assert.ok(errorUs <= Math.max(3_000, truthUs / 10), `seed ${seed}: off by ${errorUs} µs of ${truthUs}`)
    }
  })

  const shifts: Array<[title: string, beforeUs: number, afterUs: number, noiseUs: number, warmUp: number]> = [
    ['up, on a settled link', 50_000, 90_000, 500, 16],
    ['down, on a settled link', 90_000, 50_000, 500, 40],
    ['up by a tenth', 50_000, 56_000, 500, 16],
    ['up by 2 ms on a short link', 3_000, 5_000, 100, 16],
    ['up, on a jittery link', 50_000, 90_000, 5_000, 16],
    ['up, on a link with four samples', 50_000, 90_000, 500, 4],
    ['down, on a link with seven samples', 90_000, 50_000, 500, 7]
  ]
  for (const [title, beforeUs, afterUs, noiseUs, warmUp] of shifts) {
    it(`shows within five samples a shift of level ${title}`, () => {
      for (let seed = 0; seed < 100; seed++) {
        const random = seededRandom(seed)
        const estimator = new LinkEstimator()
        feed(estimator, warmUp, () => beforeUs + exponentialUs(random, noiseUs))
        feed(estimator, 5, () => afterUs + exponentialUs(random, noiseUs))
        const errorUs = Math.abs((estimator.rttUs ?? NaN) - afterUs)
        assert.ok(errorUs < Math.abs(afterUs - beforeUs) / 2, `seed ${seed}: off by ${errorUs} µs`)
      }
    })
  }

  it('does not take the level before a shift for jitter', () => {
    const estimator = new LinkEstimator()
    feed(estimator, 16, () => 50_000)
    feed(estimator, 5, () => 90_000)
    assert.deepEqual([estimator.rttUs, estimator.jitterUs, estimator.samples], [90_000, 0, 5])
  })

  it('is not moved by two stray samples in a row', () => {
    const estimator = new LinkEstimator()
    feed(estimator, 16, () => 50_000)
    feed(estimator, 2, () => 400_000)
    assert.deepEqual([estimator.rttUs, estimator.samples], [50_000, 16])
  })

  it('rarely takes noise for a shift, and then loses samples only', () => {
    const random = seededRandom(1)
    const estimator = new LinkEstimator()
    let restarts = 0
    for (let probe = 0; probe < 5_000; probe++) {
      const before = estimator.samples
      estimator.sample(50_000 + exponentialUs(random, 5_000), 0)
      restarts += estimator.samples < before ? 1 : 0
      assert.ok(probe < 3 || Math.abs((estimator.rttUs ?? NaN) - 53_500) < 20_000)
    }
    assert.ok(restarts < 5_000 / 50, `${restarts} restarts in 5,000 samples`)
  })

  it('gives the share of the last 64 probes that were lost', () => {
    const estimator = new LinkEstimator()
    feed(estimator, 3, () => 20_000)
    estimator.lost()
    assert.deepEqual([estimator.lossPpm, estimator.outcomes], [250_000, 4])
    feed(estimator, 60, () => 20_000)
    assert.deepEqual([estimator.lossPpm, estimator.outcomes], [15_625, 64])
    feed(estimator, 4, () => 20_000)
    assert.deepEqual([estimator.lossPpm, estimator.outcomes], [0, 64])
  })

  it('counts losses right over many turns of its memory', () => {
    const random = seededRandom(2)
    const estimator = new LinkEstimator()
    const outcomes: boolean[] = []
    for (let probe = 0; probe < 500; probe++) {
      const lost = random() < 0.2
      outcomes.push(lost)
      if (lost) {
        estimator.lost()
      } else {
        estimator.sample(20_000, 0)
      }
      const kept = outcomes.slice(-64)
      assert.equal(estimator.lossPpm, Math.round(kept.filter(Boolean).length / kept.length * 1e6))
    }
  })

  it('is down after four lost probes in a row and up again with the first that comes back', () => {
    const estimator = new LinkEstimator()
    const states = [false, true, true, true, true, false].map(lost => {
      if (lost) {
        estimator.lost()
      } else {
        estimator.sample(20_000, 0)
      }
      return estimator.state
    })
    assert.deepEqual(states, ['up', 'up', 'up', 'up', 'down', 'up'])
  })
})

describe('a reading has moved significantly', () => {
  const reading: LinkReading = { state: 'up', rttUs: 100_000, jitterUs: 500, lossPpm: 0, samples: 16, outcomes: 64 }
  const cases: Array<[title: string, before: Partial<LinkReading>, after: Partial<LinkReading>, moved: boolean]> = [
    ['when the RTT rose by more than 5 %', {}, { rttUs: 105_001 }, true],
    ['when the RTT fell by more than 5 %', {}, { rttUs: 94_999 }, true],
    ['not when the RTT moved by 5 %', {}, { rttUs: 105_000 }, false],
    ['when a short RTT rose by more than 1 ms', { rttUs: 2_000 }, { rttUs: 3_001 }, true],
    ['not when a short RTT moved by half, which is 1 ms', { rttUs: 2_000 }, { rttUs: 3_000 }, false],
    ['when one percent more is lost', {}, { lossPpm: 10_000 }, true],
    ['when one percent less is lost', { lossPpm: 30_000 }, { lossPpm: 20_000 }, true],
    ['not when less than one percent more is lost', {}, { lossPpm: 9_999 }, false],
    ['when the link went down', {}, { state: 'down' }, true],
    ['when the link came up', { state: 'down' }, {}, true],
    ['when the first probe came back', { state: 'unknown', rttUs: undefined }, {}, true],
    ['not when nothing has come back yet', { state: 'unknown', rttUs: undefined }, { state: 'unknown', rttUs: undefined }, false],
    ['not when only jitter and counts moved', {}, { jitterUs: 50_000, samples: 3, outcomes: 9 }, false]
  ]
  for (const [title, before, after, moved] of cases) {
    it(title, () => {
      assert.equal(movedSignificantly({ ...reading, ...before }, { ...reading, ...after }), moved)
    })
  }
})
