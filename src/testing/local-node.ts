// A real byway node on this machine, as tests and the demo start them: on loopback, in an overlay of its own, and as far from the
// others as the latencies say. Beside it, how one dies, and how several are started without all handshakes at once.
import { createNode } from '../node/libp2p.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { BywayNode, NodeInit, Role } from '../node/libp2p.ts'
import type { DelayedOverlay } from '../simulation/delayed-overlay.ts'

export const LOOPBACK = ['/ip4/127.0.0.1/tcp/0']

export interface LocalNodeInit<R extends Role> extends Partial<NodeInit<R>> {
  role: NodeInit<R>['role']
  network: string
  servesDht: boolean
  /** Where the node is; without it nothing is delayed. */
  place?: { delays: DelayedOverlay, row: number }
}

/**
 * Starts the node. It has its place before it is heard of: a neighbour that dials it at once does so from afar, too.
 *
 * @throws what `createNode` does; then nothing of the node is left
 */
export async function startLocalNode<R extends Role> ({ place, ...init }: LocalNodeInit<R>): Promise<BywayNode<R>> {
  const node = await createNode({
    privateKey: await generateKeyPair('Ed25519'),
    listen: LOOPBACK,
    isLocal: true,
    ...(place === undefined ? {} : { wrapTransport: place.delays.wrapTransport(place.row) }),
    ...init,
    start: false
  })
  node.addEventListener('transport:listening', ({ detail: listener }) => { place?.delays.place(place.row, listener.getAddrs()) })
  try {
    await node.start()
  } catch (error) {
    await Promise.resolve(node.stop()).catch(() => {})
    throw error
  }
  return node
}

/** As when its process dies: its connections end, and it says nothing more. */
export async function kill (node: BywayNode<Role>): Promise<void> {
  for (const connection of node.getConnections()) {
    connection.abort(new Error('killed'))
  }
  await node.stop()
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
