import assert from 'node:assert/strict'
import { NotFoundError } from '@libp2p/interface'
import { DESCRIPTOR_PROTOCOL } from '../../protocols/descriptor/constants.ts'
import { OverlayConnections } from '../../src/discovery/overlay-connections.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { Connection, Peer, PeerId } from '@libp2p/interface'

describe('overlay connections', () => {
  const at = (peer: PeerId, status = 'open'): Connection => ({ remotePeer: peer, status }) as Connection

  type Known = { protocols?: Record<string, string[]>, described?: PeerId[], most?: number }

  function overlayOf (connections: Connection[], { protocols = {}, described = [] }: Known): OverlayConnections {
    return new OverlayConnections({
      connections: () => connections,
      isDescribed: (peer) => described.some((one) => one.equals(peer)),
      peerStore: {
        get: async (peer) => {
          if (!(peer.toString() in protocols)) {
            throw new NotFoundError()
          }
          return { protocols: protocols[peer.toString()] } as Peer
        }
      }
    })
  }

  async function names (connections: Connection[], known: Known): Promise<string[]> {
    return (await overlayOf(connections, known).some(known.most ?? 99)).map(({ remotePeer }) => remotePeer.toString()).sort()
  }

  it('regression: lead to those who speak the protocol of descriptors, or have one, and not to an application\'s other peers', async () => {
    const [speaks, described, other] = await Promise.all([1, 2, 3].map(peerOf))
    const known = { protocols: { [speaks.toString()]: ['/a', DESCRIPTOR_PROTOCOL], [other.toString()]: ['/a', '/b'] }, described: [described] }
    assert.deepEqual(await names([speaks, described, other].map((peer) => at(peer)), known), [speaks, described].map(String).sort())
    assert.equal(await overlayOf([at(other), at(speaks)], known).any(), true)
    assert.equal(await overlayOf([at(other), at(described, 'closed')], known).any(), false)
  })

  it('may lead to those who have said nothing yet, where others are too few', async () => {
    const [described, silent, empty] = await Promise.all([1, 2, 3].map(peerOf))
    const known = { protocols: { [empty.toString()]: [] }, described: [described] }
    const connections = [silent, empty, described].map((peer) => at(peer))
    assert.deepEqual(await names(connections, known), [described, silent, empty].map(String).sort())
    assert.deepEqual(await names(connections, { ...known, most: 1 }), [described.toString()])
    assert.equal(await overlayOf([at(silent), at(empty)], known).any(), false)
  })

  it('are open, one to each peer, and no more than are wanted', async () => {
    const [one, closing, two, three] = await Promise.all([1, 2, 3, 4].map(peerOf))
    const connections = [at(one), at(closing, 'closing'), at(one), at(two), at(three)]
    assert.deepEqual(await names(connections, { described: [one, closing, two, three] }), [one, two, three].map(String).sort())
    assert.equal((await names(connections, { described: [one, closing, two, three], most: 2 })).length, 2)
  })
})
