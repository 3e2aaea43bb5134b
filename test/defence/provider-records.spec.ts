// What strangers leave in a server of the DHT for others to find, and what a question for it costs.
import assert from 'node:assert/strict'
import { identify } from '@libp2p/identify'
import { lpStream } from '@libp2p/utils'
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'
import { toString } from 'uint8arrays/to-string'
import { createNode as createPlainNode } from './attacker.ts'
import { bytesField, FieldCursor } from '../../src/defence/field-cursor.ts'
import { BoundedDatastore } from '../../src/defence/bounded-datastore.ts'
import { kadProtocol, roleKey } from '../../src/discovery/role-key.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { ADDRESS, askProviders, madeUpId, provide, provideAs } from '../integration/dht-messages.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { DefendedNode, Role } from '../../src/node/libp2p.ts'

const NETWORK = 'test'
const KAD = kadProtocol(NETWORK)
const KEY = roleKey(NETWORK, 'forwarder')
const IDENTITY = 0

describe('records of providers', function () {
  this.timeout(60_000)

  const nodes: Libp2p[] = []
  let server: DefendedNode<Role>
  let store: BoundedDatastore
  let peer: Libp2p
  let connection: Connection

  beforeEach(async () => {
    const role = (): Role => ({ start: () => {}, stop: () => {}, isUseful: () => true })
    store = new BoundedDatastore()
    server = await createNode({ role, privateKey: await keyOf(1), listen: ['/ip4/127.0.0.1/tcp/0'], network: NETWORK, servesDht: true, isLocal: true, datastore: store })
    peer = await createPlainNode({ services: { identify: identify() } })
    nodes.push(server, peer)
    connection = await peer.dial(server.getMultiaddrs())
  })

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async (node) => { await node.stop() }))
  })

  /** The ids that the server names when it is asked over a stream. */
  async function named (key: CID): Promise<string[]> {
    const stream = await connection.newStream(KAD)
    stream.send(askProviders(key.bytes))
    const message = (await lpStream(stream).read({ signal: AbortSignal.timeout(20_000) })).subarray()
    stream.abort(new Error('it has answered'))
    const ids: string[] = []
    for (const cursor = new FieldCursor(message); cursor.next();) {
      if (cursor.number === 9) {
        ids.push(Buffer.from(cursor.value).toString('hex'))
      }
    }
    return ids
  }

  it('are named a few at a time, others each time, however many provide a key', async () => {
    for (let number = 0; number < 2_000; number++) {
      const id = CID.createV1(0x72, create(0x12, madeUpId(number).subarray(2)))
      store.put(new Key(`/peers/${id.toString()}`), recordOf(number))
      store.put(providerKey(KEY, number), Uint8Array.of(1))
    }
    const [first, second] = [await named(KEY), await named(KEY)]
    assert.deepEqual([first.length, second.length, new Set(first).size], [16, 16, 16])
    assert.ok(new Set([...first, ...second]).size > 16)
  })

  it('are all found that a key has, and none for a key that nobody provides', async () => {
    const stream = await connection.newStream(KAD)
    const other = CID.createV1(raw.code, create(0x12, madeUpId(1).subarray(2)))
    stream.send(provideAs(KEY.bytes, [{ id: peer.peerId.toMultihash().bytes, addresses: [ADDRESS] }]))
    await until(() => store.sizes.providerRecords === 1, 'the record is taken')
    await until(async () => (await named(KEY)).length === 1, 'its provider is known')
    assert.deepEqual(await named(other), [])
  })

  it('are found without a look at those of other keys', async () => {
    for (let number = 0; number < 100; number++) {
      store.put(new CountingKey(`/dht/provider/AB${number}/peer`), Uint8Array.of(1))
      store.put(new CountingKey(`/peers/${number}`), Uint8Array.of(1))
    }
    CountingKey.looks = 0
    for await (const _ of store.query({ prefix: '/dht/provider/ABC' })) {
      assert.fail('nobody provides it')
    }
    assert.equal(CountingKey.looks, 0)
  })

  it('expire with a walk over all of them, as kad-dht does it, which leaves peers alone', async () => {
    for (let number = 0; number < 2_000; number++) {
      store.put(providerKey(KEY, number), Uint8Array.of(1))
    }
    let turns = 0
    const timer = setInterval(() => { turns++ }, 0)
    const found = new Set<string>()
    for await (const { key } of store.query({ prefix: '/dht/provider' })) {
      found.add(key.toString())
      store.delete(key)
      // what kad-dht needs for each
      for (const untilMs = performance.now() + 0.02; performance.now() < untilMs;) {
        // computes
      }
    }
    clearInterval(timer)
    assert.deepEqual([found.size, store.sizes.providerRecords], [2_000, 0])
    assert.ok(turns > 0, 'others had their turn meanwhile')
  })

  it('are not taken for a key that is as long as a message', async () => {
    const stream = await connection.newStream(KAD)
    const provider = { id: peer.peerId.toMultihash().bytes, addresses: [ADDRESS] }
    for (let number = 0; number < 20; number++) {
      const key = CID.createV1(raw.code, create(IDENTITY, new Uint8Array(3_500).fill(number)))
      stream.send(provideAs(key.bytes, [provider]))
    }
    // messages of one stream are taken one after the other
    stream.send(provide(1, peer.peerId))
    await until(() => server.services.defences.status.datastore.refusedProviderRecords === 20, 'they are refused')
    await until(() => store.sizes.providerRecords === 1, 'the other is taken')
  })

  it('are taken one of each message, and with as many addresses as a descriptor has', async () => {
    const stream = await connection.newStream(KAD)
    const provider = { id: peer.peerId.toMultihash().bytes, addresses: new Array<Uint8Array>(300).fill(ADDRESS).map((address, port) => Uint8Array.of(...address.subarray(0, 6), port >> 8, port & 0xff)) }
    stream.send(provideAs(KEY.bytes, [provider]))
    await until(() => store.sizes.providerRecords === 1, 'the record is taken')
    await until(async () => (await server.peerStore.get(peer.peerId)).addresses.length === 16, 'so are sixteen addresses')
  })
})

/** Counts who looks at it, or at its copies. */
class CountingKey extends Key {
  static looks = 0

  override toString (encoding?: Parameters<Key['toString']>[0]): string {
    CountingKey.looks++
    return super.toString(encoding)
  }
}

/** As kad-dht names a record. */
function providerKey (key: CID, provider: number): Key {
  const id = CID.createV0(create(0x12, madeUpId(provider).subarray(2)))
  return new Key(`/dht/provider/${toString(key.multihash.bytes, 'base32')}/${id.toString()}`)
}

/** Of the peer store's, with one address and a protocol. */
function recordOf (number: number): Uint8Array {
  const address = Uint8Array.of(...ADDRESS.subarray(0, 6), number >> 8, number & 0xff)
  const observed = Uint8Array.of(3 << 3, ...varint(Date.now()))
  const updated = Uint8Array.of(8 << 3, ...varint(Date.now()))
  return Uint8Array.of(...bytesField(1, bytesField(1, address), observed), ...bytesField(2, new TextEncoder().encode(KAD)), ...updated)
}

function varint (value: number): number[] {
  return value < 0x80 ? [value] : [value % 0x80 | 0x80, ...varint(Math.floor(value / 0x80))]
}
