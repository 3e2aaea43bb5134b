import assert from 'node:assert/strict'
import { Key } from 'interface-datastore'
import { BoundedDatastore } from '../../src/defence/bounded-datastore.ts'
import { bytesField } from '../../src/defence/field-cursor.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { roleKey } from '../../src/discovery/role-key.ts'
import { until } from '../helpers/testnet.ts'
import type { BywayNode, Role } from '../../src/node/libp2p.ts'
import type { PeerId } from '@libp2p/interface'

const provider = (key: string | number, peer: string): Key => new Key(`/dht/provider/${key}/${peer}`)
/** As libp2p's peer store names it. */
const inPeerStore = (peer: PeerId): Key => new Key(`/peers/${peer.toCID().toString()}`)
const VALUE = new Uint8Array(10)

describe('bounded datastore', () => {
  async function keysUnder (store: BoundedDatastore, prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of store.query({ prefix })) {
      keys.push(key.toString())
    }
    return keys.sort()
  }

  it('gives back what was put, until it is deleted', () => {
    const store = new BoundedDatastore()
    const key = new Key('/peers/a')
    store.put(key, VALUE)
    assert.equal(store.has(key), true)
    assert.deepEqual(store.get(key), VALUE)
    store.delete(key)
    assert.equal(store.has(key), false)
    assert.throws(() => store.get(key), { name: 'NotFoundError' })
  })

  it('regression: keeps what was put and nothing of the memory around it, so that its bounds in bytes are bounds', async () => {
    const store = new BoundedDatastore()
    const value = Buffer.from('a piece of a block')
    assert.ok(value.buffer.byteLength > 1_000, 'Node gives small pieces out of blocks')
    store.put(new Key('/peers/a'), value)
    value.fill(0)
    assert.equal(Buffer.from(store.get(new Key('/peers/a'))).toString(), 'a piece of a block')
    for await (const kept of store.query({ prefix: '/peers' })) {
      assert.deepEqual([kept.value, kept.key.uint8Array()].map(({ buffer, length }) => buffer.byteLength - length), [0, 0])
      assert.equal(kept.key.toString(), '/peers/a')
    }
  })

  it('finds the providers of one key, those of all keys, and nothing of a key that only begins alike', async () => {
    const store = new BoundedDatastore()
    const [p, q] = await Promise.all([peerOf(1), peerOf(2)])
    const records = [provider('AB', p.toString()), provider('AB', q.toString()), provider('ABC', p.toString())]
    for (const key of [...records, inPeerStore(p), inPeerStore(q)]) {
      store.put(key, VALUE)
    }
    assert.deepEqual(await keysUnder(store, '/dht/provider/AB'), records.slice(0, 2).map(String).sort())
    assert.equal((await keysUnder(store, '/dht/provider')).length, 3)
    assert.equal((await keysUnder(store, '/peers/')).length, 2)
  })

  it('regression: names no providers of whom nothing is known, and keeps their records for when they come back', async () => {
    const store = new BoundedDatastore()
    const [gone, here] = await Promise.all([peerOf(1), peerOf(2)])
    const records = [gone, here].map((peer) => provider('key', peer.toString()))
    for (const key of [...records, provider('key', 'no peer id'), inPeerStore(gone), inPeerStore(here)]) {
      store.put(key, VALUE)
    }
    store.delete(inPeerStore(gone))
    assert.deepEqual(await keysUnder(store, '/dht/provider/key'), [records[1].toString()])
    assert.equal((await keysUnder(store, '/dht/provider')).length, 3)
    store.put(inPeerStore(gone), VALUE)
    assert.deepEqual(await keysUnder(store, '/dht/provider/key'), records.map(String).sort())
  })

  it('regression: a server of the DHT that has forgotten one provider of a key names the others', async () => {
    const role = (): Role => ({ start: () => {}, stop: () => {}, isUseful: () => true })
    const start = async (number: number, servesDht: boolean): Promise<BywayNode<Role>> => createNode({ role, privateKey: await keyOf(number), listen: ['/ip4/127.0.0.1/tcp/0'], network: 'test', servesDht, isLocal: true })
    const server = await start(1, true)
    const clients = await Promise.all([2, 3, 4].map(async (number) => start(number, false)))
    const [gone, here, asker] = clients
    const key = roleKey('test', 'forwarder')
    const named = async (): Promise<string[]> => {
      const ids: string[] = []
      for await (const { id } of asker.contentRouting.findProviders(key, { signal: AbortSignal.timeout(5_000) })) {
        ids.push(id.toString())
      }
      return ids.sort()
    }
    try {
      for (const client of clients) {
        await client.dial(server.getMultiaddrs())
      }
      await until(async () => {
        await Promise.all([gone, here].map(async (client) => { await client.contentRouting.provide(key, { signal: AbortSignal.timeout(5_000) }) }))
        return (await named()).length === 2
      }, 'the DHT names both', 20_000)
      await gone.stop()
      await until(() => server.getConnections(gone.peerId).length === 0, 'the server notices that one has gone')
      await server.peerStore.delete(gone.peerId)
      assert.deepEqual(await named(), [here.peerId.toString()])
    } finally {
      await Promise.all([server, here, asker].map(async (node) => { await node.stop() }))
    }
  })

  it('takes no more provider records of one peer than its share, but renews those that it has, and takes those of others', () => {
    const store = new BoundedDatastore({ maxProviderRecordsPerPeer: 10 })
    for (let key = 0; key < 100; key++) {
      store.put(provider(key, 'greedy'), VALUE)
    }
    assert.equal(store.sizes.providerRecords, 10)
    assert.equal(store.counters.refusedProviderRecords, 90)
    store.put(provider(3, 'greedy'), VALUE)
    store.put(provider(50, 'modest'), VALUE)
    assert.equal(store.counters.refusedProviderRecords, 90)
    assert.equal(store.has(provider(50, 'modest')), true)
    store.delete(provider(3, 'greedy'))
    store.put(provider(99, 'greedy'), VALUE)
    assert.equal(store.has(provider(99, 'greedy')), true)
  })

  it('holds a bounded number of records however many peers there are, and of them those that are renewed', () => {
    const store = new BoundedDatastore({ maxProviderRecords: 100 })
    for (let peer = 0; peer < 1_000; peer++) {
      store.put(provider('role', `attacker${peer}`), VALUE)
      if (peer % 20 === 0) {
        store.put(provider('role', 'honest'), VALUE)
      }
    }
    assert.ok(store.sizes.providerRecords <= 100 && store.sizes.providerRecords >= 50, `${store.sizes.providerRecords}`)
    assert.equal(store.has(provider('role', 'honest')), true)
  })

  const TABLES = [
    { who: 'peers', limits: { maxPeers: 1_000, maxPeerBytes: 10_000 }, size: 'others', record: bytesField(2, new Uint8Array(80)) },
    { who: 'peers of whom others alone have spoken', limits: { maxNamedPeers: 1_000, maxNamedPeerBytes: 10_000 }, size: 'namedPeers', record: new Uint8Array(82) }
  ] as const
  for (const { who, limits, size, record } of TABLES) {
    it(`bounds ${who} by number and by bytes, and forgets those that are not used`, () => {
      const store = new BoundedDatastore(limits)
      for (let peer = 0; peer < 5_000; peer++) {
        store.put(new Key(`/peers/${peer}`), record)
        store.put(new Key('/peers/used'), record)
        assert.ok(store.sizes[size] <= 110 && store.sizes[size] >= Math.min(peer, 50), `${store.sizes[size]}`)
      }
      assert.equal(store.has(new Key('/peers/0')), false)
      assert.equal(store.has(new Key('/peers/used')), true)
    })
  }

  it('refuses values of the DHT, and what one peer says of itself beyond all need', () => {
    const store = new BoundedDatastore({ maxValueBytes: 100 })
    assert.throws(() => store.put(new Key('/dht/record/X'), VALUE), { name: 'ValueRefusedError' })
    assert.throws(() => store.put(new Key('/peers/a'), new Uint8Array(101)), { name: 'ValueRefusedError' })
    assert.deepEqual(store.counters, { refusedProviderRecords: 0, refusedValues: 1, refusedLargeValues: 1 })
    assert.deepEqual(store.sizes, { providerRecords: 0, namedPeers: 0, others: 0 })
  })
})
