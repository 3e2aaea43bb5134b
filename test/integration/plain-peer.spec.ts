// A peer without byway, which cannot even read a multiaddr of byway's, and an application that listens on byway besides TCP.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLibp2p } from 'libp2p'
import { echo } from '@libp2p/echo'
import { identify } from '@libp2p/identify'
import { noise } from '@chainsafe/libp2p-noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { byway } from '../../src/node/byway.ts'
import { addressOf, createApplication, overlayInit } from '../helpers/applications.ts'
import { createTestnet } from '../helpers/testnet.ts'
import { projectRoot } from '../helpers/source-tree.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { Libp2p } from '@libp2p/interface'

interface Identified {
  listenAddrs: string[]
  recordAddrs: string[]
  stored: string[]
  protocols: string[]
}

const DEADLINE_MS = 40_000

describe('a peer without byway', () => {
  let net: Testnet
  const nodes: Libp2p[] = []

  before(async () => {
    net = await createTestnet({ forwarders: 1 })
    await net.ready()
  })

  afterEach(async () => { await Promise.all(nodes.splice(0).map(async (node) => { await node.stop() })) })

  after(async () => { await net.stop() })

  async function dual (announce: boolean): Promise<Libp2p> {
    const node = await createLibp2p({
      addresses: { listen: ['/byway', '/ip4/127.0.0.1/tcp/0'] },
      transports: [byway(overlayInit(net.seeds, { announce })), tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), echo: echo() }
    })
    nodes.push(node)
    return node
  }

  async function identified (node: Libp2p): Promise<Identified> {
    const address = node.getMultiaddrs().find((candidate) => candidate.toString().startsWith('/ip4/')) ?? assert.fail('it listens on TCP')
    const { stdout } = await promisify(execFile)(process.execPath, [join(projectRoot, 'test/fixtures/plain-peer.mjs'), address.toString()], { timeout: DEADLINE_MS })
    return JSON.parse(stdout) as Identified
  }

  it('identifies an application that has byway connections, and is told its TCP addresses only', async () => {
    const node = await dual(false)
    const other = await createApplication(net.seeds)
    nodes.push(other)
    await node.dial(addressOf(other))
    const { listenAddrs, recordAddrs, stored, protocols } = await identified(node)
    assert.ok(protocols.some((protocol) => protocol.startsWith('/echo/')), protocols.join())
    for (const addresses of [listenAddrs, recordAddrs, stored]) {
      assert.equal(addresses.length, 1)
      assert.match(addresses[0], /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
    }
  })

  it('cannot identify one that announces its addresses, which is why nobody does so unasked', async () => {
    await assert.rejects(identified(await dual(true)), /UnknownProtocolError|Protocol 3866880 was unknown/)
  })
})
