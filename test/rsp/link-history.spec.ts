import assert from 'node:assert/strict'
import { LinkHistory } from '../../src/rsp/link-history.ts'
import type { LinkEstimate } from '../../src/rsp/link-view.ts'

describe('history of a link', () => {
  const estimate = (rttUs: number, change: Partial<LinkEstimate> = {}): LinkEstimate => ({ rttUs, jitterUs: 1, lossPpm: 0, measuredAtMs: 0, varianceUs2: 1, ...change })
  let history: LinkHistory

  beforeEach(() => {
    history = new LinkHistory()
  })

  const take = (atS: number, rttUs: number | undefined, change: Partial<LinkEstimate> = {}): number | null | undefined =>
    history.take('b', 'a', rttUs === undefined ? undefined : estimate(rttUs, change), atS * 1_000)?.rttUs

  it('begins with the first value, under the ends in their order', () => {
    assert.deepEqual(history.take('b', 'a', estimate(20_000), 5), { a: 'a', b: 'b', atMs: 5, rttUs: 20_000, jitterUs: 1, lossPpm: 0 })
    assert.equal(history.take('a', 'b', estimate(20_100), 6), undefined)
  })

  it('has values that moved by more than 5 % and 1 ms, or in loss, and one every quarter of an hour', () => {
    assert.deepEqual([take(0, 20_000), take(20, 20_900), take(40, 21_100), take(60, 21_100, { lossPpm: 10_000 }), take(959, 21_100, { lossPpm: 10_000 }), take(960, 21_100, { lossPpm: 10_000 })],
      [20_000, undefined, 21_100, 21_100, undefined, 21_100])
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

  it('does not hold on to links that are gone', () => {
    for (let i = 0; i < 20_000; i++) {
      history.take('a', `n${i}`, estimate(1_000), i * 100)
      history.take('a', `n${i}`, undefined, i * 100 + 1)
    }
    assert.equal(history.samples, 40_000)
    assert.ok(history.kept < 5_000, `${history.kept}`)
  })
})
