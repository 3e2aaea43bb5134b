// A forwarder whose operator closes links to another operator: its rules bind whatever would go over them.
import assert from 'node:assert/strict'
import { stopNodes, watchUncaught } from '../helpers/nodes.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import { startFixedProvider } from '../helpers/fixed-provider.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Forwarder } from '../../src/forwarder/forwarder.ts'
import type { Testnet } from '../helpers/testnet.ts'

describe('a forwarder whose rules close links to an operator', function () {
  this.timeout(60_000)
  const uncaught = watchUncaught()
  let net: Testnet
  let closing: BywayNode<Forwarder>
  let acme: BywayNode<Forwarder>

  before(async () => {
    net = await createTestnet({ forwarders: 0, rsps: ['reports'], hosts: 2 })
    closing = await net.addForwarder({ policy: { linkRules: ['deny operator=acme'] } })
    acme = await net.addForwarder({ operator: 'acme' })
    const other = await net.addForwarder()
    await until(() => [closing, acme, other].every(({ services }) => services.byway.status.neighbours === 2), 'forwarders are linked', 20_000)
  })

  after(async () => {
    await stopNodes()
    await net.stop()
    uncaught.stop()
    assert.equal(uncaught.count(), 0, 'uncaught exceptions')
  })

  it('regression: carries no source routes over them, though it takes those of anyone', async () => {
    const rsp = await startFixedProvider({ hosts: [net.hosts[0]], forwarders: () => [closing.peerId, acme.peerId] })
    const channel = await net.hosts[0].services.byway.open(net.hosts[1].peerId, { selector: { preferPath: true } })
    await until(() => closing.services.byway.status.dropped.closedLink > 0, 'packets are dropped', 15_000)
    assert.ok(channel.status.routes.every(({ rsp: by, answered }) => by !== rsp.toString() || answered === 0))
    channel.close()
  })

  it('carries them over the others', async () => {
    const [other] = net.forwarders.filter((node) => node !== closing && node !== acme)
    const rsp = await startFixedProvider({ hosts: [net.hosts[1]], forwarders: () => [closing.peerId, other.peerId] })
    const channel = await net.hosts[1].services.byway.open(net.hosts[0].peerId, { selector: { preferPath: true } })
    await until(() => channel.status.routes.some(({ rsp: by, alive, answered }) => by === rsp.toString() && alive && answered > 3), 'the path answers', 15_000)
    channel.close()
  })
})
