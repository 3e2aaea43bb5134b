import assert from 'node:assert/strict'
import { CREDIBLE_TRUST, RivalTrust } from '../../../src/rsp/exchange/rival-trust.ts'

function judged (...verdicts: boolean[]): RivalTrust {
  const trust = new RivalTrust()
  for (const verdict of verdicts) {
    trust.judge(verdict)
  }
  return trust
}

const times = (count: number, verdict: boolean): boolean[] => Array.from({ length: count }, () => verdict)

describe('trust in a rival', () => {
  it('is little at first, and enough after five words that came true', () => {
    assert.ok(judged().value <= 0.2)
    assert.equal(judged(...times(4, true)).isCredible, false)
    assert.equal(judged(...times(5, true)).isCredible, true)
  })

  it('is lost faster than it is won', () => {
    assert.equal(judged(...times(20, true), ...times(5, false)).isCredible, false)
  })

  it('is lost by some twenty lies, however long the rival was honest', () => {
    assert.equal(judged(...times(10_000, true), ...times(20, false)).isCredible, false)
  })

  it('stays where every tenth word fails, and not where every third does', () => {
    const every = (nth: number): boolean[] => Array.from({ length: 300 }, (_, at) => at % nth !== 0)
    assert.ok(judged(...every(10)).value > CREDIBLE_TRUST)
    assert.ok(judged(...every(3)).value < CREDIBLE_TRUST)
  })

  it('is forfeit for what no honest RSP sends', () => {
    const trust = judged(...times(1_000, true))
    trust.forfeit()
    assert.ok(trust.value <= 0.2, `${trust.value}`)
  })
})
