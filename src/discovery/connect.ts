// Dialling where a verified descriptor says that its peer is.
import { CODE_DNSADDR } from '@multiformats/multiaddr'
import { OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import type { Dial } from '../defence/dial-budget.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** As many dials as may be are under way for who asks, or too many of them have failed. */
export class DialPutOffError extends OverQuotaError {
  override readonly name = 'DialPutOffError'

  constructor () {
    super('no more dials are made for who asks just now: wait some seconds')
  }
}

/** Which addresses of a peer, of those that can be dialled from here, may be dialled now; undefined, or none: it has to wait. */
export type DialGrant = (descriptor: VerifiedDescriptor, dialable: Multiaddr[]) => Dial | undefined

/**
 * The open connection to the peer, or a new one.
 *
 * @param grant - default: all of its addresses may be dialled
 * @throws DialPutOffError where there is no connection and none may be dialled now; UnavailableError where a grant is asked and none could be
 */
export async function connectTo (connectionManager: ConnectionManager, descriptor: VerifiedDescriptor, signal: AbortSignal, grant?: DialGrant): Promise<Connection> {
  const existing = connectionManager.getConnections(descriptor.peer).find(({ status }) => status === 'open')
  if (existing !== undefined) {
    return existing
  }
  return grant === undefined ? open(connectionManager, descriptor, ownAddresses(descriptor), signal) : openGranted(connectionManager, descriptor, signal, grant)
}

async function openGranted (connectionManager: ConnectionManager, descriptor: VerifiedDescriptor, signal: AbortSignal, grant: DialGrant): Promise<Connection> {
  const dialable = await dialableOf(connectionManager, ownAddresses(descriptor), signal)
  if (dialable.length === 0) {
    throw new UnavailableError(`none of the addresses of ${descriptor.peer.toString()} can be dialled from here`)
  }
  signal.throwIfAborted()
  const dial = grant(descriptor, dialable)
  if (dial === undefined || dial.addresses.length === 0) {
    throw new DialPutOffError()
  }
  try {
    const connection = await open(connectionManager, descriptor, dial.addresses, signal)
    dial.end(connection.remoteAddr)
    return connection
  } catch (error) {
    dial.end()
    throw error
  }
}

async function open (connectionManager: ConnectionManager, { peer }: VerifiedDescriptor, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<Connection> {
  const named = addresses.map((address) => address.encapsulate(`/p2p/${peer.toString()}`))
  return connectionManager.openConnection(named.length === 0 ? peer : named, { signal })
}

/**
 * Those for which this node has a transport and that its gaters do not deny. Others, as the private ones that many nodes name beside their public ones, must
 * not take the places of the few that are dialled at once; nor may one name stand for many.
 */
async function dialableOf (connectionManager: ConnectionManager, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<Multiaddr[]> {
  const plain = addresses.filter((address) => !isDnsaddr(address))
  const verdicts = await Promise.all(plain.map(async (address) => connectionManager.isDialable(address, { signal })))
  return plain.filter((_, index) => verdicts[index])
}

/** Is there a connection to the peer, or an address of its own at which it can be dialled from here? Nothing is dialled for it, nor looked up: what a name stands for shows when it is. */
export async function canConnect (connectionManager: ConnectionManager, descriptor: VerifiedDescriptor): Promise<boolean> {
  const addresses = ownAddresses(descriptor)
  return connectionManager.getConnections(descriptor.peer).some(({ status }) => status === 'open') || addresses.some(isDnsaddr) || connectionManager.isDialable(addresses)
}

/**
 * Where the peer that signed says that it is itself. What it says of its other endpoints, which have not signed, is nobody's to believe: it
 * could send all dials for a peer elsewhere.
 */
export function ownAddresses ({ peer: self, endpoints }: VerifiedDescriptor): Multiaddr[] {
  return endpoints.flatMap(({ peer, addresses }) => peer.equals(self) ? addresses : [])
}

function isDnsaddr (address: Multiaddr): boolean {
  return address.getComponents().some(({ code }) => code === CODE_DNSADDR)
}
