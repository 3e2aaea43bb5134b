// Dialling where a verified descriptor says that its peer is.
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** The open connection to the peer, or a new one. */
export async function connectTo (connectionManager: ConnectionManager, descriptor: VerifiedDescriptor, signal: AbortSignal): Promise<Connection> {
  const existing = connectionManager.getConnections(descriptor.peer).find(({ status }) => status === 'open')
  if (existing !== undefined) {
    return existing
  }
  return connectionManager.openConnection(descriptor.endpoints.flatMap(({ peer, addresses }) =>
    addresses.map((address) => address.encapsulate(`/p2p/${peer.toString()}`))), { signal })
}
