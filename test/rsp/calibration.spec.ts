import assert from 'node:assert/strict'
import { Calibration } from '../../src/rsp/calibration.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'

/** From 0 to 1, evenly. */
function seeded (seed: number): () => number {
  const nextUint32 = seededUint32(seed)
  return () => nextUint32() / 2 ** 32
}

/** Errors of a kind; gives the share that was within the intervals given. */
function play (calibration: Calibration, count: number, error: () => number, scale: () => number): number {
  let kept = 0
  for (let i = 0; i < count; i++) {
    const [errorNow, scaleNow] = [error(), scale()]
    const margin = calibration.factor * scaleNow
    kept += Math.abs(errorNow) <= margin ? 1 : 0
    calibration.observe(errorNow, scaleNow, margin)
  }
  return kept / count
}

describe('calibration of intervals', () => {
  it('contains 80 % of what comes, however far off the first guess and whatever the distribution', () => {
    const random = seeded(1)
    const distributions: Record<string, () => number> = {
      even: () => random() - 0.5,
      heavyTailed: () => (random() < 0.5 ? -1 : 1) * (random() ** -0.7 - 1),
      mostlyNothing: () => random() < 0.6 ? 0 : 10 * random()
    }
    for (const [name, error] of Object.entries(distributions)) {
      for (const first of [0.01, 1, 100]) {
        const calibration = new Calibration(first)
        play(calibration, 200, error, () => 1)
        const share = play(calibration, 5_000, error, () => 1)
        assert.ok(share > 0.77 && share < 0.83, `${name}, first ${first}: ${share}`)
      }
    }
  })

  it('gives each prediction an interval in proportion to its scale', () => {
    const random = seeded(2)
    let scale = 1
    const calibration = new Calibration()
    play(calibration, 2_000, () => (random() - 0.5) * scale, () => {
      const now = scale
      scale = random() < 0.5 ? 1 : 50
      return now
    })
    assert.ok(Math.abs(calibration.factor - 0.4) < 0.05, `${calibration.factor}`)
  })

  it('follows when all becomes less sure, within a thousand checks', () => {
    const random = seeded(3)
    const calibration = new Calibration()
    play(calibration, 2_000, () => random() - 0.5, () => 1)
    play(calibration, 1_024, () => 10 * (random() - 0.5), () => 1)
    const share = play(calibration, 1_000, () => 10 * (random() - 0.5), () => 1)
    assert.ok(share > 0.76 && share < 0.84, `${share}`)
  })

  it('says how much of what it promised came true, and believes in four fifths before it has seen anything', () => {
    const calibration = new Calibration()
    assert.equal(calibration.coverage, 0.8)
    for (let i = 0; i < 3_000; i++) {
      calibration.observe(i % 2, 1, 0.5)
    }
    assert.ok(Math.abs(calibration.coverage - 0.5) < 0.01, `${calibration.coverage}`)
  })

  it('keeps the width that was guessed at first until it has seen some thirty errors', () => {
    const calibration = new Calibration(7)
    play(calibration, 20, () => 1, () => 1)
    assert.equal(calibration.factor, 7)
    play(calibration, 20, () => 1, () => 1)
    assert.equal(calibration.factor, 1)
  })
})
