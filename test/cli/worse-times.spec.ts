import assert from 'node:assert/strict'
import { WorseTimes } from '../../src/cli/demo/worse-times.ts'

const INTERVAL_MS = 100
const DEFAULT_MS = 80
const REASON = 'measured faster than the default route'
/** Of a path of 60 ms: the greater of 300 ms and three round trips + 100 ms. */
const DETECTION_MS = 300

/** A flow that is sampled every 100 ms: these are its round trips, undefined where the datagram was lost. */
function sampled (rttsMs: ReadonlyArray<number | undefined>, { fromMs = 0, times = new WorseTimes() }: { fromMs?: number, times?: WorseTimes } = {}): WorseTimes {
  rttsMs.forEach((currentRttMs, i) => { times.add({ sentMs: fromMs + i * INTERVAL_MS, isDefault: false, currentRttMs, defaultRttMs: DEFAULT_MS, usualRttMs: 60, reason: REASON }) })
  return times
}

describe('the times that a flow was worse than its default route', () => {
  it('are none where it is faster, as fast, or slower by no more than 5 ms', () => {
    const times = sampled([60, 80, 85, 60])
    times.end(400)
    assert.deepEqual([times.worst, times.totalMs, times.samples, times.lost], [undefined, 0, 4, 0])
  })

  it('last from the first datagram that was lost or late to the first one that was not', () => {
    const times = sampled([60, 86, undefined, 200, 60])
    assert.deepEqual(times.worst, { fromMs: 100, afterFailure: false, lastsMs: 300, detectionMs: DETECTION_MS, reason: REASON })
    assert.deepEqual([times.totalMs, times.lost, times.tooLong], [300, 1, 0])
  })

  it('begin when a forwarder on the path failed, which datagrams on their way feel as well as later ones', () => {
    for (const failedMs of [150, 210, 255]) {
      const times = sampled([60, 60])
      times.failed(failedMs)
      sampled([undefined, undefined, 60], { fromMs: 200, times })
      assert.deepEqual(times.worst, { fromMs: failedMs, afterFailure: true, lastsMs: 400 - failedMs, detectionMs: DETECTION_MS, reason: REASON })
    }
  })

  it('do not begin at failures that were over before, or came too late to be the reason', () => {
    for (const failedMs of [50, 290]) {
      const times = sampled([60, 60])
      times.failed(failedMs)
      sampled([undefined, undefined, 60], { fromMs: 200, times })
      assert.equal(times.worst?.fromMs, 200)
    }
  })

  it('end when the flow went another way, if what was sent after that came through', () => {
    const times = sampled([60, undefined, undefined])
    times.switched(250)
    sampled([60], { fromMs: 300, times })
    assert.equal(times.worst?.lastsMs, 150)
  })

  it('go on when the flow went another way, and that is no better', () => {
    const times = sampled([60, undefined])
    times.switched(150)
    sampled([undefined, undefined, 60], { fromMs: 200, times })
    assert.equal(times.worst?.lastsMs, 300)
  })

  it('are too long when they last longer than it takes to notice on that path, and the one furthest over that is the worst', () => {
    const times = sampled([60, undefined, undefined, undefined, undefined, 60, 60])
    assert.equal(times.tooLong, 1)
    times.add({ sentMs: 700, isDefault: false, currentRttMs: 70, defaultRttMs: DEFAULT_MS, usualRttMs: 150, reason: REASON })
    sampled([undefined, undefined, undefined, undefined, undefined, 60], { fromMs: 800, times })
    assert.deepEqual([times.tooLong, times.totalMs], [1, 900])
    assert.deepEqual(times.worst, { fromMs: 100, afterFailure: false, lastsMs: 400, detectionMs: DETECTION_MS, reason: REASON })
  })

  it('neither begin nor end where the default route loses what is sent as well', () => {
    const times = new WorseTimes()
    for (let i = 0; i < 5; i++) {
      times.add({ sentMs: i * INTERVAL_MS, isDefault: false, currentRttMs: undefined, defaultRttMs: undefined, usualRttMs: 60, reason: REASON })
    }
    assert.deepEqual([times.worst, times.lost], [undefined, 0])
  })

  it('end where the flow takes the default route, and none begins there, whatever is late or lost', () => {
    const times = sampled([60, undefined])
    times.switched(150)
    for (const [i, currentRttMs] of [undefined, 300].entries()) {
      times.add({ sentMs: 200 + i * INTERVAL_MS, isDefault: true, currentRttMs, defaultRttMs: DEFAULT_MS, usualRttMs: 80, reason: REASON })
    }
    times.end(900)
    assert.deepEqual([times.worst?.lastsMs, times.totalMs, times.lost], [50, 50, 1])
  })

  it('end with the measurement', () => {
    const times = sampled([60, undefined])
    times.end(900)
    assert.deepEqual([times.worst?.lastsMs, times.tooLong], [800, 1])
  })
})
