import assert from 'node:assert/strict'
import { Underlay } from '../../../src/host/transport/underlay.ts'
import { keyOf } from '../../helpers/descriptors.ts'
import type { Host } from '../../../src/host/host.ts'
import type { UnderlayNode } from '../../../src/host/transport/underlay.ts'

describe('an underlay whose node does not start', () => {
  for (const { title, stop } of [
    { title: 'is stopped, since it may listen already', stop: () => {} },
    { title: 'says why it does not, even if it cannot be stopped either', stop: () => { throw new Error('not started') } }
  ]) {
    it(`regression: ${title}`, async () => {
      let stopped = 0
      const node: UnderlayNode = {
        services: { byway: {} as unknown as Host },
        start: async () => { throw new Error('the port is taken') },
        stop: () => {
          stopped++
          stop()
        }
      }
      await assert.rejects(Underlay.start(async () => node, 'test', await keyOf(1)), /the port is taken/)
      assert.equal(stopped, 1)
    })
  }
})
