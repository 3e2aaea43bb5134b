import assert from 'node:assert/strict'
import { LinkHistory } from '../../src/rsp/link-history.ts'
import type { DirectionEstimate } from '../../src/rsp/link-direction.ts'
import type { LinkEstimate } from '../../src/rsp/link-view.ts'

describe('history of a link', () => {
  const QUIET: DirectionEstimate = { bytesPerSecond: undefined, rateIsFloor: false, loadBytesPerSecond: undefined }
  const estimate = (rttUs: number, change: Partial<LinkEstimate> = {}): LinkEstimate =>
    ({ rttUs, jitterUs: 1, lossPpm: 0, measuredAtMs: 0, varianceUs2: 1, lossVariancePpm2: undefined, forth: QUIET, back: QUIET, ...change })
  let history: LinkHistory

  beforeEach(() => {
    history = new LinkHistory()
  })

  const take = (atS: number, rttUs: number | undefined, change: Partial<LinkEstimate> = {}): number | null | undefined =>
    history.take('b', 'a', rttUs === undefined ? undefined : estimate(rttUs, change), atS * 1_000)?.rttUs

  it('begins with the first value, under the ends in their order', () => {
    const nothing = { bytesPerSecond: null, rateIsFloor: false, loadBytesPerSecond: null, priceMicroPerGb: null }
    assert.deepEqual(history.take('b', 'a', estimate(20_000), 5), { a: 'a', b: 'b', atMs: 5, rttUs: 20_000, jitterUs: 1, lossPpm: 0, forth: nothing, back: nothing })
    assert.equal(history.take('a', 'b', estimate(20_100), 6), undefined)
  })

  it('has values that moved by more than 5 % and 1 ms, or in loss, and one every quarter of an hour', () => {
    assert.deepEqual([take(0, 20_000), take(20, 20_900), take(40, 21_100), take(60, 21_100, { lossPpm: 10_000 }), take(959, 21_100, { lossPpm: 10_000 }), take(960, 21_100, { lossPpm: 10_000 })],
      [20_000, undefined, 21_100, 21_100, undefined, 21_100])
  })

  it('has traffic by direction, from the end that comes first, whichever end spoke', () => {
    const busy = { bytesPerSecond: 2_000_000, rateIsFloor: true, loadBytesPerSecond: 500_000, priceMicroPerGb: 7 }
    const line = history.take('b', 'a', estimate(20_000, { forth: busy }), 0)
    assert.deepEqual([line?.back, line?.forth.bytesPerSecond], [busy, null])
    assert.equal(history.take('a', 'b', estimate(20_000, { back: busy }), 20_000), undefined, 'that is the same')
    assert.deepEqual(history.take('a', 'b', estimate(20_000, { forth: busy }), 40_000)?.forth, busy)
  })

  it('has rates that moved by a quarter, loads that moved by half, and prices that moved at all', () => {
    const rate = (bytesPerSecond: number, loadBytesPerSecond = 0, priceMicroPerGb = 0): Partial<LinkEstimate> => ({ forth: { bytesPerSecond, rateIsFloor: false, loadBytesPerSecond, priceMicroPerGb } })
    assert.deepEqual([
      take(0, 20_000, rate(4e6)), take(20, 20_000, rate(4.9e6)), take(40, 20_000, rate(5.1e6)),
      take(60, 20_000, rate(5.1e6, 1e6)), take(80, 20_000, rate(5.1e6, 1.4e6)), take(100, 20_000, rate(5.1e6, 1.6e6)),
      take(120, 20_000, rate(5.1e6, 1.6e6, 1)), take(140, 20_000, rate(5.1e6, 1.6e6, 1))
    ].map((rttUs) => rttUs !== undefined), [true, false, true, true, false, true, true, false])
  })

  it('notes when a link is gone, once, and when it is back', () => {
    assert.deepEqual([take(0, undefined), take(1, 20_000), take(2, undefined), take(3, undefined), take(2_000, undefined), take(2_001, 20_000)],
      [undefined, 20_000, null, undefined, undefined, 20_000])
  })

  it('has at most two lines in ten seconds of a link that flaps', () => {
    let lines = 0
    for (let s = 0; s < 1_000; s++) {
      lines += take(s, s % 2 === 0 ? 20_000 + s * 10_000 : undefined) === undefined ? 0 : 1
    }
    assert.ok(lines > 50 && lines <= 201, `${lines} lines`)
  })

  it('regression: goes on at once when the clock is set back', () => {
    assert.deepEqual([take(86_400, 20_000), take(5, 20_000), take(10, 20_000), take(20, 30_000), take(1_000, 30_000)], [20_000, 20_000, undefined, 30_000, 30_000])
  })

  it('regression: does not hold on to links that were gone before the clock was set back', () => {
    for (let i = 0; i < 20_000; i++) {
      const atMs = i < 5_000 ? 1e9 : i * 100
      history.take('a', `n${i}`, estimate(1_000), atMs)
      history.take('a', `n${i}`, undefined, atMs)
    }
    assert.ok(history.kept < 5_000, `${history.kept}`)
  })

  it('does not hold on to links that are gone', () => {
    for (let i = 0; i < 20_000; i++) {
      history.take('a', `n${i}`, estimate(1_000), i * 100)
      history.take('a', `n${i}`, undefined, i * 100 + 1)
    }
    assert.equal(history.samples, 40_000)
    assert.ok(history.kept < 5_000, `${history.kept}`)
  })
})
