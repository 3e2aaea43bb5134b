import assert from 'node:assert/strict'
import { planFailures } from '../../src/cli/demo/failure-plan.ts'

const TEN_MINUTES_MS = 600_000

describe('the plan of failures', () => {
  it('is the same for the same seed, and another for another one', () => {
    const init = { forwarders: 24, durationMs: TEN_MINUTES_MS }
    assert.deepEqual(planFailures({ ...init, seed: 7 }), planFailures({ ...init, seed: 7 }))
    assert.notDeepEqual(planFailures({ ...init, seed: 7 }), planFailures({ ...init, seed: 8 }))
  })

  it('lets about a hundred of 24 forwarders fail in ten minutes, in both ways, and most of them several times', () => {
    const failures = planFailures({ seed: 1, forwarders: 24, durationMs: TEN_MINUTES_MS })
    assert.ok(failures.length > 80 && failures.length < 120, `${failures.length}`)
    assert.ok(failures.filter(({ kind }) => kind === 'dies').length > 40)
    assert.ok(failures.filter(({ kind }) => kind === 'falls-silent').length > 20)
    assert.ok(new Set(failures.map(({ forwarder }) => forwarder)).size >= 20)
  })

  it('lets none fail that is down, and no more than a third at once', () => {
    for (const forwarders of [1, 3, 24]) {
      const failures = planFailures({ seed: 3, forwarders, durationMs: TEN_MINUTES_MS })
      assert.ok(failures.length > 20)
      for (const { atMs, forwarder } of failures) {
        const down = failures.filter((other) => other.atMs < atMs && other.untilMs > atMs)
        assert.ok(down.length < Math.max(1, forwarders / 3), `${down.length} of ${forwarders}`)
        assert.ok(down.every((other) => other.forwarder !== forwarder))
      }
    }
  })
})
