import assert from 'node:assert/strict'
import { WorkBudget } from '../../src/rsp/work-budget.ts'

describe('the time that an RSP works for a host', () => {
  let nowMs: number
  let budget: WorkBudget
  const work = (ms: number) => (): void => { nowMs += ms }

  beforeEach(() => {
    nowMs = 5_000
    budget = new WorkBudget(() => nowMs)
  })

  it('is a tenth of a core in the long run, and nobody else waits for it', () => {
    let workedMs = 0
    for (const untilMs = nowMs + 60_000; nowMs < untilMs;) {
      const waitMs = budget.waitMs('greedy')
      if (waitMs === 0) {
        budget.spend('greedy', work(50))
        workedMs += 50
      }
      assert.equal(budget.waitMs('other'), 0)
      nowMs += waitMs
    }
    assert.ok(workedMs > 6_000 && workedMs < 6_500, String(workedMs))
  })

  it('regression: is not forgotten because many others ask', () => {
    budget.spend('greedy', work(2_000))
    for (let host = 0; host < 5_000; host++) {
      budget.spend(`other ${host}`, () => {})
    }
    assert.equal(budget.waitMs('greedy'), 1_000)
    nowMs += 18_000
    assert.equal(budget.waitMs('greedy'), 0)
    budget.spend('greedy', work(200))
    assert.ok(budget.waitMs('greedy') > 0, 'what is left of it still counts')
  })

  it('is paid for where the work fails, and one that takes very long is waited for in steps', () => {
    assert.throws(() => { budget.spend('host', () => { work(2_000)(); throw new Error('no') }) }, { message: 'no' })
    assert.equal(budget.waitMs('host'), 1_000)
    nowMs += 20_000
    assert.equal(budget.waitMs('host'), 0)
  })
})
