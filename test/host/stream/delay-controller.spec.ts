import assert from 'node:assert/strict'
import { AdaptiveController } from '../../../src/host/stream/adaptive-controller.ts'
import { DelayController, TARGET_QUEUE_MS } from '../../../src/host/stream/delay-controller.ts'
import { INITIAL_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../../../src/host/stream/congestion-controller.ts'
import { ackSample, playRound } from './ack-samples.ts'

const RTT_MS = 50

/** In congestion avoidance, and judged in the next round. */
function settled (windowBytes = 500_000): DelayController {
  const controller = new DelayController()
  controller.resume(windowBytes, 0)
  playRound(controller, 0)
  return controller
}

describe('DelayController', () => {
  it('doubles its window each round until packets wait and no more is delivered, and then takes what the path delivers', () => {
    const controller = new DelayController()
    playRound(controller, 0, { deliveryRate: 1_000 })
    assert.ok(controller.windowBytes > 1.9 * INITIAL_WINDOW_BYTES)
    const { windowBytes } = controller
    const deliveryRate = 0.8 * windowBytes / RTT_MS
    playRound(controller, RTT_MS, { queueMs: TARGET_QUEUE_MS + 1, deliveryRate })
    assert.equal(controller.windowBytes, windowBytes)
    playRound(controller, 2 * RTT_MS, { queueMs: TARGET_QUEUE_MS + 1, deliveryRate: 1.2 * deliveryRate })
    assert.ok(controller.windowBytes < windowBytes && controller.windowBytes > 0.94 * windowBytes, `${controller.windowBytes} of ${windowBytes}`)
    playRound(controller, 3 * RTT_MS)
    assert.ok(controller.windowBytes < windowBytes, 'it doubles no more')
  })

  it('goes on doubling when a queue goes away with which the path delivered more and more: a hop was in slow start itself', () => {
    const controller = new DelayController()
    for (let round = 0; round < 3; round++) {
      playRound(controller, round * RTT_MS, { queueMs: 20, deliveryRate: 300 * 2 ** round })
    }
    assert.equal(controller.windowBytes, INITIAL_WINDOW_BYTES)
    playRound(controller, 3 * RTT_MS, { deliveryRate: 1_300 })
    assert.ok(controller.windowBytes > 1.9 * INITIAL_WINDOW_BYTES)
  })

  it('leaves slow start at the first mark', () => {
    const controller = new DelayController()
    controller.onAcked(ackSample({ markedPackets: 1, deliveryRate: 1 }))
    const { windowBytes } = controller
    playRound(controller, 0)
    assert.equal(controller.windowBytes, windowBytes, 'the next rounds are not judged')
  })

  it('grows while packets do not wait, faster when that lasts', () => {
    const controller = settled()
    const steps = Array.from({ length: 16 }, (_, i) => {
      const before = controller.windowBytes
      playRound(controller, (i + 1) * RTT_MS)
      return controller.windowBytes - before
    })
    assert.ok(steps[0] > 5_000 && steps[0] < 20_000, `${steps[0]} bytes`)
    assert.ok(steps[15] > 3 * steps[0])
    assert.ok(steps[15] <= controller.windowBytes / 8)
  })

  it('regression: does not halve its window after a pause, in which it has met no queue since it sent nothing', () => {
    const controller = settled()
    playRound(controller, 20_000, { queueMs: 2, lowSeenMs: 0 })
    playRound(controller, 20_000 + RTT_MS, { queueMs: 2, lowSeenMs: 0 })
    assert.ok(controller.windowBytes >= 500_000, `${controller.windowBytes} bytes`)
  })

  it('does not grow while the window does not limit', () => {
    const controller = settled()
    playRound(controller, RTT_MS, { isWindowLimited: false })
    assert.equal(controller.windowBytes, 500_000)
  })

  it('gives way in proportion to the delay above the target', () => {
    const reductions = [10, 20, 100].map((queueMs) => {
      const controller = settled()
      playRound(controller, RTT_MS, { queueMs, isWindowLimited: false })
      return 1 - controller.windowBytes / 500_000
    })
    assert.deepEqual(reductions.map((share) => share.toFixed(3)), [0.5 * 7 / 60, 0.5 * 17 / 70, 0.5 * 97 / 150].map((share) => share.toFixed(3)))
  })

  it('judges rounds that are shorter than 25 ms together', () => {
    const controller = settled()
    for (let i = 0; i < 10; i++) {
      controller.onAcked(ackSample({ nowMs: RTT_MS + i / 2, isNewRound: true, queueMs: 20 }))
    }
    assert.ok(controller.windowBytes > 0.85 * 500_000, 'once')
    const { windowBytes } = controller
    controller.onAcked(ackSample({ nowMs: RTT_MS + 16, isNewRound: true, queueMs: 0 }))
    controller.onAcked(ackSample({ nowMs: RTT_MS + 26, isNewRound: true, queueMs: 20 }))
    controller.onAcked(ackSample({ nowMs: RTT_MS + 52, isNewRound: true, queueMs: 0 }))
    assert.ok(controller.windowBytes >= windowBytes)
  })

  it('does not mind a few late packets in a round', () => {
    const controller = settled()
    controller.onAcked(ackSample({ nowMs: RTT_MS, queueMs: 200, lowQueueMs: 0 }))
    playRound(controller, RTT_MS)
    assert.ok(controller.windowBytes > 500_000)
  })

  it('gives way by half of the smoothed share of marks', () => {
    const controller = settled()
    let nowMs = RTT_MS
    for (let i = 0; i < 100; i++, nowMs += 2 * RTT_MS) {
      playRound(controller, nowMs, { markedPackets: 1, isWindowLimited: false })
      controller.resume(500_000, nowMs)
      playRound(controller, nowMs + RTT_MS, { markedPackets: 1 })
    }
    playRound(controller, nowMs, { markedPackets: 1, isWindowLimited: false })
    assert.ok(Math.abs(controller.windowBytes / 250_000 - 1) < 0.05, `${controller.windowBytes}`)
  })

  it('does not give way to losses that chance explains, and does to more', () => {
    for (const [lost, gives] of [[0, false], [1, true]] as const) {
      const controller = settled()
      for (let i = 1; i <= 60; i++) {
        if (i % 10 === 0 || lost === 1) {
          controller.onLost({ nowMs: i * RTT_MS, bytes: 1_200, packets: 2, lastSentMs: 0 })
        }
        playRound(controller, i * RTT_MS, { isWindowLimited: false })
      }
      assert.equal(controller.windowBytes < 500_000, gives)
    }
  })

  for (const { baseRttMs, share } of [{ baseRttMs: 5, share: 0.5 }, { baseRttMs: 47, share: 0.24 }, { baseRttMs: 197, share: 0.125 }]) {
    it(`empties the queue when it has met none for five seconds, by ${share} of its window where that has ${baseRttMs} ms and a queue of 3, and goes on as before`, () => {
      const controller = settled()
      const values = { queueMs: TARGET_QUEUE_MS, baseRttMs, lowSeenMs: 0, isWindowLimited: false }
      for (let i = 1; i <= 98; i++) {
        playRound(controller, i * RTT_MS, values)
      }
      assert.equal(controller.windowBytes, 500_000)
      for (let i = 99; i <= 101; i++) {
        playRound(controller, i * RTT_MS, values)
      }
      assert.equal(controller.windowBytes, 500_000 * (1 - share))
      playRound(controller, 102 * RTT_MS, { isWindowLimited: false })
      assert.equal(controller.windowBytes, 500_000)
    })
  }

  it('begins anew from the smallest window after persistent congestion', () => {
    const controller = settled()
    controller.onPersistentCongestion()
    assert.equal(controller.windowBytes, MIN_WINDOW_BYTES)
    playRound(controller, RTT_MS)
    assert.ok(controller.windowBytes > 1.9 * MIN_WINDOW_BYTES)
  })
})

describe('AdaptiveController', () => {
  function starve (controller: AdaptiveController, fromMs: number): number {
    let nowMs = fromMs
    while (!controller.isFallback && nowMs < fromMs + 10_000) {
      nowMs += RTT_MS
      playRound(controller, nowMs, { queueMs: 40, deliveryRate: 2_000 })
    }
    return nowMs
  }

  it('falls back when a queue stays long although the window has fallen to half, after two seconds', () => {
    const controller = new AdaptiveController()
    const nowMs = starve(controller, 0)
    assert.equal(controller.isFallback, true)
    assert.ok(nowMs >= 2_000 && nowMs < 3_500, `after ${nowMs} ms`)
  })

  it('does not fall back while its own giving way helps', () => {
    const controller = new AdaptiveController()
    for (let i = 1; i < 400; i++) {
      playRound(controller, i * RTT_MS, { queueMs: i % 4 === 0 ? 40 : 2, deliveryRate: 2_000 })
    }
    assert.equal(controller.isFallback, false)
  })

  it('comes back when the queue has gone, and tries again after a time when it has not', () => {
    for (const [queueMs, afterMs] of [[1, 500], [40, 20_500]]) {
      const controller = new AdaptiveController()
      const sinceMs = starve(controller, 0)
      let nowMs = sinceMs
      while (controller.isFallback) {
        nowMs += RTT_MS
        playRound(controller, nowMs, { queueMs, isWindowLimited: false })
      }
      assert.ok(nowMs - sinceMs <= afterMs, `after ${nowMs - sinceMs} ms`)
      assert.ok(nowMs - sinceMs > afterMs / 5)
    }
  })

  it('reacts to losses as CUBIC only while it is CUBIC', () => {
    const controller = new AdaptiveController()
    const lossAt = (nowMs: number): void => { controller.onLost({ nowMs, bytes: 1_200, packets: 1, lastSentMs: nowMs - 1 }) }
    const before = controller.windowBytes
    lossAt(1)
    assert.equal(controller.windowBytes, before)
    const nowMs = starve(controller, 0)
    const fallen = controller.windowBytes
    lossAt(nowMs + 1)
    assert.ok(Math.abs(controller.windowBytes / fallen - 0.7) < 0.001)
  })
})
