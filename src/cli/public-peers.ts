// The nodes that commands begin with: the public bootstrap nodes unless told otherwise (see bootstrap/README.md).
import { multiaddr } from '@multiformats/multiaddr'
import peers from '../../bootstrap/peers.json' with { type: 'json' }
import { InvalidSettingError } from './errors.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { withoutPrivate } from '../node/own-addresses.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** They serve the public network only. */
export function publicPeers (network: string): Multiaddr[] {
  return network === PUBLIC_NETWORK ? (peers as string[]).map((text) => multiaddr(text)) : []
}

/** @throws InvalidSettingError where a node in public would dial none of them */
export function checkDiallable (addresses: readonly Multiaddr[], isLocal: boolean | undefined): void {
  if (isLocal !== true && addresses.length > 0 && withoutPrivate([...addresses]).length === 0) {
    throw new InvalidSettingError(String(addresses[0]), 'a private address, which nodes in public do not dial: with --local a node belongs to an overlay on one machine or in one building')
  }
}
