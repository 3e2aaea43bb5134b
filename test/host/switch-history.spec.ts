import assert from 'node:assert/strict'
import { TypedEventEmitter } from 'main-event'
import { SwitchHistory } from '../../src/host/switch-history.ts'
import type { ChannelEvents } from '../../src/host/channel.ts'

describe('switch history', () => {
  it('keeps the last sixteen switches with their times and reasons, oldest first', () => {
    const channel = new TypedEventEmitter<ChannelEvents>()
    let nowMs = 1_000
    const history = new SwitchHistory(channel, () => nowMs)
    assert.deepEqual(history.all, [])
    for (let i = 1; i <= 20; i++) {
      nowMs = 1_000 + i
      channel.safeDispatchEvent('route', { detail: { text: `via ${i}`, reason: `because of ${i}` } })
    }
    assert.equal(history.all.length, 16)
    assert.deepEqual(history.all[0], { atMs: 1_005, route: 'via 5', reason: 'because of 5' })
    assert.deepEqual(history.all.at(-1), { atMs: 1_020, route: 'via 20', reason: 'because of 20' })
  })
})
