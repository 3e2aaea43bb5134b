import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { NotFoundError, TypedEventEmitter } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { GonePeers } from '../../src/defence/gone-peers.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { until } from '../../src/testing/until.ts'
import type { GonePeersInit } from '../../src/defence/gone-peers.ts'
import type { Libp2pEvents, Peer, PeerId } from '@libp2p/interface'

const MINUTE_MS = 60_000

describe('gone peers', () => {
  let nowMs: number
  let events: TypedEventEmitter<Libp2pEvents>
  let peers: PeerId[]
  /** Who is in the peer store, with the names of their tags. */
  let stored: Map<string, string[]>
  let connected: Set<string>
  let started: GonePeers[]

  before(async () => {
    peers = await Promise.all(Array.from({ length: 4 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
  })

  beforeEach(() => {
    nowMs = 0
    events = new TypedEventEmitter()
    stored = new Map(peers.map((peer) => [peer.toString(), []]))
    connected = new Set()
    started = []
  })

  afterEach(() => { started.forEach((each) => { each.stop() }) })

  function startGonePeers (init: Partial<GonePeersInit> = {}): GonePeers {
    const peerStore = {
      get: async (peer: PeerId) => {
        const tags = stored.get(peer.toString())
        if (tags === undefined) {
          throw new NotFoundError()
        }
        return { tags: new Map(tags.map((tag) => [tag, { value: 1 }])) } as unknown as Peer
      },
      delete: async (peer: PeerId) => { stored.delete(peer.toString()) }
    }
    const gone = new GonePeers({
      peerStore, events, logger: defaultLogger(), connectionManager: { getConnections: (peer) => connected.has(peer.toString()) ? [1] : [] }
    }, { now: () => nowMs, ...init })
    gone.start()
    started.push(gone)
    return gone
  }

  function leave (peer: PeerId): void {
    events.safeDispatchEvent('peer:disconnect', { detail: peer })
  }

  const has = (peer: PeerId): boolean => stored.has(peer.toString())

  it('are forgotten five minutes after they went', async () => {
    const gone = startGonePeers()
    leave(peers[0])
    nowMs = 3 * MINUTE_MS
    leave(peers[1])
    nowMs = 5 * MINUTE_MS - 1
    await gone.sweep()
    assert.deepEqual(peers.map(has), [true, true, true, true])
    nowMs = 5 * MINUTE_MS
    await gone.sweep()
    assert.deepEqual(peers.map(has), [false, true, true, true])
  })

  it('are known while they are connected, and for five minutes after they went for the last time', async () => {
    const gone = startGonePeers()
    leave(peers[0])
    connected.add(peers[0].toString())
    nowMs = 6 * MINUTE_MS
    await gone.sweep()
    assert.ok(has(peers[0]))
    connected.clear()
    leave(peers[0])
    nowMs = 10 * MINUTE_MS
    await gone.sweep()
    assert.ok(has(peers[0]))
    nowMs = 11 * MINUTE_MS
    await gone.sweep()
    assert.ok(!has(peers[0]))
  })

  it('stay while somebody has them in a table, and are forgotten after that', async () => {
    const gone = startGonePeers()
    stored.set(peers[0].toString(), ['kad-peer'])
    leave(peers[0])
    nowMs = 5 * MINUTE_MS
    await gone.sweep()
    assert.ok(has(peers[0]))
    stored.set(peers[0].toString(), [])
    nowMs = 10 * MINUTE_MS
    await gone.sweep()
    assert.ok(!has(peers[0]))
  })

  it('make room for each other: above the limit the first who went is forgotten at once, or no longer looked after', async () => {
    const gone = startGonePeers({ maxPeers: 2 })
    stored.set(peers[0].toString(), ['kad-peer'])
    peers.forEach(leave)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(peers.map(has), [true, false, true, true])
    assert.equal(gone.size, 2)
  })

  it('are gone from the peer store of a real node, which knows them anew when they come back', async () => {
    const role = (): { start: () => void, stop: () => void, isUseful: () => boolean } => ({ start: () => {}, stop: () => {}, isUseful: () => true })
    const [node, visitor] = await Promise.all([1, 2].map(async () => createNode({
      role, privateKey: await generateKeyPair('Ed25519'), listen: ['/ip4/127.0.0.1/tcp/0'], servesDht: false, isLocal: true
    })))
    const gone = new GonePeers({
      peerStore: node.peerStore, events: node, logger: defaultLogger(), connectionManager: { getConnections: (peer) => node.getConnections(peer) }
    }, { keptMs: 0 })
    started.push(gone)
    const isKnown = async (): Promise<boolean> => (await node.peerStore.all()).some(({ id, protocols }) => id.equals(visitor.peerId) && protocols.length > 0)
    try {
      gone.start()
      for (const visit of ['first', 'second']) {
        const connection = await visitor.dial(node.getMultiaddrs())
        await until(isKnown, `the node knows its visitor, ${visit} visit`)
        await connection.close()
        await until(() => gone.size === 1, `the node notices that its visitor has gone, ${visit} visit`)
        await gone.sweep()
        assert.equal(await node.peerStore.has(visitor.peerId), false)
      }
    } finally {
      await Promise.all([node.stop(), visitor.stop()])
    }
  })
})
