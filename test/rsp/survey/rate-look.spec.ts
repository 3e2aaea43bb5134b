import assert from 'node:assert/strict'
import { VirtualTime } from '../../../src/simulation/virtual-time.ts'
import { RateLook } from '../../../src/rsp/survey/rate-look.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { peerOf } from '../../helpers/descriptors.ts'
import type { FoundRate } from '../../../src/measurement/rate-search.ts'
import type { RateLookInit } from '../../../src/rsp/survey/rate-look.ts'

const [NEAR, FAR] = (await Promise.all([1, 2].map(peerOf))).map(nodeIdOf)

describe('a look at a rate', () => {
  it('regression: is over when it is stopped, though its burst ended at once because no probe could be sent', () => {
    let timers: Array<() => void> = []
    let bursts = 0
    const ended: unknown[] = []
    const look = new RateLook({
      near: NEAR,
      far: FAR,
      nearBytesPerSecond: 0,
      cost: { bursts: 0, probe: () => false } as unknown as RateLookInit['cost'],
      timers: {
        now: () => 0,
        every: () => () => {},
        after: (_, run) => {
          timers.push(run)
          return () => { timers = timers.filter((other) => other !== run) }
        }
      },
      onBurst: () => { bursts++ },
      onNear: () => {},
      onEnd: (found) => { ended.push(found) },
      onNoTime: () => { ended.push('no time') }
    })
    look.start()
    assert.deepEqual([bursts, timers.length], [1, 1])
    look.stop()
    for (let rounds = 0; rounds < 20; rounds++) {
      timers.splice(0).forEach((run) => { run() })
    }
    assert.deepEqual([bursts, ended], [1, []])
  })

  for (const [what, nearBytesPerSecond, isFloor] of [
    ['no more than that the link carries so much, regression: where the way to its near end may have marked them', 0, true],
    ['what the link carries, where the way to its near end is known to carry more', 12_500_000, false]
  ] as const) {
    it(`takes from bursts that are marked ${what}`, () => {
      const time = new VirtualTime()
      const ended: Array<FoundRate | undefined> = []
      const probe: RateLookInit['cost']['probe'] = (_, onResult) => {
        time.after(20, () => { onResult({ rttMs: 20, isMarked: true }) })
        return true
      }
      new RateLook({
        near: NEAR,
        far: FAR,
        knownBytesPerSecond: 1e6,
        nearBytesPerSecond,
        cost: { bursts: 0, probe } as unknown as RateLookInit['cost'],
        timers: time,
        onBurst: () => {},
        onNear: () => {},
        onEnd: (found) => { ended.push(found) },
        onNoTime: () => { assert.fail('it has all the time that there is') }
      }).start()
      time.run(10_000)
      assert.deepEqual(ended.map((found) => found?.isFloor), [isFloor])
      assert.ok((ended[0]?.bytesPerSecond ?? 0) > 0.5e6)
    })
  }
})
