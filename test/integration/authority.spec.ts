// Forwarders that take no source route without an RSP's word: hop authenticators, what they count, and the receipt for it.
import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { fetchReceipt } from '../../protocols/usage/client.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import { offerOver } from '../helpers/offers.ts'
import { startFixedProvider } from '../helpers/fixed-provider.ts'
import type { Host } from '../../src/host/host.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { PeerId } from '@libp2p/interface'

describe('forwarders that take authorized source routes only', function () {
  this.timeout(120_000)
  let net: Testnet
  let a: Host
  let route: PeerId[]
  let rsp: PeerId

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2, forwarderInit: { policy: { sourceRoutes: 'authorized' } } })
    await net.ready()
    a = net.hosts[0].services.byway
    route = net.forwarders.map(({ peerId }) => peerId)
    rsp = await startFixedProvider({ hosts: [net.hosts[0]], forwarders: () => route })
  })

  after(async () => {
    await stopNodes()
    await net.stop()
  })

  function paths (): number {
    return net.forwarders.reduce((sum, { services }) => sum + services.byway.status.table.paths, 0)
  }

  it('a channel hears that its path needs authority, shows it, and goes that way without any state', async () => {
    const channel = await a.open(net.hosts[1].peerId, { selector: { preferPath: true } })
    await until(() => channel.status.routes.some(({ rsp: by, alive, answered }) => by === rsp.toString() && alive && answered > 3), 'the path answers', 15_000)
    assert.equal(paths(), 0)
    assert.ok(net.forwarders.every(({ services }) => services.byway.status.dropped.notAuthorized >= 0))
    assert.ok(net.forwarders[0].services.byway.status.dropped.notAuthorized > 0, 'the first packets were refused')
    channel.close()
  })

  for (const style of ['one-pass', 'hop-by-hop'] as const) {
    it(`authenticators are had ${style}, and a probe under them comes back`, async () => {
      const path = await a.paths.install(net.hosts[1].peerId, { style, want: 'authenticators', via: route })
      assert.equal(path.label, null)
      assert.ok(path.rttMs !== null)
      assert.equal(paths(), 0)
      await a.paths.remove(path.id)
    })
  }

  it('an RSP gets a signed receipt of what its paths carried, and nobody else\'s', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const seller = await createNode({ privateKey })
    const offer = await offerOver({ rsp: privateKey, forwarders: route, source: net.hosts[0].peerId, destination: net.hosts[1].peerId })
    const path = await a.paths.install(net.hosts[1].peerId, { offer })
    assert.ok(path.rttMs !== null)
    await a.paths.remove(path.id)
    await until(() => paths() === 0, 'removed')
    for (const [index, node] of net.forwarders.entries()) {
      const connection = await seller.dial(node.getMultiaddrs())
      const receipt = await fetchReceipt(connection, { rsp: seller.peerId, now: Date.now })
      assert.deepEqual([receipt.forwarder.toString(), receipt.rsp.toString()], [node.peerId.toString(), seller.peerId.toString()])
      assert.ok(receipt.packets >= 2, `${receipt.packets} packets at forwarder ${index}: a probe there and back`)
      assert.ok(receipt.rows.every(({ pathNumber }) => pathNumber === offer.pathNumber))
    }
    const stranger = await createNode()
    await assert.rejects(fetchReceipt(await stranger.dial(net.forwarders[0].getMultiaddrs()), { rsp: stranger.peerId, now: Date.now }), { code: 'NOT_FOUND' })
  })

  it('regression: an RSP that was revoked gets a receipt of what authenticators carried until then', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const seller = await createNode({ privateKey })
    const offer = await offerOver({ rsp: privateKey, forwarders: route, source: net.hosts[0].peerId, destination: net.hosts[1].peerId })
    const path = await a.paths.install(net.hosts[1].peerId, { offer, want: 'authenticators' })
    assert.ok(path.rttMs !== null)
    const [first] = net.forwarders
    first.services.byway.revoke(seller.peerId)
    const receipt = await fetchReceipt(await seller.dial(first.getMultiaddrs()), { rsp: seller.peerId, now: Date.now })
    assert.ok(receipt.packets >= 2, `${receipt.packets} packets: a probe there and back`)
    await a.paths.remove(path.id)
  })

  it('an RSP hears by the reports which links an operator has closed, and plans around them', async () => {
    const closed = await net.addForwarder({ policy: { linkRules: ['deny any'] } })
    const provider = net.rsps[0].services.byway
    provider.discovery.refresh()
    await until(() => provider.status.forwarders === 4, 'the newcomer is known', 60_000)
    await until(() => closed.services.byway.status.measuredLinks === 3 && closed.services.byway.status.subscribers === 1, 'it reports')
    // a neighbour's report may come first
    await until(() => provider.map.statements.closedBy(closed.peerId.toString()).size === 3 && provider.status.links === 6, 'links that an end has closed are none')
    const answers = await a.offers(net.hosts[1].peerId, { paths: 8 })
    const offered = answers.flatMap(({ paths }) => paths).filter(({ forwarders }) => forwarders.some((peer) => peer.equals(closed.peerId)))
    assert.ok(offered.every(({ forwarders }) => forwarders.length === 1), 'alone it carries from host to host')
    await assert.rejects(a.paths.install(net.hosts[1].peerId, {
      offer: await offerOver({ rsp: await generateKeyPair('Ed25519'), forwarders: [route[0], closed.peerId], source: net.hosts[0].peerId, destination: net.hosts[1].peerId })
    }), { code: 'NOT_AUTHORIZED', index: 1 })
  })
})
