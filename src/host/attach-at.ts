// Attaching to a forwarder of which only the address is known.
import { NotAuthorizedError, UnavailableError } from '../../protocols/errors.ts'
import { fetchSelf } from '../../protocols/descriptor/client.ts'
import type { AccessSet } from './access-set.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

const DEADLINE_MS = 4_000

/**
 * Until `access.release(askedBy)`.
 *
 * @throws NotAuthorizedError when it is no forwarder, UnavailableError when it does not take us; what dialling throws
 */
export async function attachAt (address: Multiaddr, askedBy: object, signal: AbortSignal, { connectionManager, discovery, access }: {
  connectionManager: ConnectionManager
  discovery: Discovery
  access: AccessSet
}): Promise<void> {
  const connection = await connectionManager.openConnection(address, { signal })
  const descriptor = await fetchSelf(connection, { ...discovery.verification, signal })
  if (!descriptor.roles.has('forwarder')) {
    throw new NotAuthorizedError(`${descriptor.peer} at ${address} is no forwarder`)
  }
  discovery.learn(descriptor)
  if (!await access.attachTo(descriptor, DEADLINE_MS, askedBy)) {
    throw new UnavailableError(`the forwarder ${descriptor.peer} did not take us in time`)
  }
}
