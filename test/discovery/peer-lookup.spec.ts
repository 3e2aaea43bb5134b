import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { NETWORK, NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { PeerLookup } from '../../src/discovery/peer-lookup.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'

describe('peer look-up', () => {
  /** Asks for somebody whom nobody knows, and gives who was dialled and who was asked without. `random`: 0 ≤ … < 1. */
  async function ask (providers: PeerId[], connected: PeerId[], random: () => number): Promise<{ dialled: string[], asked: string[] }> {
    const dialled: string[] = []
    const asked: string[] = []
    const lookup = new PeerLookup({
      providers: async function * () { yield * providers },
      connections: async (most) => connected.slice(0, most).map((remotePeer) => ({
        remotePeer,
        newStream: async () => {
          asked.push(remotePeer.toString())
          throw new Error('knows nothing')
        }
      }) as unknown as Connection),
      connect: async (to) => {
        dialled.push(to.toString())
        throw new Error('cannot be reached')
      },
      verification: () => ({ nowMs: NOW_MS, network: NETWORK }),
      log: (() => {}) as unknown as Logger,
      random
    })
    assert.equal(await lookup.hostOf(await peerOf(99), [multiaddr('/ip4/192.0.2.1/tcp/1'), ...Array.from({ length: 9 }, () => multiaddr('/ip4/192.0.2.9/tcp/1'))]), undefined)
    return { dialled, asked }
  }

  it('regression: asks three of each: whom the caller names, whom the DHT names, and who is connected, however many there are of the others', async () => {
    const peers = await Promise.all(Array.from({ length: 44 }, async (_, number) => peerOf(number + 1)))
    const { dialled, asked } = await ask(peers.slice(0, 40), peers.slice(40), () => 0)
    assert.deepEqual(asked, peers.slice(40, 43).map(String))
    assert.deepEqual(dialled, ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.9/tcp/1', '/ip4/192.0.2.9/tcp/1', ...peers.slice(0, 3).map(String)])
  })

  it('regression: draws whom of the DHT\'s it asks, so that no order hides one', async () => {
    const peers = await Promise.all([1, 2, 3, 4, 5, 6].map(peerOf))
    const { dialled } = await ask(peers, [], () => 0.99)
    assert.deepEqual(new Set(dialled.slice(3)), new Set([peers[5], peers[0], peers[1]].map(String)))
  })
})
