// The bootstrap nodes that commands begin with unless told otherwise (see bootstrap/README.md).
import { multiaddr } from '@multiformats/multiaddr'
import peers from '../../bootstrap/peers.json' with { type: 'json' }
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** They serve the public network only. */
export function publicPeers (network: string): Multiaddr[] {
  return network === PUBLIC_NETWORK ? (peers as string[]).map((text) => multiaddr(text)) : []
}
