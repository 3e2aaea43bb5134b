import assert from 'node:assert/strict'
import { RoundPace } from '../../../src/rsp/measurement-plan/round-pace.ts'

describe('pace of rounds', () => {
  let pace: RoundPace
  let nowMs: number

  /** One round of a second in which ten links are measured; gives how long after its beginning the next one is due. */
  function round (rttMs: (link: number) => number): number {
    pace.begin(nowMs)
    const beganAtMs = nowMs
    for (let link = 0; link < 10; link++) {
      pace.measured(`a${link}`, 'b', rttMs(link))
    }
    nowMs = pace.end(nowMs + 1_000)
    return nowMs - beganAtMs
  }

  beforeEach(() => {
    pace = new RoundPace()
    nowMs = 1_000_000
  })

  it('runs the first rounds without delay, since they find most', () => {
    assert.deepEqual(Array.from({ length: 6 }, () => round(() => 50)), Array(6).fill(5_000))
  })

  it('waits two minutes between rounds while nothing moves, and twenty seconds when a fifth of the links does', () => {
    for (let i = 0; i < 6; i++) {
      round(() => 50)
    }
    assert.equal(round(() => 50), 120_000)
    assert.equal(round((link) => link < 2 ? 60 : 50), 20_000)
    assert.equal(pace.movedShare, 0.2)
  })

  it('takes no jitter for a movement: a millisecond and a twentieth are allowed', () => {
    round((link) => link === 0 ? 5 : 100)
    round((link) => link === 0 ? 5.9 : 104)
    assert.equal(pace.movedShare, 0)
  })

  it('does not say what has moved before it has seen two rounds of the same links', () => {
    round(() => 50)
    assert.equal(pace.movedShare, undefined)
  })

  it('begins the next round at once when one has taken longer than the period', () => {
    pace.begin(0)
    assert.equal(pace.end(60_000), 60_000)
  })
})
