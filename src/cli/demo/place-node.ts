// A real node of the demo at a row of the latency matrix.
import { startLocalNode } from '../../testing/local-node.ts'
import type { LocalNodeInit } from '../../testing/local-node.ts'
import type { BywayNode, Role } from '../../node/libp2p.ts'
import type { DelayedOverlay } from '../../simulation/delayed-overlay.ts'
import type { DiscoveryComponents } from '../../discovery/discovery.ts'

export const DEMO_NETWORK = 'demo'

/** A node and the row of the matrix at which it is. */
export interface Placed<R extends Role> {
  node: BywayNode<R>
  row: number
}

/** How reports name it. */
export interface PlacedId {
  id: string
  /** Row of the latency matrix. */
  node: number
}

/** What the other thread needs to know of a node. */
export interface NodeAddress {
  id: string
  row: number
  addresses: string[]
}

export async function placeNode<R extends Role> ({ row, delays, ...init }: {
  row: number
  role: (components: DiscoveryComponents) => R
  servesDht: boolean
  delays: DelayedOverlay
} & Pick<LocalNodeInit<R>, 'privateKey' | 'connectionGater' | 'listen'>): Promise<Placed<R>> {
  return { node: await startLocalNode({ ...init, network: DEMO_NETWORK, place: { delays, row } }), row }
}

export function addressOf ({ node, row }: Placed<Role>): NodeAddress {
  return { id: node.peerId.toString(), row, addresses: node.getMultiaddrs().map((address) => address.toString()) }
}
