import assert from 'node:assert/strict'
import { LinkTraffic, trafficMoved } from '../../src/measurement/link-traffic.ts'
import { seededRandom } from './seeded-noise.ts'
import type { TrafficReading } from '../../src/measurement/link-traffic.ts'

const LOOK_MS = 500

describe('traffic of a link', () => {
  let counters: { sentPackets: number, sentBytes: number, receivedBytes: number, droppedPackets: number }
  let traffic: LinkTraffic
  let nowMs: number

  beforeEach(() => {
    counters = { sentPackets: 1_000, sentBytes: 1_000_000, receivedBytes: 5_000_000, droppedPackets: 77 }
    nowMs = 10_000
    traffic = new LinkTraffic(counters, nowMs)
  })

  /** Per second. */
  function pass (forMs: number, { sent = 0, received = 0, packets = 0, dropped = 0 }): void {
    for (const untilMs = nowMs + forMs; nowMs < untilMs;) {
      nowMs += LOOK_MS
      counters.sentBytes += sent * LOOK_MS / 1_000
      counters.receivedBytes += received * LOOK_MS / 1_000
      counters.sentPackets += packets * LOOK_MS / 1_000
      counters.droppedPackets += dropped * LOOK_MS / 1_000
      traffic.read(counters, nowMs)
    }
  }

  it('does not count what passed before it was looked at', () => {
    pass(1_000, {})
    assert.deepEqual([traffic.loadBytesPerSecond, traffic.receivedBytesPerSecond, traffic.droppedPpm], [0, 0, 0])
  })

  it('comes to the load of each direction within some ten seconds, and back to nothing', () => {
    pass(5_000, { sent: 100_000, received: 40_000 })
    assert.ok(Math.abs(traffic.loadBytesPerSecond - 63_212) < 10, `${traffic.loadBytesPerSecond}`)
    pass(10_000, { sent: 100_000, received: 40_000 })
    assert.ok(traffic.loadBytesPerSecond > 95_000 && traffic.receivedBytesPerSecond > 38_000)
    pass(30_000, {})
    assert.ok(traffic.loadBytesPerSecond < 500)
  })

  it('has the same load however often it is looked at', () => {
    const seldom = new LinkTraffic(counters, nowMs)
    pass(7_000, { sent: 100_000 })
    seldom.read(counters, nowMs)
    assert.ok(Math.abs(seldom.loadBytesPerSecond - traffic.loadBytesPerSecond) < 1)
  })

  it('takes looks in quick succession for one', () => {
    pass(1_000, { sent: 100_000 })
    const before = traffic.loadBytesPerSecond
    counters.sentBytes += 1_000_000
    traffic.read(counters, nowMs + 10)
    assert.equal(traffic.loadBytesPerSecond, before)
  })

  it('gives the share of packets that the queue dropped of late', () => {
    pass(10_000, { packets: 98, dropped: 2 })
    assert.equal(traffic.droppedPpm, 20_000)
    pass(300_000, { packets: 100 })
    assert.ok(traffic.droppedPpm < 200, `${traffic.droppedPpm}`)
  })

  it('does not make a large share of one packet dropped among few', () => {
    counters.droppedPackets++
    pass(10_000, { packets: 2 })
    assert.equal(traffic.droppedPpm, 0)
  })

  it('is told in few reports when the load wobbles, and in some more when it comes and goes', () => {
    const random = seededRandom(7)
    const toldIn = (forMs: number, sentAt: (second: number) => number): number => {
      let told: TrafficReading = { loadBytesPerSecond: traffic.loadBytesPerSecond }
      let count = 0
      for (let ms = 0; ms < forMs; ms += LOOK_MS) {
        pass(LOOK_MS, { sent: sentAt(ms / 1_000) })
        const now = { loadBytesPerSecond: traffic.loadBytesPerSecond }
        if (trafficMoved(told, now)) {
          told = now
          count++
        }
      }
      return count
    }
    toldIn(30_000, () => 2_000_000)
    assert.equal(toldIn(600_000, () => 1_000_000 + random() * 2_000_000), 0)
    const flapping = toldIn(600_000, (second) => second % 20 < 10 ? 5_000_000 : 0)
    assert.ok(flapping > 30 && flapping < 600 / 2, `${flapping} reports in ten minutes`)
  })
})

describe('traffic has moved significantly', () => {
  const MBIT = 125_000
  const cases: Array<[title: string, before: TrafficReading, after: TrafficReading, moved: boolean]> = [
    ['when the rate rose by more than a quarter', { bytesPerSecond: 8 * MBIT }, { bytesPerSecond: 10 * MBIT + 1 }, true],
    ['when the rate fell by more than a quarter', { bytesPerSecond: 8 * MBIT }, { bytesPerSecond: 6 * MBIT - 1 }, true],
    ['not when the rate moved by a quarter', { bytesPerSecond: 8 * MBIT }, { bytesPerSecond: 10 * MBIT }, false],
    ['when a rate becomes known', {}, { bytesPerSecond: 2 * MBIT }, true],
    ['not when it is of a megabit or less', { bytesPerSecond: 0 }, { bytesPerSecond: MBIT }, false],
    ['when the load rose by more than half', { loadBytesPerSecond: 8 * MBIT }, { loadBytesPerSecond: 12 * MBIT + 1 }, true],
    ['not when the load fell by half', { loadBytesPerSecond: 8 * MBIT }, { loadBytesPerSecond: 4 * MBIT }, false],
    ['when the load has gone', { loadBytesPerSecond: 2 * MBIT }, { loadBytesPerSecond: 0 }, true],
    ['not when nothing is known before and after', {}, {}, false]
  ]
  for (const [title, before, after, moved] of cases) {
    it(title, () => {
      assert.equal(trafficMoved(before, after), moved)
    })
  }
})
