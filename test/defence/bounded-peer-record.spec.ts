// Against the peer store of libp2p itself, which writes the records.
import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { boundedPeerRecord } from '../../src/defence/bounded-peer-record.ts'
import { BoundedDatastore } from '../../src/defence/bounded-datastore.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { PeerData, PeerId, PeerStore } from '@libp2p/interface'

describe('bounded record of a peer', () => {
  let store: BoundedDatastore
  let peers: PeerStore
  let peer: PeerId

  beforeEach(async () => {
    store = new BoundedDatastore()
    peers = (await createLibp2p({ start: false, datastore: store })).peerStore
    peer = await peerOf(2)
  })

  const addresses = (from: number, count: number): Array<ReturnType<typeof multiaddr>> => Array.from({ length: count }, (_, port) => multiaddr(`/ip4/127.0.0.1/tcp/${from + port}`))
  const stored = async (): Promise<string[]> => (await peers.get(peer)).addresses.map((address) => address.multiaddr.toString())

  it('keeps the addresses that the peer has signed, then those that were there first', async () => {
    await peers.patch(peer, { multiaddrs: addresses(9_000, 10) })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await peers.merge(peer, { multiaddrs: addresses(1_000, 100) })
    const first = await stored()
    assert.equal(first.length, 16)
    assert.deepEqual(addresses(9_000, 10).filter((address) => !first.includes(address.toString())), [])
    await peers.merge(peer, { addresses: addresses(5_000, 8).map((address) => ({ multiaddr: address, isCertified: true })) })
    const then = await stored()
    assert.equal(then.length, 16)
    assert.deepEqual(addresses(5_000, 8).filter((address) => !then.includes(address.toString())), [])
  })

  it('keeps no address that is longer than any, and all else that is in the record', async () => {
    const data: PeerData = { protocols: ['/a/1', '/b/1'], metadata: { name: new Uint8Array(100) }, tags: { tag: { value: 5 } }, peerRecordEnvelope: new Uint8Array(500) }
    await peers.merge(peer, { ...data, multiaddrs: [multiaddr(`/dns4/${'x'.repeat(400)}/tcp/1`), ...addresses(1, 30)] })
    const { addresses: kept, protocols, metadata, tags, peerRecordEnvelope } = await peers.get(peer)
    assert.deepEqual([kept.length, protocols, metadata.get('name'), tags.get('tag')?.value, peerRecordEnvelope], [16, data.protocols, new Uint8Array(100), 5, new Uint8Array(500)])
    assert.equal((await stored()).some((address) => address.includes('xxx')), false)
  })

  it('tells peers that have said something, or are tagged, from those that others alone have named', async () => {
    const where = (): number[] => [store.sizes.others, store.sizes.namedPeers]
    await peers.merge(peer, { multiaddrs: addresses(1, 2) })
    assert.deepEqual(where(), [0, 1])
    // libp2p notes whom it could not dial
    await peers.merge(peer, { metadata: { 'last-dial-failure': new Uint8Array(4) } })
    assert.deepEqual(where(), [0, 1])
    await peers.merge(peer, { tags: { 'kad-peer': { value: 1 } } })
    assert.deepEqual(where(), [1, 0])
    await peers.merge(peer, { tags: { 'kad-peer': undefined } })
    assert.deepEqual(where(), [0, 1])
    await peers.merge(peer, { protocols: ['/a/1'] })
    assert.deepEqual([where(), (await peers.all()).length], [[1, 0], 1])
    await peers.delete(peer)
    assert.deepEqual(where(), [0, 0])
  })

  it('gives back the very record where nothing is to be left out', async () => {
    await peers.merge(peer, { multiaddrs: addresses(1, 16), protocols: ['/a/1'] })
    const [record] = await all(store)
    assert.deepEqual(boundedPeerRecord(record), { record, isHearsay: false })
    assert.equal(boundedPeerRecord(record).record, record)
  })

  it('refuses what is no record', () => {
    assert.throws(() => boundedPeerRecord(Uint8Array.of(0x0a, 100)), { name: 'MalformedMessageError' })
  })
})

async function all (store: BoundedDatastore): Promise<Uint8Array[]> {
  const values: Uint8Array[] = []
  for await (const { value } of store.query({ prefix: '/peers' })) {
    values.push(value)
  }
  return values
}
