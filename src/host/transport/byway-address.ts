// Multiaddrs of applications on byway: `/byway/p2p/APPLICATION`, or `/…/p2p/FORWARDER/byway/p2p/APPLICATION` where it is known whom to ask.
//
// The code is from multicodec's private-use range, so that a peer without byway cannot read such an address, and one in a signed peer record breaks
// identify there: they are not announced unless the application says that all its peers can read them.
import { CODE_P2P, multiaddr, registry } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@libp2p/interface'

export const CODE_BYWAY = 0x3b0100

const NAME = 'byway'

// Applications write such addresses into their configuration: they must be readable as soon as byway was imported.
registry.addProtocol({ code: CODE_BYWAY, name: NAME, size: 0 })

export interface BywayAddress {
  /** Absent in an address to listen on. */
  application?: PeerId
  /** The address of a forwarder. */
  forwarder?: Multiaddr
}

/** What the address says, or undefined for one that is none of byway's. */
export function parseBywayAddress (address: Multiaddr): BywayAddress | undefined {
  const components = address.getComponents()
  const at = components.findIndex(({ code }) => code === CODE_BYWAY)
  const [before, after] = [components.slice(0, at), components.slice(at + 1)]
  const isWhole = at >= 0 && after.length <= 1 && after.every(({ code }) => code === CODE_P2P) && (at === 0 || before[at - 1].code === CODE_P2P)
  if (!isWhole) {
    return undefined
  }
  const application = after[0]?.value === undefined ? undefined : peerIdOf(after[0].value)
  if (application === undefined && after.length > 0) {
    return undefined
  }
  return {
    ...(application === undefined ? {} : { application }),
    ...(at === 0 ? {} : { forwarder: multiaddr(components.slice(0, at)) })
  }
}

/** A multiaddr takes ids that no peer can have: one of them must not spoil a dial to other addresses beside it. */
function peerIdOf (text: string): PeerId | undefined {
  try {
    return peerIdFromString(text)
  } catch {
    return undefined
  }
}

export function bywayAddressOf (application: PeerId): Multiaddr {
  return multiaddr(`/${NAME}/p2p/${application.toString()}`)
}

/** To listen on, with or without a forwarder. */
export function listenAddress (forwarder?: Multiaddr): Multiaddr {
  return forwarder === undefined ? multiaddr(`/${NAME}`) : forwarder.encapsulate(`/${NAME}`)
}
