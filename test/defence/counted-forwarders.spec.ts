import assert from 'node:assert/strict'
import { CountedForwarders } from '../../src/defence/counted-forwarders.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { PeerId } from '@libp2p/interface'

const HERE = '192.0.2.0/24'
const THERE = '198.51.100.0/24'

describe('forwarders that count as such', () => {
  let peers: PeerId[]
  let known: Set<PeerId>
  let counted: CountedForwarders

  before(async () => {
    peers = await Promise.all(Array.from({ length: 12 }, async (_, number) => peerOf(number)))
  })

  beforeEach(() => {
    known = new Set(peers)
    counted = new CountedForwarders({ isForwarder: (peer) => known.has(peer), maxPerPrefix: 3, maxPrefixes: 8 })
  })

  const countedOf = (prefix: string, from: number, to: number): boolean[] => peers.slice(from, to).map((peer) => counted.has(peer, prefix))

  it('are so many of a prefix, those that asked first, however many are known', () => {
    assert.deepEqual(countedOf(HERE, 0, 5), [true, true, true, false, false])
    assert.deepEqual(countedOf(THERE, 5, 9), [true, true, true, false])
    assert.deepEqual(countedOf(HERE, 0, 5), [true, true, true, false, false])
  })

  it('are none that are not known, and those take no place', () => {
    known = new Set(peers.slice(5))
    assert.deepEqual(countedOf(HERE, 0, 8), [false, false, false, false, false, true, true, true])
  })

  it('leave their place to others when they are not known any more', () => {
    countedOf(HERE, 0, 3)
    known.delete(peers[1])
    assert.deepEqual(countedOf(HERE, 3, 5), [true, false])
    assert.equal(counted.has(peers[1], HERE), false)
    known.add(peers[1])
    assert.equal(counted.has(peers[1], HERE), false)
    known.delete(peers[0])
    assert.equal(counted.has(peers[0], HERE), false)
    assert.equal(counted.has(peers[1], HERE), true)
  })
})
