// Applications that know nothing of byway but its name in their configuration, between nodes that cannot reach each other directly.
import assert from 'node:assert/strict'
import { CID } from 'multiformats/cid'
import { Helia } from '@helia/utils'
import { MemoryBlockstore } from 'blockstore-core'
import { MemoryDatastore } from 'datastore-core'
import { bitswap } from '@helia/block-brokers'
import { gossipsub } from '@libp2p/gossipsub'
import { sha256 } from 'multiformats/hashes/sha2'
import * as raw from 'multiformats/codecs/raw'
import { UNREACHABLE, addressOf, createApplication } from '../helpers/applications.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import type { Application } from '../helpers/applications.ts'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Testnet } from '../helpers/testnet.ts'

const TOPIC = 'news'
const DELIVERY_DEADLINE_MS = 30_000

describe('an unmodified application over /byway', () => {
  let net: Testnet
  const stops: Array<() => unknown> = []

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'] })
    await net.ready()
  })

  afterEach(async () => {
    await Promise.all(stops.splice(0).map(async (stop) => { await stop() }))
  })

  after(async () => {
    await net.stop()
  })

  it('gossipsub: a message reaches those who are two connections away', async () => {
    const create = async (): Promise<Application<{ pubsub: GossipSub }>> => {
      const node = await createApplication(net.seeds, { byway: UNREACHABLE, libp2p: { services: { pubsub: gossipsub() } } })
      stops.push(() => node.stop())
      return node
    }
    const [a, b, c] = await Promise.all([create(), create(), create()])
    const heard = new Map<string, string>()
    for (const node of [b, c]) {
      node.services.pubsub.addEventListener('message', ({ detail: { data } }) => { heard.set(node.peerId.toString(), new TextDecoder().decode(data)) })
    }
    for (const node of [a, b, c]) {
      node.services.pubsub.subscribe(TOPIC)
    }
    await Promise.all([a.dial(addressOf(b)), b.dial(addressOf(c))])
    await until(() => [a, c].every(({ services: { pubsub } }) => meshOf(pubsub).has(b.peerId.toString())), 'the mesh is there', DELIVERY_DEADLINE_MS)
    await a.services.pubsub.publish(TOPIC, new TextEncoder().encode('hello'))
    await until(() => heard.size === 2, 'both have heard it', DELIVERY_DEADLINE_MS)
    assert.deepEqual([...heard.values()], ['hello', 'hello'])
    assert.deepEqual(a.getPeers().map(String), [b.peerId.toString()])
  })

  it('Helia: a block is fetched by bitswap', async () => {
    const create = async (): Promise<Helia<Application>> => {
      const libp2p = await createApplication(net.seeds, { byway: UNREACHABLE })
      const helia = new Helia({ libp2p, blockstore: new MemoryBlockstore(), datastore: new MemoryDatastore() as never, blockBrokers: [bitswap()] })
      await helia.start()
      stops.push(() => helia.stop())
      return helia
    }
    const [has, wants] = await Promise.all([create(), create()])
    const block = new Uint8Array(200_000).map((_, i) => (i * 7 + (i >>> 8) * 13) % 251)
    const cid = CID.createV1(raw.code, await sha256.digest(block)) as never
    await has.blockstore.put(cid, block)
    await wants.libp2p.dial(addressOf(has.libp2p))
    const parts: Uint8Array[] = []
    for await (const part of wants.blockstore.get(cid, { signal: AbortSignal.timeout(DELIVERY_DEADLINE_MS) })) {
      parts.push(part)
    }
    assert.deepEqual(Buffer.concat(parts), Buffer.from(block))
  })
})

/** Whom messages go to; it forms at gossipsub's own pace. */
function meshOf (pubsub: GossipSub): Set<string> {
  return (pubsub as unknown as { mesh: Map<string, Set<string>> }).mesh.get(TOPIC) ?? new Set()
}
