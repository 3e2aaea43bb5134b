import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { createTestnet, kill, TESTNET, until } from '../helpers/testnet.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { stopNodes } from '../helpers/nodes.ts'
import { FakeForwarder } from './fake-forwarder.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { RouteProvider } from '../../src/rsp/route-provider.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

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

describe('an RSP among forwarders of which one lies', () => {
  const COUNT = 10
  let net: Testnet
  let rsp: RouteProvider
  let forwarders: FakeForwarder[]

  before(async () => {
    net = await createTestnet({ forwarders: 1, rsps: ['reports'], rspInit: { linksPerForwarder: 1 } })
    rsp = net.rsps[0].services.byway
    forwarders = await Promise.all(Array.from({ length: COUNT }, async (_, number) => new FakeForwarder(await keyOf(60 + number)).start()))
  })

  after(async () => {
    await net.stop()
    await stopNodes()
  })

  it('regression: believes the liar alone of no link that it has asked nobody for, and measures its own', async () => {
    const [liar, ...honest] = forwarders
    const descriptors = await Promise.all(forwarders.map(async (forwarder, number) => descriptorOf(forwarder, 60 + number)))
    const byBytes = new Map(descriptors.map(({ bytes, peer }) => [Buffer.from(bytes).toString('hex'), peer]))
    for (const forwarder of honest) {
      forwarder.onWatch = ({ targets }) => {
        const peers = targets.map((bytes) => byBytes.get(Buffer.from(bytes).toString('hex'))).filter((peer) => peer !== undefined)
        void forwarder.report(peers.map((peer) => ({ peer, rttUs: 20_000 })))
        return { leaseMs: 120_000, accepted: targets.length, refused: [] }
      }
    }
    for (const descriptor of descriptors) {
      rsp.discovery.learn(descriptor)
    }
    const key = liar.peer.toString()
    await until(() => forwarders.every(({ subscriptions }) => subscriptions > 0), 'it is subscribed to all')
    await liar.report(honest.map(({ peer }) => ({ peer, rttUs: 1_000 })))
    await until(() => rsp.map.viewsOf(key).length === COUNT - 1, 'the lie is read')
    await until(() => rsp.status.plan.watchedLinks > 0, 'links are watched')
    await until(() => [...rsp.map.links()].some(({ rttUs }) => rttUs === 20_000), 'honest ones are known')
    await until(() => [...rsp.map.links()].every(({ rttUs }) => rttUs === 20_000), 'the lies do not count')
    assert.equal(rsp.map.viewsOf(key).length, COUNT - 1)
    assert.ok(rsp.status.plan.watchedLinks < rsp.status.plan.possibleLinks)
  })

  async function descriptorOf (forwarder: FakeForwarder, number: number): Promise<VerifiedDescriptor> {
    const nowMs = Date.now()
    const terms = { capacityBytesPerSecond: 12_500_000, maxAttachments: 256, maxNeighbours: 64 }
    const bytes = await sealDescriptor({
      network: TESTNET, sequence: 1n, issuedAtMs: nowMs, expiresAtMs: nowMs + 600_000, endpoints: forwarder.descriptor.endpoints, forwarder: terms
    }, await keyOf(number))
    return openDescriptor(bytes, { nowMs, network: TESTNET })
  }
})

describe('an RSP that exchanges with whom it finds', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 1, rsps: ['surveys'], rspInit: { exchange: 'all' } })
    await net.ready()
  })

  after(async () => { await net.stop() })

  it('regression: dials a rival that has not answered yet at few of the addresses that it names', async () => {
    const [rsp] = net.rsps
    const { connectionManager } = (rsp as unknown as { components: { connectionManager: ConnectionManager } }).components
    const dialled: string[][] = []
    mock.method(connectionManager, 'isDialable', async () => true)
    const open = mock.method(connectionManager, 'openConnection', async (addresses: Multiaddr[]) => {
      dialled.push(addresses.map(String).filter((address) => address.startsWith('/ip4/192.0.2.')))
      throw new Error('nobody is there')
    })
    const key = await keyOf(90)
    const nowMs = Date.now()
    const addresses = [1, 2, 3, 4].map((host) => multiaddr(`/ip4/192.0.2.${host}/tcp/4001`))
    const bytes = await sealDescriptor({
      network: TESTNET, sequence: 1n, issuedAtMs: nowMs, expiresAtMs: nowMs + 600_000, endpoints: [{ peer: await peerOf(90), addresses }], rsp: { mapKind: 'surveys', metrics: ['delay'], priceMicro: 0n }
    }, key)
    rsp.services.byway.discovery.learn(await openDescriptor(bytes, { nowMs, network: TESTNET }))
    await until(() => dialled.some(({ length }) => length > 0), 'the rival is dialled')
    open.mock.restore()
    assert.deepEqual(dialled.filter(({ length }) => length > 0).map(({ length }) => length), [2])
  })
})
