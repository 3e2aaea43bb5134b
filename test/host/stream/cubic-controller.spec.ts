import assert from 'node:assert/strict'
import { CubicController } from '../../../src/host/stream/cubic-controller.ts'
import { HyStart } from '../../../src/host/stream/hystart.ts'
import { INITIAL_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../../../src/host/stream/congestion-controller.ts'
import { ackSample, playRound } from './ack-samples.ts'

const SEGMENT = 1_460
const loss = (nowMs: number, lastSentMs = nowMs - 1): { nowMs: number, bytes: number, packets: number, lastSentMs: number } => ({ nowMs, bytes: SEGMENT, packets: 1, lastSentMs })

describe('CubicController', () => {
  it('doubles its window each round in slow start, if the window is what limits', () => {
    const controller = new CubicController()
    playRound(controller, 0)
    assert.ok(controller.windowBytes > 1.9 * INITIAL_WINDOW_BYTES)
    const { windowBytes } = controller
    playRound(controller, 50, { isWindowLimited: false })
    assert.equal(controller.windowBytes, windowBytes)
  })

  it('reduces to 0.7 once for all that was sent before', () => {
    const controller = new CubicController()
    controller.resume(1_000_000)
    controller.onLost(loss(100))
    controller.onLost(loss(105, 99))
    assert.equal(controller.windowBytes, 700_000)
    controller.onLost(loss(200, 150))
    assert.equal(Math.round(controller.windowBytes), 490_000)
  })

  it('grows by the formula of RFC 9438: back at the old window after K seconds', () => {
    const controller = new CubicController()
    controller.resume(1_000 * SEGMENT)
    controller.onLost(loss(0))
    const inflectionS = Math.cbrt(300 / 0.4)
    const rttMs = 50
    const expected = (s: number): number => (1_000 + 0.4 * (s - inflectionS) ** 3) * SEGMENT
    let nowMs = 0
    for (const atS of [2, 5, inflectionS, inflectionS + 3]) {
      while (nowMs < atS * 1_000) {
        nowMs += rttMs
        playRound(controller, nowMs - 10, { smoothedRttMs: rttMs })
      }
      const ratio = controller.windowBytes / expected(nowMs / 1_000)
      assert.ok(ratio > 0.95 && ratio < 1.05, `at ${atS.toFixed(1)} s ${ratio.toFixed(3)} of the formula`)
    }
  })

  for (const { title, pause } of [
    { title: 'its sender has little to send', pause: (controller: CubicController, nowMs: number) => { playRound(controller, nowMs, { isWindowLimited: false }) } },
    { title: 'nothing is sent at all', pause: () => {} }
  ]) {
    it(`regression: does not grow for the time in which ${title}`, () => {
      const [busy, resting] = [new CubicController(), new CubicController()].map((controller) => {
        controller.resume(1_000 * SEGMENT)
        controller.onLost(loss(0))
        return controller
      })
      let nowMs = 0
      const play = (controller: CubicController, fromMs: number): void => { playRound(controller, fromMs + 40) }
      for (; nowMs < 2_000; nowMs += 50) {
        play(busy, nowMs)
        play(resting, nowMs)
      }
      for (let restMs = 0; restMs < 10_000; restMs += 50) {
        pause(resting, nowMs + restMs + 40)
      }
      play(busy, nowMs)
      play(resting, nowMs + 10_000)
      assert.ok(Math.abs(resting.windowBytes - busy.windowBytes) < 5 * SEGMENT, `${resting.windowBytes} bytes, and ${busy.windowBytes} without the pause`)
    })
  }

  it('gives way further when a loss comes below the window of the one before (fast convergence)', () => {
    const slow = new CubicController()
    slow.resume(1_000 * SEGMENT)
    slow.onLost(loss(0))
    slow.onLost(loss(100, 50))
    // back to 0.85 of 700, not to 700
    let nowMs = 100
    const inflectionS = Math.cbrt((0.85 * 700 - 490) / 0.4)
    while (nowMs < 100 + 1_000 * inflectionS) {
      nowMs += 50
      playRound(slow, nowMs - 10)
    }
    assert.ok(Math.abs(slow.windowBytes / (595 * SEGMENT) - 1) < 0.05, `${slow.windowBytes / SEGMENT} segments`)
  })

  it('takes a reduction back when all that was lost has arrived after all', () => {
    const controller = new CubicController()
    controller.resume(1_000_000)
    controller.onLost({ ...loss(100), packets: 2 })
    controller.onSpuriousLoss(1, 99)
    assert.equal(controller.windowBytes, 700_000)
    controller.onSpuriousLoss(1, 99)
    assert.equal(controller.windowBytes, 1_000_000)
  })

  it('reduces less for a mark than for a loss', () => {
    const controller = new CubicController()
    controller.resume(1_000_000)
    controller.onAcked(ackSample({ nowMs: 1_000, markedPackets: 1, isWindowLimited: false }))
    assert.equal(controller.windowBytes, 850_000)
  })

  it('begins anew from the smallest window after persistent congestion', () => {
    const controller = new CubicController()
    controller.resume(1_000_000)
    controller.onPersistentCongestion(100)
    assert.equal(controller.windowBytes, MIN_WINDOW_BYTES)
    playRound(controller, 150)
    assert.ok(controller.windowBytes > 1.9 * MIN_WINDOW_BYTES)
  })
})

describe('HyStart', () => {
  function round (hystart: HyStart, rttMs: number): boolean {
    let isOver = false
    for (let i = 0; i < 10; i++) {
      isOver = hystart.sample(rttMs, i === 0) || isOver
    }
    return isOver
  }

  it('ends slow start after five cautious rounds once the delay of a round has risen by an eighth', () => {
    const hystart = new HyStart()
    round(hystart, 80)
    round(hystart, 85)
    assert.equal(hystart.divisor, 1)
    round(hystart, 96)
    assert.equal(hystart.divisor, 4)
    assert.deepEqual([1, 2, 3, 4, 5].map(() => round(hystart, 100)), [false, false, false, false, true])
  })

  it('goes back to slow start when the delay falls below that of the alarm', () => {
    const hystart = new HyStart()
    round(hystart, 80)
    round(hystart, 96)
    assert.equal(hystart.divisor, 4)
    round(hystart, 79)
    assert.equal(hystart.divisor, 1)
  })

  it('does not judge by fewer than eight samples', () => {
    const hystart = new HyStart()
    round(hystart, 80)
    for (let i = 0; i < 7; i++) {
      hystart.sample(200, i === 0)
    }
    assert.equal(hystart.divisor, 1)
  })
})
