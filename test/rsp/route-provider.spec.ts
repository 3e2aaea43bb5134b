import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import type { Testnet } from '../helpers/testnet.ts'

describe('an RSP whose forwarders fail', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports', 'surveys'] })
    await net.ready()
  })

  after(async () => { await net.stop() })

  it('regression: looks for others at once, however long it has known all that there were, and knows of none that is gone', async () => {
    const sought = net.rsps.map(({ services }) => mock.method(services.byway.discovery, 'refresh'))
    await kill(net.forwarders[0])
    await until(() => sought.every(({ mock: calls }) => calls.callCount() > 0), 'they look for others', 5_000)
    const newcomer = await net.addForwarder()
    await until(() => net.rsps.every(({ services }) => services.byway.discovery.directory.get(newcomer.peerId) !== undefined), 'they know the newcomer', 20_000)
    await until(() => net.rsps.every(({ services }) => services.byway.status.plan.possibleLinks === 3), 'they plan with the three that there are', 20_000)
    assert.ok(sought.every(({ mock: calls }) => calls.callCount() <= 3), 'one forwarder is one reason')
  })
})
