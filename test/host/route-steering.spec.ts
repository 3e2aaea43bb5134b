import assert from 'node:assert/strict'
import fc from 'fast-check'
import { detectionMs } from '../../src/host/detection-time.ts'
import { ForwarderFailures } from '../../src/host/forwarder-failures.ts'
import { VirtualFlow, randomFrom } from '../helpers/virtual-flow.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'

const HOUR_MS = 3_600_000
/** Until routes are measured and the best one is used. */
const SETTLE_MS = 10_000

describe('route steering', () => {
  describe('finds a route that lets nothing through within max(3 RTT + 100 ms, 300 ms) while data is sent', () => {
    for (const rttMs of [2, 20, 50, 67, 100, 180, 300]) {
      it(`of ${rttMs} ms, at whatever moment it fails`, () => {
        for (let moment = 0; moment < 40; moment++) {
          const flow = new VirtualFlow({ seed: moment }).set('default', { rttMs: rttMs + 100 }).set('a', { rttMs, jitterMs: 0.1 * rttMs }).run(SETTLE_MS + 13 * moment)
          assert.equal(flow.active, 'a')
          flow.set('a', { rttMs, isDown: true })
          const tookMs = flow.runUntilLeft('a', 5_000)
          assert.ok(tookMs <= detectionMs(1.1 * rttMs), `${tookMs} ms, allowed are ${detectionMs(rttMs)} ms`)
          assert.equal(flow.active, 'default')
        }
      })
    }
  })

  it('of a flow that sends nothing finds it within a quarter of a second more', () => {
    for (let moment = 0; moment < 40; moment++) {
      const flow = new VirtualFlow({ sends: false }).set('default', { rttMs: 150 }).set('a', { rttMs: 50 }).run(SETTLE_MS + 13 * moment)
      flow.set('a', { rttMs: 50, isDown: true })
      assert.ok(flow.runUntilLeft('a', 5_000) <= detectionMs(50) + 250)
    }
  })

  it('makes at most one false switch an hour at 1 % loss each way, over ten seeded hours', () => {
    let falseDeaths = 0
    for (let seed = 1; seed <= 10; seed++) {
      const flow = new VirtualFlow({ seed }).set('default', { rttMs: 150, jitterMs: 10, loss: 0.01 }).set('a', { rttMs: 67, jitterMs: 10, loss: 0.01 }).run(SETTLE_MS)
      assert.equal(flow.active, 'a')
      const before = flow.switches.length
      flow.run(HOUR_MS)
      falseDeaths += flow.deaths.length
      assert.ok(flow.switches.length - before <= 2, `away and back at most, not ${JSON.stringify(flow.switches.slice(before))}`)
    }
    assert.ok(falseDeaths <= 10, `${falseDeaths} in ten hours`)
  }).timeout(120_000)
})

export { HOUR_MS, fc, ForwarderFailures, VirtualTimers, randomFrom }
