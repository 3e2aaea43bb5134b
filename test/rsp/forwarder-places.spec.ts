import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { peerOf } from '../helpers/descriptors.ts'
import { MAX_FORWARDERS, whoGivesWay } from '../../src/rsp/forwarder-places.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, PeerId } from '@libp2p/interface'

describe('the places of an RSP for forwarders', () => {
  let peer: PeerId
  let places: Map<string, { peer: PeerId }>
  /** By who has the place. */
  let connections: Map<unknown, Connection>

  before(async () => { peer = await peerOf(1) })

  beforeEach(() => {
    places = new Map()
    connections = new Map()
  })

  it('are given up by the one known longest of those that nobody is connected to, and by none that works', () => {
    assert.equal(leaves(), undefined)
    ;['a', 'b', 'c'].forEach((key) => { enter(key) })
    assert.equal(leaves(), 'a')
    enter('a', '192.0.2.1')
    assert.equal(leaves(), 'b')
    enter('b', '192.0.2.1')
    enter('c', '198.51.100.1')
    assert.equal(leaves(), undefined)
  })

  it('regression: are not filled for good by one machine with many keys: the last of these gives way, before one that may still be reached', () => {
    enter('honest', '198.51.100.1')
    enter('just found')
    for (let key = 2; key < MAX_FORWARDERS; key++) {
      enter(`made-up ${key}`, `192.0.2.${key % 250 + 1}`)
    }
    assert.equal(leaves('203.0.113.1'), `made-up ${MAX_FORWARDERS - 1}`)
    assert.equal(leaves('192.0.2.7'), 'just found', 'one more of these takes none of theirs')
    enter('just found', '203.0.113.2')
    assert.equal(leaves('192.0.2.7'), undefined)
    let newcomers = 0
    for (let key = leaves('203.0.113.1'); key !== undefined; key = leaves('203.0.113.1')) {
      places.delete(key)
      enter(`newcomer ${newcomers}`, `10.${newcomers >> 8}.${newcomers % 256}.1`)
      newcomers++
    }
    assert.equal(newcomers, MAX_FORWARDERS - 2 - MAX_FORWARDERS / 8)
  })

  it('are not counted by prefix on this machine', () => {
    for (let key = 0; key < MAX_FORWARDERS; key++) {
      enter(`${key}`, '127.0.0.1')
    }
    assert.equal(leaves('203.0.113.1'), undefined)
  })

  function enter (key: string, host?: string): void {
    const holder = Object.create(peer) as PeerId
    places.set(key, { peer: holder })
    if (host !== undefined) {
      connections.set(holder, { remoteAddr: multiaddr(`/ip4/${host}/tcp/4001`) } as Connection)
    }
  }

  function leaves (host = '203.0.113.9'): string | undefined {
    const newcomer = { peer, endpoints: [{ peer, addresses: [multiaddr(`/ip4/${host}/tcp/4001`)] }] } as unknown as VerifiedDescriptor
    return whoGivesWay(places, newcomer, (holder) => connections.get(holder))
  }
})
