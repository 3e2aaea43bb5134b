import assert from 'node:assert/strict'
import { LossDifference } from '../../src/measurement/loss-difference.ts'
import { randomFrom } from '../../scripts/bench/routes/random.ts'
import type { ProbeOutcome } from '../../src/measurement/loss-difference.ts'

const PAIR_MS = 100

describe('loss difference', () => {
  let random: () => number
  let difference: LossDifference
  let nowMs: number

  beforeEach(() => {
    random = randomFrom(7)
    difference = new LossDifference()
    nowMs = 0
  })

  /** Pairs over a first leg and a link that lose these shares of what goes there and back. */
  function pairs (count: number, leg: number, link: number, gone: ProbeOutcome = 'lost'): void {
    for (let i = 0; i < count; i++, nowMs += PAIR_MS) {
      difference.pair(random() < leg ? 'lost' : 'back', random() < leg ? 'lost' : random() < link ? gone : 'back', nowMs)
    }
  }

  const lossPercent = (): number => (difference.reading(nowMs)?.lossPpm ?? NaN) / 1e4
  const errorPercent = (): number => (difference.reading(nowMs)?.errorPpm ?? NaN) / 1e4

  it('says nothing before there are 16 pairs', () => {
    pairs(15, 0, 0)
    assert.equal(difference.reading(nowMs), undefined)
    pairs(2, 0, 0)
    assert.equal(lossPercent(), 0)
  })

  for (const { leg, link } of [{ leg: 0, link: 0 }, { leg: 0, link: 0.05 }, { leg: 0.1, link: 0 }, { leg: 0.1, link: 0.05 }, { leg: 0.2, link: 0.15 }]) {
    it(`finds ${100 * link} % of loss on a link behind a first leg that loses ${100 * leg} %, within three of its standard errors`, () => {
      pairs(1_500, leg, link)
      assert.ok(Math.abs(lossPercent() - 100 * link) < Math.max(3 * errorPercent(), 0.3), `${lossPercent()} ± ${errorPercent()}`)
      assert.ok(errorPercent() < 2.5)
    })
  }

  it('regression: takes spells in which all is lost on the first leg for no loss of the link', () => {
    for (let spell = 0; spell < 10; spell++) {
      pairs(30, 0, 0)
      pairs(10, 1, 0)
    }
    assert.equal(lossPercent(), 0)
    assert.ok(errorPercent() < 1, `${errorPercent()}`)
  })

  it('regression: says numbers of a link that nothing crosses', () => {
    for (const leg of [0, 0.3]) {
      difference = new LossDifference()
      pairs(200, leg, 1)
      const reading = difference.reading(nowMs)
      assert.equal(reading?.lossPpm, 1e6)
      assert.ok(Number.isInteger(reading.samples) && reading.samples >= 1 && reading.samples <= 200, JSON.stringify(reading))
      assert.ok(reading.errorPpm > 0 && reading.errorPpm < 20_000, JSON.stringify(reading))
    }
  })

  it('counts what came late as loss, and says how much that was', () => {
    pairs(1_000, 0, 0.1, 'late')
    const { lossPpm, latePpm } = difference.reading(nowMs) ?? { lossPpm: 0, latePpm: 0 }
    assert.equal(latePpm, lossPpm)
    assert.ok(Math.abs(lossPpm - 100_000) < 30_000, `${lossPpm}`)
  })

  it('is as exact as it says: two in three values lie within one standard error', () => {
    let within = 0
    for (let run = 0; run < 200; run++) {
      difference = new LossDifference()
      pairs(400, 0.05, 0.08)
      within += Math.abs(lossPercent() - 8) <= errorPercent() ? 1 : 0
    }
    assert.ok(within > 115 && within < 165, `${within} of 200`)
  })

  it('follows a link that begins to lose, within some seconds of pairs', () => {
    pairs(1_000, 0, 0.01)
    pairs(256, 0, 0.2)
    assert.ok(Math.abs(lossPercent() - 20) < 8, `${lossPercent()}`)
  })

  it('forgets: of what is an hour old too little is left to say anything', () => {
    pairs(500, 0, 0.05)
    nowMs += 3_600_000
    assert.equal(difference.reading(nowMs), undefined)
  })
})
