import assert from 'node:assert/strict'
import { HoldOff } from '../../src/host/hold-off.ts'
import { LossMeter } from '../../src/host/loss-meter.ts'

describe('hold-off', () => {
  it('lasts twice as long each time, up to 32 times', () => {
    const holdOff = new HoldOff(1_000)
    let nowMs = 0
    const lasted = Array.from({ length: 8 }, () => {
      holdOff.left('a', nowMs)
      const fromMs = nowMs
      for (; holdOff.isOut('a', nowMs); nowMs += 1_000);
      return (nowMs - fromMs) / 1_000
    })
    assert.deepEqual(lasted, [1, 2, 4, 8, 16, 32, 32, 32])
  })

  it('begins anew for a route that was good for five minutes, and for each route by itself', () => {
    const holdOff = new HoldOff(1_000)
    holdOff.left('a', 0)
    holdOff.left('a', 1_000)
    assert.deepEqual([holdOff.isOut('a', 2_999), holdOff.isOut('a', 3_000), holdOff.isOut('b', 1_500)], [true, false, false])
    holdOff.left('a', 303_000)
    assert.equal(holdOff.isOut('a', 304_000), false)
  })

  it('remembers 64 routes at most', () => {
    const holdOff = new HoldOff(1_000)
    for (let number = 0; number <= 64; number++) {
      holdOff.left(`${number}`, 0)
    }
    assert.deepEqual([holdOff.isOut('0', 1), holdOff.isOut('1', 1), holdOff.isOut('64', 1)], [false, true, true])
  })
})

describe('loss meter', () => {
  it('says the share of the last 512 echoes that were lost', () => {
    const meter = new LossMeter()
    assert.deepEqual([meter.loss, meter.outcomes], [0, 0])
    for (let number = 0; number < 100; number++) {
      meter.add(number < 10)
    }
    assert.deepEqual([meter.loss, meter.outcomes], [0.1, 100])
    for (let number = 0; number < 512; number++) {
      meter.add(number % 4 === 0)
    }
    assert.deepEqual([meter.loss, meter.outcomes], [0.25, 512])
  })
})
