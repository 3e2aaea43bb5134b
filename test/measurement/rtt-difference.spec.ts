import assert from 'node:assert/strict'
import { RttDifference } from '../../src/measurement/rtt-difference.ts'
import { InvalidSampleError } from '../../src/measurement/sample-ring.ts'
import { exponentialUs, seededRandom } from './seeded-noise.ts'

/** Feeds probes through `via` whose noise-free times are given. */
function probe (difference: RttDifference, via: string, other: string, nearUs: number[], farUs: number[]): void {
  nearUs.forEach(rttUs => { difference.sampleNear(via, rttUs) })
  farUs.forEach(rttUs => { difference.sampleFar(via, other, rttUs) })
}

/** The error of an estimate from three probes of each kind, whose noise is added `noises` times for each leg passed. */
function errorUs (seed: number, noisesPerLeg: number): { errorUs: number, truthUs: number } {
  const random = seededRandom(seed)
  const difference = new RttDifference()
  const accessUs = 5_000 + random() * 100_000
  const truthUs = 1_000 + random() * 150_000
  const noisy = (rttUs: number, noises: number): number => {
    for (let noise = 0; noise < noises; noise++) {
      rttUs += exponentialUs(random, 500)
    }
    return rttUs
  }
  for (let probe = 0; probe < 3; probe++) {
    difference.sampleNear('a', noisy(accessUs, Math.max(1, 2 * noisesPerLeg)))
    difference.sampleFar('a', 'b', noisy(accessUs + truthUs, Math.max(1, 4 * noisesPerLeg)))
  }
  return { errorUs: Math.abs((difference.estimate('a', 'b')?.rttUs ?? NaN) - truthUs), truthUs }
}

describe('RTT difference', () => {
  it('gives the link as what the far probes take longer than the near ones', () => {
    const difference = new RttDifference()
    probe(difference, 'a', 'b', [20_000, 20_200, 90_000], [55_000, 55_400, 300_000])
    assert.deepEqual({ ...difference.estimate('a', 'b'), spreadUs: 0 }, { rttUs: 35_000, spreadUs: 0, samples: 3, via: 'a' })
  })

  it('comes within 3 ms or 10 % of the truth with three probes each under one-sided noise', () => {
    for (let seed = 0; seed < 500; seed++) {
      const { errorUs: offUs, truthUs } = errorUs(seed, 0)
      assert.ok(offUs <= Math.max(3_000, truthUs / 10), `seed ${seed}: off by ${offUs} µs of ${truthUs}`)
    }
  })

  it('comes so near nineteen times in twenty when every leg of a probe adds such noise', () => {
    let near = 0
    for (let seed = 0; seed < 500; seed++) {
      const { errorUs: offUs, truthUs } = errorUs(seed, 1)
      near += offUs <= Math.max(3_000, truthUs / 10) ? 1 : 0
    }
    assert.ok(near >= 475, `${near} of 500`)
  })

  it('says how much both kinds of probes spread', () => {
    const difference = new RttDifference()
    probe(difference, 'a', 'b', [10_000, 10_000, 10_900], [40_000, 40_000, 41_200])
    assert.equal(difference.estimate('a', 'b')?.spreadUs, 500)
  })

  it('is never negative', () => {
    const difference = new RttDifference()
    probe(difference, 'a', 'b', [20_000, 20_000, 20_000], [19_000, 19_500, 30_000])
    assert.equal(difference.estimate('a', 'b')?.rttUs, 0)
  })

  it('says nothing from fewer than three probes of a kind, and how many are missing', () => {
    const difference = new RttDifference()
    assert.deepEqual(difference.missing('a', 'b'), { near: 3, far: 3 })
    probe(difference, 'a', 'b', [1_000, 1_000, 1_000, 1_000], [2_000, 2_000])
    assert.equal(difference.estimate('a', 'b'), undefined)
    assert.deepEqual(difference.missing('a', 'b'), { near: 0, far: 1 })
    difference.sampleFar('a', 'b', 2_000)
    assert.equal(difference.estimate('a', 'b')?.rttUs, 1_000)
    assert.deepEqual(difference.missing('b', 'a'), { near: 3, far: 3 })
  })

  it('uses one near probe for every link through its forwarder', () => {
    const difference = new RttDifference()
    probe(difference, 'a', 'b', [10_000, 10_000, 10_000], [30_000, 30_000, 30_000])
    probe(difference, 'a', 'c', [], [50_000, 50_000, 50_000])
    assert.deepEqual([difference.estimate('a', 'b')?.rttUs, difference.estimate('c', 'a')?.rttUs], [20_000, 40_000])
  })

  it('is not moved by a spell of noise over two of five near probes', () => {
    const difference = new RttDifference()
    probe(difference, 'a', 'b', [10_000, 10_000, 10_000, 25_000, 27_000], [30_000, 30_000, 30_000, 30_000, 30_000])
    assert.equal(difference.estimate('a', 'b')?.rttUs, 20_000)
  })

  it('follows a link to a new level within four probes', () => {
    const difference = new RttDifference()
    for (let round = 0; round < 20; round++) {
      probe(difference, 'a', 'b', [10_000], [30_000])
    }
    probe(difference, 'a', 'b', [], [60_000, 60_000, 60_000, 60_000])
    assert.equal(difference.estimate('a', 'b')?.rttUs, 50_000)
  })

  const ends: Array<[title: string, nearAUs: number[], nearBUs: number[], better: string | undefined]> = [
    ['the nearer of two steady ends', [40_000, 40_000, 40_000], [10_000, 10_100, 10_000], 'b'],
    ['the steadier end, though it is further away', [40_000, 40_000, 40_100], [10_000, 15_000, 30_000], 'a'],
    ['the only end that is known', [], [10_000, 10_000, 10_000], 'b'],
    ['no end before one is known', [10_000, 10_000], [], undefined]
  ]
  for (const [title, nearAUs, nearBUs, better] of ends) {
    it(`measures through ${title}`, () => {
      const difference = new RttDifference()
      probe(difference, 'a', 'b', nearAUs, nearAUs.map(rttUs => rttUs + 20_000))
      probe(difference, 'b', 'a', nearBUs, nearBUs.map(rttUs => rttUs + 20_000))
      assert.deepEqual([difference.betterEnd('a', 'b'), difference.betterEnd('b', 'a')], [better, better])
      assert.deepEqual([difference.estimate('a', 'b')?.via, difference.estimate('b', 'a')?.via], [better, better])
    })
  }

  it('keeps pairs apart whose keys run together to the same text', () => {
    const difference = new RttDifference()
    probe(difference, 'ab', 'c', [1_000, 1_000, 1_000], [5_000, 5_000, 5_000])
    probe(difference, 'a', 'bc', [1_000, 1_000, 1_000], [9_000, 9_000, 9_000])
    assert.deepEqual([difference.estimate('ab', 'c')?.rttUs, difference.estimate('a', 'bc')?.rttUs], [4_000, 8_000])
  })

  it('forgets links and forwarders when told to', () => {
    const difference = new RttDifference()
    probe(difference, 'a', 'b', [1_000, 1_000, 1_000], [5_000, 5_000, 5_000])
    difference.removeLink('b', 'a')
    assert.deepEqual(difference.missing('a', 'b'), { near: 0, far: 3 })
    difference.removeForwarder('a')
    assert.deepEqual(difference.missing('a', 'b'), { near: 3, far: 3 })
  })

  it('forgets the forwarder and the link probed longest ago beyond its bounds', () => {
    const difference = new RttDifference({ maxForwarders: 2, maxLinks: 2 })
    for (const key of ['a', 'b', 'a', 'c']) {
      probe(difference, key, 'x', [1_000], [2_000])
    }
    assert.deepEqual(['a', 'b', 'c'].map(key => difference.missing(key, 'x')), [{ near: 1, far: 1 }, { near: 3, far: 3 }, { near: 2, far: 2 }])
  })

  it('refuses a negative round trip and takes no room for it', () => {
    const difference = new RttDifference({ maxForwarders: 1 })
    difference.sampleNear('a', 1_000)
    assert.throws(() => { difference.sampleNear('b', -1) }, InvalidSampleError)
    assert.equal(difference.missing('a', 'x').near, 2)
  })
})
