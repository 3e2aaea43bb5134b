// DEST on the command line: a peer id, or a multiaddr that ends in one.
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { InvalidSettingError } from './errors.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@libp2p/interface'

export interface Destination {
  peer: PeerId
  /** Where it can be dialled, if that was said. */
  address?: Multiaddr
}

/** @throws InvalidSettingError */
export function parseDestination (text: string): Destination {
  try {
    if (!text.startsWith('/')) {
      return { peer: peerIdFromString(text) }
    }
    const address = multiaddr(text)
    const last = address.getComponents().at(-1)
    if (last?.name === 'p2p' && last.value !== undefined) {
      return { peer: peerIdFromString(last.value), address }
    }
  } catch {
    // said below, in terms of what was expected
  }
  throw new InvalidSettingError('DEST', `expected a peer id such as 12D3KooW…, or a multiaddr that ends in /p2p/12D3KooW…; got "${text}"`)
}

/** `ID,ID,…` @throws InvalidSettingError */
export function parsePath (text: string): PeerId[] {
  const ids = text.split(',').map((id) => id.trim())
  if (new Set(ids).size !== ids.length) {
    throw new InvalidSettingError('--path', 'a path visits no forwarder twice')
  }
  return ids.map((id) => {
    try {
      return peerIdFromString(id)
    } catch {
      throw new InvalidSettingError('--path', `expected peer ids of forwarders, entry first, separated by commas; got "${id}"`)
    }
  })
}
