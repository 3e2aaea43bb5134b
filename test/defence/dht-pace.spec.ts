import assert from 'node:assert/strict'
import { lpStream, streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { repeated } from './attacker.ts'
import { DhtPace } from '../../src/defence/dht-pace.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

const LIMITS = { peerPerSecond: 1, peerBurst: 2, prefixPerSecond: 1, prefixBurst: 4, maxWaitMs: 0 }

describe('pace of the DHT', () => {
  let handler: StreamHandler
  let pace: DhtPace
  const streams: Stream[] = []

  afterEach(() => {
    streams.splice(0).forEach((stream) => { stream.abort(new Error('the test is over')) })
  })

  async function serve (): Promise<void> {
    pace = new DhtPace(LIMITS, () => 0)
    const registrar = { handle: async (_: string, registered: StreamHandler) => { handler = registered } } as unknown as Registrar
    const { registrar: paced } = pace.around({ registrar, connectionManager: {} as ConnectionManager })
    await paced.handle('/kad', async (stream) => {
      const reader = lpStream(stream)
      while (stream.status === 'open') {
        await reader.read().catch(() => {})
      }
    })
  }

  /** So many pings. @returns how many were taken */
  async function send (peer: number, address: string, messages: number): Promise<number> {
    const [sender, receiver] = await streamPair({ delay: 0 })
    streams.push(sender, receiver)
    const before = pace.counters
    void handler(receiver, { remotePeer: await peerOf(peer), remoteAddr: multiaddr(address) } as Connection)
    sender.send(repeated(Uint8Array.of(2, 8, 5), messages))
    await until(() => pace.counters.admitted - before.admitted + pace.counters.refused - before.refused >= messages || receiver.status !== 'open', 'all are seen')
    return pace.counters.admitted - before.admitted
  }

  it('counts what a peer sends over all of its streams, and what a prefix sends over all of its peers', async () => {
    await serve()
    assert.equal(await send(1, '/ip4/192.0.2.1/tcp/1', 1), 1)
    assert.equal(await send(1, '/ip4/192.0.2.1/tcp/2', 3), 1)
    assert.equal(await send(2, '/ip4/192.0.2.2/tcp/1', 3), 2)
    assert.equal(await send(3, '/ip4/192.0.2.3/tcp/1', 3), 0)
    assert.equal(await send(4, '/ip4/198.51.100.1/tcp/1', 2), 2)
    assert.equal(pace.counters.refused, 3)
  })

  it('counts addresses that name no host as one prefix', async () => {
    await serve()
    for (const [peer, taken] of [[1, 2], [2, 2], [3, 0]]) {
      assert.equal(await send(peer, '/dns4/name.example/tcp/1', 3), taken)
    }
  })

  it('regression: counts no prefix for what comes from this machine, as over a proxy on it, but its peers', async () => {
    await serve()
    for (const peer of [1, 2, 3, 4]) {
      assert.equal(await send(peer, '/ip4/127.0.0.1/tcp/1', 3), 2)
    }
  })
})
