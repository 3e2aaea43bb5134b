// DEST on the command line: a peer id, or a multiaddr that ends in one; how it goes to a running host, and what either does with the address.
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { MalformedMessageError } from '../../protocols/errors.ts'
import { within } from '../discovery/within.ts'
import { InvalidSettingError } from './errors.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId, PeerStore } from '@libp2p/interface'

const MAX_ID_LETTERS = 128
/** A name of 255 letters, and a relay's, with their peer ids. */
const MAX_ADDRESS_LETTERS = 1_024
export const DIAL_DEADLINE_MS = 5_000

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

/** The arguments of a control command that say whom it is about, as `readDestination` takes them. */
export function destinationArguments ({ peer, address }: Destination): Record<string, string> {
  return { destination: peer.toString(), ...(address === undefined ? {} : { address: address.toString() }) }
}

/** @throws MalformedMessageError */
export function readDestination ({ destination, address }: Readonly<Record<string, unknown>>): Destination {
  const peer = attempted(() => peerIdFromString(z.string().max(MAX_ID_LETTERS).parse(destination)))
  if (peer === undefined) {
    throw new MalformedMessageError('arguments: destination expected a peer id')
  }
  const at = address === undefined ? undefined : attempted(() => parseDestination(z.string().max(MAX_ADDRESS_LETTERS).startsWith('/').parse(address)))
  if (address !== undefined && at?.peer.equals(peer) !== true) {
    throw new MalformedMessageError('arguments: address expected a multiaddr that ends in /p2p/ and the destination')
  }
  return { peer, address: at?.address }
}

function attempted<T> (parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}

/** What a node needs to get to know where a peer is. */
export interface Dials {
  peerStore: Pick<PeerStore, 'merge'>
  dial: (address: Multiaddr, options: { signal: AbortSignal }) => Promise<unknown>
}

/** Where the user says that it is, it is dialled; whether it is there shows later. */
export async function introduce (node: Dials, { peer, address }: Destination, stop?: AbortSignal): Promise<void> {
  if (address !== undefined) {
    await node.peerStore.merge(peer, { multiaddrs: [address] })
    await node.dial(address, { signal: within(DIAL_DEADLINE_MS, stop) }).catch(() => {})
  }
}

/** `introduce`, at the node that takes control commands. */
export type Introduce = (destination: Destination, signal: AbortSignal) => Promise<void>

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
