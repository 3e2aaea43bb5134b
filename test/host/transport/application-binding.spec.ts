import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { ApplicationBinding } from '../../../src/host/transport/application-binding.ts'
import { keyOf, NETWORK, NOW_MS, peerOf } from '../../helpers/descriptors.ts'
import { openBinding } from '../../../protocols/identity/codec.ts'

const HOUR_MS = 3_600_000

describe('the binding of an application', () => {
  beforeEach(() => { mock.timers.enable({ apis: ['setInterval'] }) })
  afterEach(() => { mock.timers.reset() })

  for (const { title, byMs } of [
    { title: 'the machine has slept for three hours', byMs: 3 * HOUR_MS },
    { title: 'the clock was set back', byMs: -3 * HOUR_MS }
  ]) {
    it(`regression: holds again within a minute when ${title}, and says that it is another one`, async () => {
      let nowMs = NOW_MS
      const renewed = Promise.withResolvers<void>()
      const binding = new ApplicationBinding({ privateKey: await keyOf(1), underlay: await peerOf(2), network: NETWORK, now: () => nowMs, onRenewed: renewed.resolve })
      await binding.start()
      nowMs += byMs
      mock.timers.tick(60_000)
      await renewed.promise
      const { issuedAtMs } = await openBinding(binding.bytes, { nowMs, network: NETWORK, underlay: await peerOf(2) })
      assert.equal(issuedAtMs, nowMs)
      binding.stop()
    })
  }

  it('stays as it is while it is young', async () => {
    let nowMs = NOW_MS
    const binding = new ApplicationBinding({ privateKey: await keyOf(1), underlay: await peerOf(2), network: NETWORK, now: () => nowMs, onRenewed: () => { assert.fail('renewed') } })
    await binding.start()
    const { bytes } = binding
    nowMs += HOUR_MS - 1
    mock.timers.tick(60_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(binding.bytes, bytes)
    binding.stop()
  })
})
