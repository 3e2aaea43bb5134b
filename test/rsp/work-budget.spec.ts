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
      const waitMs = budget.waitMs({ host: 'greedy' })
      if (waitMs === 0) {
        budget.spend({ host: 'greedy' }, work(50))
        workedMs += 50
      }
      assert.equal(budget.waitMs({ host: 'other' }), 0)
      nowMs += waitMs
    }
    assert.ok(workedMs > 6_000 && workedMs < 6_500, String(workedMs))
  })

  it('regression: is not forgotten because many others ask', () => {
    budget.spend({ host: 'greedy' }, work(2_000))
    for (let host = 0; host < 5_000; host++) {
      budget.spend({ host: `other ${host}` }, () => {})
    }
    assert.equal(budget.waitMs({ host: 'greedy' }), 1_000)
    nowMs += 18_000
    assert.equal(budget.waitMs({ host: 'greedy' }), 0)
    budget.spend({ host: 'greedy' }, work(200))
    assert.ok(budget.waitMs({ host: 'greedy' }) > 0, 'what is left of it still counts')
  })

  it('is paid for where the work fails, and one that takes very long is waited for in steps', () => {
    assert.throws(() => { budget.spend({ host: 'host' }, () => { work(2_000)(); throw new Error('no') }) }, { message: 'no' })
    assert.equal(budget.waitMs({ host: 'host' }), 1_000)
    nowMs += 20_000
    assert.equal(budget.waitMs({ host: 'host' }), 0)
  })
  it('regression: is a quarter of a core for all of one address prefix, however many keys it makes', () => {
    let [workedMs, hosts] = [0, 0]
    for (const untilMs = nowMs + 60_000; nowMs < untilMs;) {
      // a key that has not asked yet
      const asker = { host: `host ${hosts}`, prefix: '192.0.2.0/24' }
      const waitMs = budget.waitMs(asker)
      if (waitMs === 0) {
        hosts++
        budget.spend(asker, work(200))
        workedMs += 200
      }
      assert.equal(budget.waitMs({ host: 'elsewhere', prefix: '198.51.100.0/24' }), 0)
      assert.equal(budget.waitMs({ host: 'on this machine' }), 0)
      nowMs += waitMs
    }
    assert.ok(workedMs > 15_000 && workedMs < 16_500, String(workedMs))
  })

  it('leaves a host of a prefix its own share, and others of that prefix theirs', () => {
    budget.spend({ host: 'greedy', prefix: 'p' }, work(500))
    assert.ok(budget.waitMs({ host: 'greedy', prefix: 'p' }) > 0)
    assert.equal(budget.waitMs({ host: 'other', prefix: 'p' }), 0)
  })
})
