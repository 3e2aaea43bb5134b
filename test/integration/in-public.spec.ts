// An overlay whose nodes are not told that it is a local one: they stand at public addresses, which they listen on themselves.
import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createNode } from '../../src/node/libp2p.ts'
import { bootstrap as bootstrapRole } from '../../src/discovery/bootstrap.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { host } from '../../src/host/host.ts'
import { routeProvider } from '../../src/rsp/route-provider.ts'
import { inPublic } from '../helpers/public-loopback.ts'
import { until } from '../helpers/testnet.ts'
import type { BywayNode, NodeInit, Role } from '../../src/node/libp2p.ts'

const NETWORK = 'in-public'

describe('an overlay in public', () => {
  const started: Array<BywayNode<Role>> = []

  afterEach(async () => { await Promise.all(started.splice(0).map(async (node) => { await node.stop() })) })

  async function start<R extends Role> (ip: string, role: NodeInit<R>['role'], change: Partial<NodeInit<R>> = {}): Promise<BywayNode<R>> {
    const node = await createNode({
      role, privateKey: await generateKeyPair('Ed25519'), listen: [`/ip4/${ip}/tcp/0`], network: NETWORK, servesDht: true, wrapTransport: inPublic, ...change
    })
    started.push(node)
    return node
  }

  const ipsOf = (node: BywayNode<Role>): string[] => node.getMultiaddrs().map((address) => address.toString().split('/')[2])

  it('regression: tells of the public addresses that its nodes listen on, so that they find and reach each other', async () => {
    const first = await start('5.9.10.1', bootstrapRole({ network: NETWORK }))
    const bootstrap = first.getMultiaddrs()
    assert.deepEqual(ipsOf(first), ['5.9.10.1'])
    await start('5.9.10.2', forwarder({ network: NETWORK, bootstrap }))
    await start('5.9.10.3', forwarder({ network: NETWORK, bootstrap }))
    await start('5.9.10.4', routeProvider({ network: NETWORK, bootstrap }))
    const one = await start('5.9.10.5', host({ network: NETWORK, bootstrap }), { servesDht: false })
    const other = await start('5.9.10.6', host({ network: NETWORK, bootstrap }), { servesDht: false })
    const { byway } = one.services
    await until(() => byway.access.points.length === 2 && byway.discovery.directory.ofRole('rsp').length === 1, 'the host has measured both forwarders, and knows the RSP', 40_000)
    await until(async () => (await byway.offers(other.peerId)).some(({ paths }) => paths.length > 0), 'the RSP offers a path to the other host', 40_000)
  })

  it('regression: tells of no address that nobody in public may dial', async () => {
    const node = await start('192.168.7.7', bootstrapRole({ network: NETWORK }))
    assert.deepEqual(ipsOf(node), [])
    assert.deepEqual(ipsOf(await start('192.168.7.8', bootstrapRole({ network: NETWORK }), { announce: ['/ip4/5.9.10.8/tcp/4001'] })), ['5.9.10.8'])
    assert.deepEqual(ipsOf(await start('192.168.7.9', bootstrapRole({ network: NETWORK }), { isLocal: true })), ['192.168.7.9'])
  })
})
