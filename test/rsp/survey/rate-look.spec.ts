import assert from 'node:assert/strict'
import { RateLook } from '../../../src/rsp/survey/rate-look.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { peerOf } from '../../helpers/descriptors.ts'
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
})
