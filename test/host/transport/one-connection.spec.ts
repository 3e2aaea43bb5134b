// Why the transport brings an underlay of its own: the application's connection manager must never have a direct connection and one of byway to
// the same peer side by side, for it would hand out either.
import assert from 'node:assert/strict'
import { createLibp2p } from 'libp2p'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { BywayTransport } from '../../../src/host/transport/byway-transport.ts'
import { TESTNET, createTestnet, until } from '../../helpers/testnet.ts'
import { addressOf } from '../../helpers/applications.ts'
import { createNode } from '../../../src/node/libp2p.ts'
import { host } from '../../../src/host/host.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'
import type { Host } from '../../../src/host/host.ts'
import type { Libp2p } from '@libp2p/interface'
import type { Testnet } from '../../helpers/testnet.ts'

interface Seen {
  application: Libp2p
  underlay: BywayNode<Host>
  transport: BywayTransport
}

describe('an application over byway', () => {
  let net: Testnet
  let a: Seen
  let b: Seen

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'] })
    await net.ready()
    ;[a, b] = await Promise.all([start(net), start(net)])
  })

  after(async () => {
    await Promise.all([a, b].map(async ({ application }) => { await application.stop() }))
    await net.stop()
  })

  it('has one connection to its peer while the underlay has a direct one and takes a path', async () => {
    const connection = await a.application.dial(addressOf(b.application))
    await until(() => a.transport.connections[0].path.length > 0, 'a path is in use')
    const { peerId } = b.underlay
    assert.equal(a.underlay.getConnections(peerId).length, 1)
    assert.ok(a.underlay.getConnections().length >= 3, 'the underlay is connected to the peer and to forwarders')
    assert.deepEqual(a.application.getConnections().map(({ id }) => id), [connection.id])
    assert.deepEqual(a.application.getPeers().map(String), [b.application.peerId.toString()])
    assert.deepEqual(b.application.getPeers().map(String), [a.application.peerId.toString()])
  })

  it('is given that connection whoever of the two asks for one', async () => {
    const connection = await a.application.dial(addressOf(b.application))
    assert.equal(await a.application.dial(b.application.peerId), connection)
    await b.application.dial(addressOf(a.application))
    assert.deepEqual([a, b].map(({ application }) => application.getConnections().length), [1, 1])
    assert.deepEqual([a, b].map(({ transport }) => transport.connections.length), [1, 1])
  })

  it('keeps it when the direct connection below ends', async () => {
    const connection = await a.application.dial(addressOf(b.application))
    for (const direct of a.underlay.getConnections(b.underlay.peerId)) {
      direct.abort(new Error('cut'))
    }
    const stream = await connection.newStream('/nothing/1.0.0').catch((error: Error) => error)
    assert.equal((stream as Error).name, 'UnsupportedProtocolError')
    assert.equal(connection.status, 'open')
    assert.equal(a.application.getConnections().length, 1)
  })

  it('leaves no channel behind, however often it connects, closes and aborts', async () => {
    for (let i = 0; i < 12; i++) {
      const connection = await a.application.dial(addressOf(b.application))
      await (i % 3 === 0 ? connection.abort(new Error('enough')) : connection.close())
    }
    const open = (): number => [a, b].reduce((sum, { underlay, transport }) => sum + underlay.services.byway.channels.length + transport.connections.length, 0)
    await until(() => open() === 0, 'all channels have ended')
  })
})

/** As `byway()` does, but that the test sees the underlay. */
async function start ({ seeds }: Testnet): Promise<Seen> {
  const seen: Partial<Seen> = {}
  seen.application = await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen: ['/byway'] },
    transports: [(components) => {
      seen.transport = new BywayTransport(components, {
        network: TESTNET,
        route: { selector: { preferPath: true } },
        underlay: async ({ privateKey, binding }) => {
          const listen = ['/ip4/127.0.0.1/tcp/0']
          seen.underlay = await createNode({ role: host({ network: TESTNET, bootstrap: seeds, binding }), privateKey, listen, network: TESTNET, servesDht: false, isLocal: true, start: false })
          return seen.underlay
        }
      })
      return seen.transport
    }],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false }
  })
  return seen as Seen
}
