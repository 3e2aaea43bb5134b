// Makes a real node of the demo at a row of the latency matrix.
import { createNode } from '../../node/libp2p.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { BywayNode, Role } from '../../node/libp2p.ts'
import type { DelayedOverlay } from '../../simulation/delayed-overlay.ts'
import type { DiscoveryComponents } from '../../discovery/discovery.ts'

export const DEMO_NETWORK = 'demo'

/** A node and the row of the matrix at which it is. */
export interface Placed<R extends Role> {
  node: BywayNode<R>
  row: number
}

/** What the other thread needs to know of a node. */
export interface NodeAddress {
  id: string
  row: number
  addresses: string[]
}

export async function placeNode<R extends Role> (init: {
  row: number
  role: (components: DiscoveryComponents) => R
  servesDht: boolean
  delays: DelayedOverlay
}): Promise<Placed<R>> {
  const node = await createNode({
    role: init.role,
    privateKey: await generateKeyPair('Ed25519'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    network: DEMO_NETWORK,
    servesDht: init.servesDht,
    isLocal: true,
    wrapTransport: init.delays.wrapTransport(init.row)
  })
  init.delays.place(init.row, node.getMultiaddrs())
  return { node, row: init.row }
}

export function addressOf ({ node, row }: Placed<Role>): NodeAddress {
  return { id: node.peerId.toString(), row, addresses: node.getMultiaddrs().map((address) => address.toString()) }
}

/** Runs for all items, a few at a time, and keeps their order. */
export async function mapSome<T, U> (items: readonly T[], concurrency: number, run: (item: T) => Promise<U>): Promise<U[]> {
  const results = new Array<U>(items.length)
  const queue = items.entries()
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, async () => {
    for (const [index, item] of queue) {
      results[index] = await run(item)
    }
  }))
  return results
}
