// Dialling where a verified descriptor says that its peer is.
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** The open connection to the peer, or a new one. */
export async function connectTo (connectionManager: ConnectionManager, descriptor: VerifiedDescriptor, signal: AbortSignal): Promise<Connection> {
  const existing = connectionManager.getConnections(descriptor.peer).find(({ status }) => status === 'open')
  if (existing !== undefined) {
    return existing
  }
  const addresses = ownAddresses(descriptor).map((address) => address.encapsulate(`/p2p/${descriptor.peer.toString()}`))
  return connectionManager.openConnection(addresses.length === 0 ? descriptor.peer : addresses, { signal })
}

/**
 * Where the peer that signed says that it is itself. What it says of its other endpoints, which have not signed, is nobody's to believe: it
 * could send all dials for a peer elsewhere.
 */
export function ownAddresses ({ peer: self, endpoints }: VerifiedDescriptor): Multiaddr[] {
  return endpoints.flatMap(({ peer, addresses }) => peer.equals(self) ? addresses : [])
}
