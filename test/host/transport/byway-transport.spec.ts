import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { UNREACHABLE, addressOf, createApplication, overlayInit } from '../../helpers/applications.ts'
import { byway } from '../../../src/node/byway.ts'
import { createTestnet, until } from '../../helpers/testnet.ts'
import type { Application } from '../../helpers/applications.ts'
import type { BywayTransportComponents, TransportRouteChange } from '../../../src/host/transport/byway-transport.ts'
import type { Metrics } from '@libp2p/interface'
import type { Testnet } from '../../helpers/testnet.ts'

describe('the transport /byway', () => {
  let net: Testnet
  let applications: Application[] = []

  const create = async (...init: Parameters<typeof createApplication> extends [unknown, ...infer R] ? R : never): Promise<Application> => {
    const made = await createApplication(net.seeds, ...init)
    applications.push(made)
    return made
  }

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'] })
    await net.ready()
  })

  afterEach(async () => {
    await Promise.all(applications.map(async (node) => { await node.stop() }))
    applications = []
  })

  after(async () => {
    await net.stop()
  })

  it('connects applications by their ids alone', async () => {
    const [a, b] = await Promise.all([create(), create()])
    const connection = await a.dial(addressOf(b))
    assert.equal(connection.remotePeer.toString(), b.peerId.toString())
    assert.equal(connection.remoteAddr.toString(), addressOf(b).toString())
    const answer = await a.services.echo.echo(b.peerId, Uint8Array.of(1, 2, 3))
    assert.deepEqual([...answer.subarray()], [1, 2, 3])
    await until(() => /^(direct$|default \()/.test(a.byway.connections[0].route), 'it goes on the default route')
    await until(() => b.byway.connections[0].route === 'default (the other side chooses)', 'the other end sees it')
  })

  it('connects applications that cannot reach each other directly', async () => {
    const [a, b] = await Promise.all([create({ byway: UNREACHABLE }), create({ byway: UNREACHABLE })])
    await a.dial(addressOf(b))
    const answer = await a.services.echo.echo(b.peerId, Uint8Array.of(1, 2, 3))
    assert.deepEqual([...answer.subarray()], [1, 2, 3])
    await until(() => a.byway.connections[0].route.startsWith('via '), 'a path has been measured')
    await until(() => /^via [123] forwarders? \(the other side chooses\)$/.test(b.byway.connections[0].route), 'the other end sees it')
  })

  it('asks the forwarder in the address, without any other node to begin with', async () => {
    const [a, b] = await Promise.all([create({ byway: { ...UNREACHABLE, bootstrap: [] } }), create({ byway: UNREACHABLE })])
    const address = net.forwarders[0].getMultiaddrs()[0].encapsulate(addressOf(b))
    const connection = await a.dial(address)
    assert.equal(connection.remotePeer.toString(), b.peerId.toString())
    assert.equal(connection.remoteAddr.toString(), addressOf(b).toString())
  })

  it('tells nobody its address unless it is asked to: a peer without byway could not read it', async () => {
    const listen = [net.forwarders[0].getMultiaddrs()[0].encapsulate('/byway').toString(), '/byway']
    const [quiet, open] = await Promise.all([create(), create({ byway: { announce: true }, libp2p: { addresses: { listen } } })])
    assert.deepEqual(quiet.getMultiaddrs(), [])
    assert.deepEqual(open.getMultiaddrs().map(String), listen.map((address) => `${address}/p2p/${open.peerId.toString()}`))
  })

  it('keeps its addresses out of the peer store, from where a DHT would tell them to peers without byway', async () => {
    const [a, b] = await Promise.all([create(), create()])
    await a.dial(addressOf(b))
    await until(async () => (await a.peerStore.get(b.peerId)).protocols.length > 0 && (await b.peerStore.get(a.peerId)).protocols.length > 0, 'both are identified')
    await until(async () => (await Promise.all([a.peerStore.get(b.peerId), b.peerStore.get(a.peerId)])).every(({ addresses }) => addresses.length === 0), 'none is stored')
  })

  it('is found by the peer id alone, as by any peer router', async () => {
    const [a, b] = await Promise.all([create(), create()])
    const connection = await a.dial(b.peerId)
    assert.equal(connection.remoteAddr.toString(), addressOf(b).toString())
    await connection.close()
    const answer = await a.services.echo.echo(b.peerId, Uint8Array.of(5))
    assert.deepEqual([...answer.subarray()], [5])
  })

  it('says NotFoundError where the application does not listen on byway, and leaves no channel behind', async () => {
    const [a, deaf] = await Promise.all([create(), create({ libp2p: { addresses: { listen: [] } } })])
    const error = await a.dial(addressOf(deaf)).then(() => undefined, (error: Error) => error)
    assert.match(String(causesOf(error)), /NotFoundError/)
    assert.deepEqual([a.byway.connections, deaf.byway.connections], [[], []])
  })

  it('gives up when the signal says so', async () => {
    const a = await create()
    const nobody = await create()
    await nobody.stop()
    const startedMs = performance.now()
    await assert.rejects(a.dial(addressOf(nobody), { signal: AbortSignal.timeout(500) }))
    assert.ok(performance.now() - startedMs < 5_000)
  })

  it('ends a connection at both ends when one closes it, with all that was sent before', async () => {
    const [a, b] = await Promise.all([create(), create()])
    const received = new Promise<number>((resolve) => {
      let bytes = 0
      void b.handle('/sink/1.0.0', (stream) => {
        stream.addEventListener('message', ({ data }) => { bytes += data.byteLength })
        stream.addEventListener('remoteCloseWrite', () => { resolve(bytes) })
      })
    })
    const connection = await a.dial(addressOf(b))
    const stream = await connection.newStream('/sink/1.0.0')
    stream.send(new Uint8Array(300_000))
    await stream.close()
    assert.equal(await received, 300_000)
    await connection.close()
    await until(() => b.getConnections().length === 0, 'it has ended there')
    assert.deepEqual([a.byway.connections, b.byway.connections], [[], []])
  })

  it('resets it at the other end when one aborts it', async () => {
    const [a, b] = await Promise.all([create(), create()])
    const connection = await a.dial(addressOf(b))
    await until(() => b.getConnections().length === 1, 'it is there')
    const [other] = b.getConnections()
    const closed = new Promise<void>((resolve) => { other.addEventListener('close', () => { resolve() }) })
    connection.abort(new Error('enough'))
    await closed
    assert.deepEqual(b.getConnections(), [])
  })

  it('tells the other side when the application stops, and works again after a restart', async () => {
    const [a, b] = await Promise.all([create(), create()])
    await a.dial(addressOf(b))
    await until(() => b.getConnections().length === 1, 'it is there')
    await b.stop()
    await until(() => a.getConnections().length === 0, 'it has ended here')
    await b.start()
    await a.dial(addressOf(b))
    const answer = await a.services.echo.echo(b.peerId, Uint8Array.of(1))
    assert.deepEqual([...answer.subarray()], [1])
  })

  it('refuses an application that proves in its handshake to be another one than its underlay speaks for', async () => {
    const [other, b] = await Promise.all([generateKeyPair('Ed25519'), create()])
    const factory = byway(overlayInit(net.seeds))
    const impostor = await create({ libp2p: { transports: [(components) => factory({
      ...namedOf(components), privateKey: other, peerId: peerIdFromPrivateKey(other)
    })] } })
    const opened: string[] = []
    b.addEventListener('connection:open', ({ detail }) => { opened.push(detail.remotePeer.toString()) })
    // Noise's initiator is ready first: it may learn only then that it was refused
    await impostor.dial(addressOf(b)).catch(() => {})
    await until(() => impostor.getConnections().length === 0, 'it has ended')
    assert.deepEqual(opened, [])
  })

  it('tells its application of every change of a route', async () => {
    const changes: Array<{ remote: string, text: string }> = []
    const onRoute = ({ remote, text }: TransportRouteChange): void => { changes.push({ remote: remote.toString(), text }) }
    const [a, b] = await Promise.all([create({ byway: { ...UNREACHABLE, onRoute } }), create({ byway: UNREACHABLE })])
    await a.dial(addressOf(b))
    await until(() => changes.length > 0, 'it is told')
    assert.equal(changes[0].remote, b.peerId.toString())
    assert.match(changes[0].text, /^via .+ \(RSP /)
  })

  it('shows to metrics how connections go, and what became of dials', async () => {
    const shown = new Map<string, () => unknown>()
    const register = (name: string, { calculate }: { calculate: () => unknown }): void => { shown.set(name, calculate) }
    const metrics = new Proxy({}, { get: (_, method) => String(method).startsWith('register') ? register : () => {} }) as Metrics
    const factory = byway(overlayInit(net.seeds))
    const [a, b] = await Promise.all([create({ libp2p: { transports: [(components) => factory({ ...namedOf(components), metrics })] } }), create()])
    await a.dial(addressOf(b))
    const counts = (): number[] => Object.values(shown.get('byway_transport_connections')?.() as Record<string, number>)
    await until(() => counts().reduce((sum, count) => sum + count) === 1, 'it goes on a route')
    assert.deepEqual(shown.get('byway_transport_dials_total')?.(), { ok: 1 })
    assert.equal(shown.get('byway_transport_pending_connections')?.(), 0)
  })

  it('does not start where the forwarder to listen at does not answer', async () => {
    const gone = `/ip4/127.0.0.1/tcp/9/p2p/${net.forwarders[0].peerId.toString()}/byway`
    await assert.rejects(createApplication(net.seeds, { libp2p: { addresses: { listen: [gone] } } }), { name: 'UnsupportedListenAddressesError' })
  })

  it('refuses inbound connections while too many are not ready yet', async () => {
    const [a, b] = await Promise.all([create(), create({ byway: { maxPending: 0 } })])
    const error = await a.dial(addressOf(b)).then(() => undefined, (error: Error) => error)
    assert.match(String(causesOf(error)), /OverQuotaError/)
  })
})

/** libp2p's components are a proxy that has no list of them. */
function namedOf ({ peerId, privateKey, events, peerStore, logger }: BywayTransportComponents): BywayTransportComponents {
  return { peerId, privateKey, events, peerStore, logger }
}

/** libp2p says of a dial to several addresses only how each failed. */
function causesOf (error: unknown): string[] {
  const { name, errors = [] } = error as Error & { errors?: Error[] }
  return [name, ...errors.flatMap(causesOf)]
}
