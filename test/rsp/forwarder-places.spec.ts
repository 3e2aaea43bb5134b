import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { peerOf } from '../helpers/descriptors.ts'
import { ForwarderPlaces, MAX_FORWARDERS } from '../../src/rsp/forwarder-places.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, PeerId } from '@libp2p/interface'

const OF_PREFIX = MAX_FORWARDERS / 8

describe('the places of an RSP for forwarders', () => {
  let peer: PeerId
  let places: ForwarderPlaces
  /** By who has the place. */
  let connections: Map<PeerId, Connection>
  let holders: Map<string, PeerId>
  let nowMs: number

  before(async () => { peer = await peerOf(1) })

  beforeEach(() => {
    nowMs = 1_000_000
    connections = new Map()
    holders = new Map()
    places = new ForwarderPlaces({ connectionTo: (holder) => connections.get(holder), clock: () => nowMs, now: () => nowMs })
  })

  it('are full for those that have none', () => {
    fill(MAX_FORWARDERS - 1)
    assert.ok(!places.isFullFor('newcomer'))
    enter('last')
    assert.ok(places.isFullFor('newcomer'))
    assert.ok(!places.isFullFor('last'))
    places.delete('last')
    assert.deepEqual([places.size, places.has('last'), places.isFullFor('newcomer')], [MAX_FORWARDERS - 1, false, false])
  })

  it('are given up by the one known longest of those that nobody is connected to, and by none that works', () => {
    assert.equal(leaves(), undefined)
    ;['a', 'b', 'c'].forEach((key) => { enter(key) })
    nowMs += 30_000
    assert.equal(leaves(), 'a')
    connect('a', '/ip4/192.0.2.1/tcp/4001')
    assert.equal(leaves(), 'b')
    connect('b', '/ip4/192.0.2.1/tcp/4001')
    connect('c', '/ip4/198.51.100.1/tcp/4001')
    assert.equal(leaves(), undefined)
  })

  it('regression: are kept for those that were just found, and those that were cut off for a moment', () => {
    enter('just found')
    enter('cut off')
    connect('cut off', '/ip4/192.0.2.1/tcp/4001')
    nowMs += 29_000
    connections.clear()
    places.left('cut off')
    assert.equal(leaves(), undefined)
    nowMs += 1_000
    assert.equal(leaves(), 'just found')
    places.delete('just found')
    nowMs += 28_000
    assert.equal(leaves(), undefined)
    nowMs += 1_000
    assert.equal(leaves(), 'cut off')
  })

  it('regression: are not filled for good by one machine with many keys: the last of these gives way, before one that may still be reached', () => {
    connect('honest', '/ip4/198.51.100.1/tcp/4001')
    fill(MAX_FORWARDERS - 2)
    enter('just found')
    assert.equal(leaves('203.0.113.1'), `made-up ${MAX_FORWARDERS - 3}`)
    assert.equal(leaves('192.0.2.7'), undefined, 'one more of these takes nobody\'s')
    let newcomers = 0
    for (let key = leaves('203.0.113.1'); key !== undefined; key = leaves('203.0.113.1')) {
      places.delete(key)
      connect(`newcomer ${newcomers}`, `/ip4/10.${newcomers >> 8}.${newcomers % 256}.1/tcp/4001`)
      newcomers++
    }
    assert.equal(newcomers, MAX_FORWARDERS - 2 - OF_PREFIX)
  })

  it('regression: are counted neither on this machine nor by name, which forwarders for browsers have', () => {
    for (let key = 0; key < MAX_FORWARDERS; key++) {
      connect(`${key}`, key % 2 === 0 ? '/ip4/127.0.0.1/tcp/4001' : `/dns4/forwarder-${key}.example.net/tcp/443/wss`)
    }
    assert.equal(leaves('203.0.113.1'), undefined)
  })

  it('regression: whoever is connected keeps its place until its own word ends, whatever strangers push out of what discovery knows', () => {
    connect('connected', '/ip4/192.0.2.1/tcp/4001', nowMs + 60_000)
    enter('found', nowMs + 60_000)
    assert.deepEqual(places.ended(() => true), [])
    assert.deepEqual(places.ended(() => false), ['found'])
    nowMs += 60_000
    assert.deepEqual(places.ended(() => true), ['connected', 'found'])
  })

  function fill (count: number): void {
    for (let key = 0; key < count; key++) {
      connect(`made-up ${key}`, `/ip4/192.0.2.${key % 250 + 1}/tcp/4001`)
    }
  }

  function enter (key: string, expiresAtMs = Infinity): void {
    const holder = Object.create(peer) as PeerId
    holders.set(key, holder)
    places.set(key, { peer: holder, issuedAtMs: nowMs, expiresAtMs } as unknown as VerifiedDescriptor)
  }

  function connect (key: string, address: string, expiresAtMs?: number): void {
    if (!holders.has(key)) {
      enter(key, expiresAtMs)
    }
    connections.set(holders.get(key) as PeerId, { remoteAddr: multiaddr(address) } as Connection)
  }

  function leaves (host = '203.0.113.9'): string | undefined {
    return places.whoGivesWay({ peer, endpoints: [{ peer, addresses: [multiaddr(`/ip4/${host}/tcp/4001`)] }] } as unknown as VerifiedDescriptor)
  }
})
