// What a sender measures of a path: round trip, queueing delay, delivery rate; and how it paces.
import assert from 'node:assert/strict'
import { TARGET_QUEUE_MS } from '../../../src/host/stream/delay-controller.ts'
import { DelayMeter } from '../../../src/host/stream/delay-meter.ts'
import { DeliverySampler } from '../../../src/host/stream/delivery-sampler.ts'
import { MAX_ACK_DELAY_MS } from '../../../protocols/stream/constants.ts'
import { Pacer } from '../../../src/host/stream/pacer.ts'
import { PathState } from '../../../src/host/stream/path-state.ts'
import { RttEstimator } from '../../../src/host/stream/rtt-estimator.ts'

describe('RttEstimator', () => {
  it('begins with what is known from elsewhere, and then with the first sample', () => {
    const rtt = new RttEstimator(80)
    assert.deepEqual([rtt.smoothedMs, rtt.hasSample], [80, false])
    rtt.sample(20, 0)
    assert.deepEqual([rtt.smoothedMs, rtt.hasSample, rtt.probeTimeoutMs], [20, true, 20 + 40 + MAX_ACK_DELAY_MS])
  })

  it('smooths as RFC 9002 does, and takes off what the peer says that it waited', () => {
    const rtt = new RttEstimator()
    rtt.sample(20, 0)
    rtt.sample(32, 4)
    assert.equal(rtt.smoothedMs, 0.875 * 20 + 0.125 * 28)
    rtt.sample(21, 4)
    assert.equal(rtt.smoothedMs, 0.875 * 21 + 0.125 * 21, 'but not below the least round trip')
  })

  it('does not believe in a longer wait than was promised', () => {
    const rtt = new RttEstimator()
    rtt.sample(20, 0)
    rtt.sample(60, 1_000)
    assert.equal(rtt.smoothedMs, 0.875 * 20 + 0.125 * (60 - MAX_ACK_DELAY_MS))
  })
})

describe('DelayMeter', () => {
  it('sees queues on the way there, whatever the receiver\'s clock says', () => {
    const meter = new DelayMeter()
    const sample = (nowMs: number, thereMs: number, backMs: number): number => {
      meter.sample(thereMs + backMs, nowMs - thereMs - backMs, Math.round((nowMs - backMs + 4_294_960) * 1_000) % 2 ** 32, nowMs)
      return Math.round(meter.queueMs)
    }
    assert.equal(sample(1_000, 10, 10), 0)
    assert.equal(sample(1_010, 14, 10), 4)
    assert.equal(sample(1_020, 10, 50), 0, 'a queue on the way back is not ours')
    assert.equal(sample(1_030, 17, 50), 7)
  })

  it('is not misled by a receiver\'s clock that jumps', () => {
    const meter = new DelayMeter()
    meter.sample(20, 980, 500_000, 1_000)
    meter.sample(20, 1_980, 4_000_000, 2_000)
    assert.equal(meter.queueMs, 0)
  })

  it('knows a path that has become longer for what it is after a minute', () => {
    const meter = new DelayMeter()
    for (let nowMs = 1_000; nowMs < 66_000; nowMs += 100) {
      const rttMs = nowMs < 5_000 ? 20 : 50
      meter.sample(rttMs, nowMs - rttMs, Math.round((nowMs - 10) * 1_000), nowMs)
      if (nowMs === 6_000) {
        assert.equal(meter.queueMs, 30)
      }
    }
    assert.deepEqual([meter.queueMs, meter.baseRttMs], [0, 50])
  })

  it('takes the least of eight for low, once there are so many', () => {
    const meter = new DelayMeter()
    const lows = [0, 9, 8, 7, 6, 5, 4, 3, 2, 11].map((queueMs, i) => {
      const nowMs = 1_000 + 10 * i
      meter.sample(20 + queueMs, nowMs - 20 - queueMs, Math.round((nowMs - 10) * 1_000), nowMs)
      return Math.round(meter.lowQueueMs)
    })
    assert.deepEqual(lows, [0, 0, 0, 0, 0, 0, 0, 0, 2, 2])
  })
})

describe('DeliverySampler', () => {
  it('finds the rate at which a path delivers a steady flow', () => {
    const sampler = new DeliverySampler()
    sampler.startBurst(0)
    const sent: Array<[number, number, number, number]> = []
    for (let ms = 0; ms < 200; ms++) {
      sent.push([sampler.deliveredBytes, sampler.deliveredMs, sampler.burstStartMs, ms])
      const of = sent[ms - 20]
      if (of !== undefined) {
        sampler.delivered(1_000, of[3], ms)
        sampler.sample(...of)
      }
    }
    assert.ok(Math.abs(sampler.rate - 1_000) < 60, `${sampler.rate} bytes per ms`)
  })

  it('is not misled by acks that come together', () => {
    const sampler = new DeliverySampler()
    sampler.startBurst(0)
    for (let ms = 0; ms < 10; ms++) {
      sampler.delivered(1_000, ms, 30)
    }
    sampler.sample(0, 0, 0, 9)
    assert.ok(sampler.rate <= 10_000 / 9)
  })
})

describe('Pacer', () => {
  it('lets a short burst go, and then keeps to the rate', () => {
    const pacer = new Pacer()
    let nowMs = 0
    let sentBytes = 0
    while (nowMs < 1_000) {
      const dueMs = pacer.dueMs(1_200, 600, nowMs)
      if (dueMs <= nowMs) {
        pacer.sent(1_200)
        sentBytes += 1_200
      } else {
        nowMs = dueMs
      }
    }
    assert.ok(Math.abs(sentBytes / 600_000 - 1) < 0.02, `${sentBytes} bytes in a second`)
  })

  it('makes up for a wake-up that was late, up to 16 ms, but not for a pause', () => {
    const burst = (pacer: Pacer, atMs: number): number => {
      let packets = 0
      while (pacer.dueMs(1_200, 600, atMs) <= atMs) {
        pacer.sent(1_200)
        packets++
      }
      return packets
    }
    for (const { lateMs, packets } of [{ lateMs: 0, packets: 1 }, { lateMs: 8, packets: 5 }, { lateMs: 1_000, packets: 10 }]) {
      const pacer = new Pacer()
      assert.equal(burst(pacer, 0), 2)
      const dueMs = pacer.dueMs(1_200, 600, 0)
      assert.ok(dueMs > 0 && dueMs <= 2)
      assert.equal(burst(pacer, dueMs + lateMs), packets, `${lateMs} ms late`)
    }
    const pacer = new Pacer()
    pacer.dueMs(1_200, 600, 0)
    pacer.sent(1_200)
    // nothing was held back meanwhile
    assert.equal(burst(pacer, 1_000), 2)
  })
})

describe('PathState', () => {
  it('sends packets that suit its window and its rate', () => {
    const sizeAt = (windowBytes: number, rttMs: number): number => new PathState({
      key: 'path',
      rttMs,
      maxPacketBytes: 15_895,
      controller: { windowBytes, pacingGain: 1, onAcked () {}, onLost () {}, onSpuriousLoss () {}, onPersistentCongestion () {} }
    }).packetBytes
    assert.deepEqual([sizeAt(4_800, 20), sizeAt(64_000, 5), sizeAt(640_000, 100), sizeAt(8_000_000, 50)], [1_200, 4_000, 10_000, 15_895])
  })

  it('knows what others wait for its data, up to twice the queue that it tolerates, while there is some', () => {
    const path = new PathState({
      key: 'path',
      maxPacketBytes: 15_895,
      controller: { windowBytes: 100_000, pacingGain: 1, onAcked () {}, onLost () {}, onSpuriousLoss () {}, onPersistentCongestion () {} }
    })
    path.rtt.sample(50, 0)
    const queue = (queueMs: number): void => {
      for (let i = 0; i < 8; i++) {
        path.delay.sample(50 + queueMs, 1_000, 1_000_000 + 1_000 * queueMs, 1_000)
      }
    }
    queue(0)
    queue(4)
    path.acknowledgedMs = 1_000
    assert.equal(path.ownQueueMs(1_000), 0, 'nothing is in flight')
    path.sent(60_000, 1_000)
    assert.equal(path.ownQueueMs(1_000), 4)
    queue(40)
    assert.equal(path.ownQueueMs(1_000), 2 * TARGET_QUEUE_MS)
    assert.equal(path.ownQueueMs(2_000), 0, 'nothing has been acknowledged for long')
  })
})
