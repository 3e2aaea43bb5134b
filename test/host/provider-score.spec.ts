import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ProviderScore } from '../../src/host/provider-score.ts'
import { NOW_MS } from '../helpers/descriptors.ts'
import type { PromiseOutcome } from '../../src/host/promise-outcome.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function judged (measured: readonly number[], promised = 40, margin = 2): ProviderScore {
  const score = new ProviderScore()
  for (const each of measured) {
    score.judge(rtt(each, promised, margin), NOW_MS)
  }
  return score
}

function rtt (measured: number, promised = 40, margin = 2): PromiseOutcome {
  return { rttMs: { promised, margin, measured }, weight: 1, isTaken: true }
}

const near = (actual: number, expected: number, by: number): void => { assert.ok(Math.abs(actual - expected) <= by, `${actual} is not ${expected} ± ${by}`) }

describe('score of an RSP', () => {
  it('begins without praise or blame, and says so', () => {
    const { standing, promises, rttBias, latencyMs, priceMicro, kept } = new ProviderScore().status(NOW_MS)
    assert.deepEqual({ standing, promises, rttBias, latencyMs, priceMicro, kept }, { standing: 'new', promises: 0, rttBias: null, latencyMs: null, priceMicro: null, kept: 0.75 })
  })

  it('trusts who keeps its first promise', () => {
    assert.equal(judged([41]).standing(NOW_MS), 'trusted')
  })

  it('forgives one broken promise of a stranger, and distrusts after two of two', () => {
    assert.deepEqual([judged([80]), judged([80, 80])].map((score) => score.standing(NOW_MS)), ['trusted', 'distrusted'])
  })

  it('distrusts who kept its promises for long after a few broken ones in a row', () => {
    const score = judged(Array.from({ length: 50 }, () => 41))
    let flows = 0
    for (; score.standing(NOW_MS) !== 'distrusted'; flows++) {
      score.judge(rtt(80), NOW_MS)
    }
    assert.ok(flows >= 2 && flows <= 4, String(flows))
  })

  it('learns by how much promises are wrong, whatever a third of the measurements says', () => {
    const { rttBias } = judged(Array.from({ length: 15 }, (_, i) => i % 3 === 0 ? 900 : 80)).status(NOW_MS)
    near(rttBias as number, 1, 0.05)
  })

  it('follows an RSP that mends', () => {
    const score = judged([80, 80, 80, 80, 80, 80])
    for (let i = 0; i < 10; i++) {
      score.judge(rtt(41), NOW_MS)
    }
    near(score.status(NOW_MS).rttBias as number, 0.02, 0.02)
    assert.equal(score.standing(NOW_MS), 'trusted')
  })

  it('counts how often the interval held: both sides of it', () => {
    near(judged(Array.from({ length: 30 }, (_, i) => i % 2 === 0 ? 41 : 30)).status(NOW_MS).covered, 0.5, 0.15)
  })

  it('takes what is better than promised for kept', () => {
    assert.equal(judged([10, 10, 10]).status(NOW_MS).broken, 0)
  })

  it('lets no margin, however wide, excuse twice the promised delay', () => {
    assert.equal(judged([80, 80], 40, 60_000).standing(NOW_MS), 'distrusted')
  })

  it('does not call a few ms on a short path a lie', () => {
    assert.equal(judged([3, 3.5, 3], 1, 0).status(NOW_MS).broken, 0)
  })

  it('counts a path that does not work as a broken promise, and loss beyond what was promised', () => {
    const useless = new ProviderScore()
    const lossy = new ProviderScore()
    for (let i = 0; i < 2; i++) {
      useless.judge({ isUseless: true, weight: 1, isTaken: true }, NOW_MS)
      lossy.judge({ loss: { promised: 0, margin: 0.005, measured: 0.1 }, weight: 1, isTaken: true }, NOW_MS)
    }
    assert.deepEqual([useless.standing(NOW_MS), lossy.standing(NOW_MS)], ['distrusted', 'distrusted'])
    near(lossy.status(NOW_MS).lossBias as number, 0.1, 1e-9)
  })

  it('gives a broken delay no credit for loss that there was not', () => {
    const score = new ProviderScore()
    for (let i = 0; i < 5; i++) {
      score.judge({ ...rtt(80), loss: { promised: 0, margin: 0, measured: 0 } }, NOW_MS)
    }
    assert.equal(score.status(NOW_MS).broken, score.status(NOW_MS).promises)
  })

  it('once distrusted is not trusted for paths that rivals offer too', () => {
    const score = judged([80, 80, 80])
    for (let i = 0; i < 30; i++) {
      score.judge({ ...rtt(41), isTaken: false }, NOW_MS)
    }
    assert.equal(score.standing(NOW_MS), 'distrusted')
  })

  it('shares one weight among the paths of an answer', () => {
    const score = new ProviderScore()
    for (let path = 0; path < 3; path++) {
      score.judge({ ...rtt(80), weight: 1 / 3 }, NOW_MS)
    }
    assert.equal(score.standing(NOW_MS), 'trusted')
    assert.equal(score.status(NOW_MS).promises, 3)
  })

  it('forgets by half in a day, and a clock that was set back forgets nothing', () => {
    const score = judged([80, 80, 80, 80])
    const kept = (sinceMs: number): number => score.kept(NOW_MS + sinceMs)
    assert.ok(kept(0) < kept(DAY_MS) && kept(DAY_MS) < kept(10 * DAY_MS))
    near(kept(100 * DAY_MS), 0.75, 1e-6)
    assert.equal(kept(-DAY_MS), kept(0))
  })

  it('knows how long an answer takes usually, and is patient with a stranger', () => {
    const score = new ProviderScore()
    const strangerMs = score.usualMs
    for (let i = 0; i < 40; i++) {
      score.answered(20 + i % 3, 250_000, NOW_MS)
    }
    assert.ok(score.usualMs > 21 && score.usualMs < 40, String(score.usualMs))
    assert.ok(strangerMs > 500)
    assert.equal(score.status(NOW_MS).priceMicro, 250_000)
  })

  it('regression: calls nobody failing for longer when the clock was set back by more than five minutes', () => {
    const score = new ProviderScore()
    for (let i = 0; i < 5; i++) {
      score.failed(NOW_MS)
    }
    assert.equal(score.standing(NOW_MS - 200_000), 'failing')
    assert.notEqual(score.standing(NOW_MS - 3_600_000), 'failing')
  })

  it('calls who mostly does not answer failing, for five minutes after it was last asked', () => {
    const score = judged([41, 41])
    score.failed(NOW_MS)
    assert.equal(score.standing(NOW_MS), 'trusted')
    score.failed(NOW_MS)
    assert.equal(score.standing(NOW_MS), 'failing')
    assert.equal(score.standing(NOW_MS + 301_000), 'trusted')
    score.failed(NOW_MS + 302_000)
    assert.equal(score.standing(NOW_MS + 302_000), 'failing')
    for (let i = 0; i < 3; i++) {
      score.answered(5, 0, NOW_MS + 303_000)
    }
    assert.equal(score.standing(NOW_MS + 303_000), 'trusted')
  })

  it('tells who answers from who does not', () => {
    const score = new ProviderScore()
    for (let i = 0; i < 10; i++) {
      score.failed(NOW_MS)
    }
    const { available, answers, failures } = score.status(NOW_MS)
    assert.ok(available < 0.4)
    assert.deepEqual([answers, failures], [0, 10])
  })

  it('stays within its bounds whatever is promised and measured, and comes back the same from its record', () => {
    const value = fc.double({ min: 0, max: 6e7, noNaN: true })
    const outcome = fc.record({ promised: value, margin: value, measured: value })
    fc.assert(fc.property(fc.array(fc.tuple(outcome, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(DAY_MS)), { maxLength: 60 }), (outcomes) => {
      const score = new ProviderScore()
      for (const [rttMs, weight, sinceMs] of outcomes) {
        score.judge({ rttMs, weight, isTaken: true }, NOW_MS + sinceMs)
      }
      const nowMs = NOW_MS + DAY_MS
      const { bias, spread, cases } = score.rttError(nowMs)
      assert.ok(Math.abs(bias) < 20 && spread >= 0 && spread < 40 && cases >= 1 && cases < 1 + 16)
      assert.ok(score.kept(nowMs) > 0 && score.kept(nowMs) < 1)
      assert.ok(score.record.rtt.length <= 16)
      const again = new ProviderScore(JSON.parse(JSON.stringify(score.record)) as typeof score.record)
      assert.deepEqual(again.status(nowMs), score.status(nowMs))
    }))
  })
})
