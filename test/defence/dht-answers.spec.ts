// A node of the overlay asks a server of its DHT that answers what it likes, over real sockets.
import assert from 'node:assert/strict'
import { identify } from '@libp2p/identify'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { decode } from 'multiformats/hashes/digest'
import { createNode as createPlainNode } from './attacker.ts'
import { BoundedDatastore } from '../../src/defence/bounded-datastore.ts'
import { kadProtocol, roleKey } from '../../src/discovery/role-key.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { ADDRESS, askProviders, closerPeers, madeUpId } from '../integration/dht-messages.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { DatastoreLimits } from '../../src/defence/bounded-datastore.ts'
import type { DefendedNode, Role } from '../../src/node/libp2p.ts'
import type { Libp2p, PeerId } from '@libp2p/interface'

const NETWORK = 'test'
const KAD = kadProtocol(NETWORK)
const KEY = roleKey(NETWORK, 'forwarder')

describe('hostile answers of the DHT', function () {
  this.timeout(120_000)

  const nodes: Libp2p[] = []
  /** To the next question. */
  let answer: () => Uint8Array
  let asked = 0

  beforeEach(() => {
    answer = () => closerPeers([])
    asked = 0
  })

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async (node) => { await node.stop() }))
  })

  async function start (number: number, limits: Partial<DatastoreLimits> = {}): Promise<DefendedNode<Role>> {
    const role = (): Role => ({ start: () => {}, stop: () => {}, isUseful: () => true })
    const node = await createNode({ role, privateKey: await keyOf(number), listen: ['/ip4/127.0.0.1/tcp/0'], network: NETWORK, servesDht: true, isLocal: true, datastore: new BoundedDatastore(limits) })
    nodes.push(node)
    return node
  }

  /** A libp2p node that is connected to this one and known to it. */
  async function plainPeer (of: Libp2p, handlers: Parameters<typeof createPlainNode>[0] = {}): Promise<Libp2p> {
    const peer = await createPlainNode({ listen: true, services: { identify: identify(), ping: ping() }, ...handlers })
    nodes.push(peer)
    await peer.dial(of.getMultiaddrs())
    await until(async () => (await of.peerStore.get(peer.peerId).catch(() => undefined))?.peerRecordEnvelope !== undefined, 'it has been identified')
    return peer
  }

  async function attackerOf (victim: Libp2p): Promise<void> {
    await plainPeer(victim, { handlers: { [KAD]: (stream) => {
      stream.addEventListener('message', () => {
        asked++
        stream.send(answer())
      })
    } } })
    await asks(victim)
  }

  /** The node looks who is close to a key, until the attacker has been asked once more. */
  async function asks (node: Libp2p): Promise<void> {
    const before = asked
    await until(async () => {
      try {
        for await (const _ of node.peerRouting.getClosestPeers(KEY.multihash.bytes, { signal: AbortSignal.timeout(5_000) })) {
          // whoever it is
        }
      } catch {
        // the time is over
      }
      return asked > before
    }, 'the attacker is asked', 60_000)
  }

  async function isKnown (node: Libp2p, id: Uint8Array): Promise<boolean> {
    return node.peerStore.has(peerIdFromMultihash(decode(id)))
  }

  it('reads none that is longer than any honest one, and finds what others have', async () => {
    const [victim, server, provider] = [await start(1), await start(2), await start(3)]
    await attackerOf(victim)
    const addresses = Array.from({ length: 10_000 }, (_, port) => multiaddr(`/ip4/127.0.0.1/tcp/${port + 1}`).bytes)
    const ids = Array.from({ length: 40 }, (_, number) => madeUpId(number))
    const flood = closerPeers(ids.map((id) => ({ id, addresses })))
    answer = () => flood
    await asks(victim)
    await until(() => victim.services.defences.status.dht.tooLong > 0, 'the answer is too long')
    assert.equal(await isKnown(victim, ids[0]), false)

    await victim.dial(server.getMultiaddrs())
    await provider.dial(server.getMultiaddrs())
    await until(async () => {
      await provider.contentRouting.provide(KEY, { signal: AbortSignal.timeout(5_000) })
      const found: PeerId[] = []
      try {
        for await (const { id } of victim.contentRouting.findProviders(KEY, { signal: AbortSignal.timeout(5_000) })) {
          found.push(id)
        }
      } catch {
        // the time is over
      }
      return found.some((id) => id.equals(provider.peerId))
    }, 'an honest server is heard', 60_000)
  })

  it('keeps of one no more peers, and of a peer no more addresses, than an honest one names', async () => {
    const victim = await start(1)
    await attackerOf(victim)
    const addresses = Array.from({ length: 100 }, (_, port) => multiaddr(`/ip4/127.0.0.1/tcp/${port + 1}`).bytes)
    const ids = Array.from({ length: 60 }, (_, number) => madeUpId(number))
    answer = () => closerPeers(ids.map((id) => ({ id, addresses })))
    await asks(victim)
    await until(async () => isKnown(victim, ids[19]), 'the first twenty are taken')
    await asks(victim)
    const known = await victim.peerStore.all()
    const named = known.filter(({ id }) => id.type === 'RSA')
    assert.deepEqual([named.length, Math.max(...named.map((peer) => peer.addresses.length))], [20, 16])
  })

  it('lets peers that do not exist push out none to whom it is connected', async () => {
    const victim = await start(1, { maxPeers: 64, maxNamedPeers: 64 })
    const connected = await plainPeer(victim)
    await attackerOf(victim)
    let made = 0
    answer = () => closerPeers(Array.from({ length: 20 }, () => ({ id: madeUpId(made++), addresses: [ADDRESS] })))
    let taken = 0
    victim.addEventListener('peer:discovery', () => { taken++ })
    while (taken < 300) {
      await asks(victim)
    }
    assert.equal(await victim.peerStore.has(connected.peerId), true)
  })

  it('takes so few addresses of a peer from others that the peer itself can still say something', async () => {
    const victim = await start(1)
    const peer = await plainPeer(victim)
    await attackerOf(victim)
    const id = peer.peerId.toMultihash().bytes
    let number = 0
    const naming = async (count: number, name: string): Promise<void> => {
      answer = () => closerPeers([{ id, addresses: Array.from({ length: count }, () => multiaddr(`/dns4/${name}${number++}/tcp/1`).bytes) }])
      await asks(victim)
    }
    // until its record of 16 KiB is full, to within a few bytes
    for (let times = 0; times < 3; times++) {
      await naming(16, 'x'.repeat(250))
    }
    for (const count of [...new Array<number>(8).fill(16), 8, 4, 2, 1, 1, 1]) {
      await naming(count, '')
    }
    // a protocol that it has not told of
    const stream = await peer.dialProtocol(victim.getMultiaddrs(), KAD, { signal: AbortSignal.timeout(10_000) })
    const messages = lpStream(stream)
    stream.send(askProviders(KEY.bytes))
    const said = await messages.read({ signal: AbortSignal.timeout(10_000) })
    assert.ok(said.byteLength > 0)
    const { addresses, protocols } = await victim.peerStore.get(peer.peerId)
    assert.equal(protocols.includes(KAD), true)
    assert.equal(addresses.filter(({ isCertified }) => isCertified).length, 1, 'its own address is still there')
  })
})
