import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { watchDrain } from '../../src/defence/drain-watch.ts'

class FullConnection extends EventTarget {
  writableNeedsDrain = true
}

describe('drain watch', () => {
  let connection: FullConnection
  let stalledMs: number[]

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval', 'Date'] })
    connection = new FullConnection()
    stalledMs = []
    watchDrain(connection, { maxStalledMs: 60_000 }, Date.now, (error) => { stalledMs.push(error.stalledMs) })
  })

  afterEach(() => { mock.timers.reset() })

  /** Second by second: a longer tick would show all timers its end. */
  function pass (ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
      mock.timers.tick(1_000)
    }
  }

  it('ends a connection that stays full for its time, once', () => {
    pass(74_000)
    assert.deepEqual(stalledMs, [])
    pass(200_000)
    assert.deepEqual(stalledMs, [60_000])
  })

  it('keeps one that drains now and then, however slowly', () => {
    for (let minute = 0; minute < 10; minute++) {
      pass(59_000)
      connection.dispatchEvent(new Event('drain'))
    }
    assert.deepEqual(stalledMs, [])
  })

  it('keeps one that is not full, and counts from when it is', () => {
    connection.writableNeedsDrain = false
    pass(600_000)
    connection.writableNeedsDrain = true
    pass(60_000)
    assert.deepEqual(stalledMs, [])
    pass(15_000)
    assert.deepEqual(stalledMs, [60_000])
  })

  it('forgets one that closed', () => {
    connection.dispatchEvent(new Event('close'))
    pass(600_000)
    assert.deepEqual(stalledMs, [])
  })
})
