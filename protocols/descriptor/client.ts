/** Asks a peer for descriptors and believes nothing in the answer that is not signed by whom it speaks of. */
import { BywayError, InvalidSignatureError, NotFoundError } from '../errors.ts'
import { request } from '../request-response.ts'
import { openBinding } from '../identity/codec.ts'
import { openDescriptor } from './codec.ts'
import { MAX_RESPONSE_ENTRIES } from './constants.ts'
import { descriptorMethod } from './method.ts'
import type { VerifiedBinding } from '../identity/codec.ts'
import type { VerifiedDescriptor } from './codec.ts'
import type { RoleName } from './fields.ts'
import type { ExchangeOptions } from '../request-response.ts'
import type { Connection, PeerId } from '@libp2p/interface'

export interface FetchOptions extends ExchangeOptions {
  nowMs: number
  network: string
}

/** The descriptor of the identity that the connected peer is, or is a process of. */
export async function fetchSelf (connection: Connection, options: FetchOptions): Promise<VerifiedDescriptor> {
  const { remotePeer } = connection
  const [bytes] = await request(connection, descriptorMethod, { kind: 'self' }, options)
  const descriptor = await openFirst(bytes, remotePeer, options)
  const isProcess = descriptor.endpoints.some(({ peer }) => peer.equals(remotePeer))
  if (!descriptor.peer.equals(remotePeer) && !isProcess) {
    throw new InvalidSignatureError(`${remotePeer} served the descriptor of ${descriptor.peer}, which does not name it`)
  }
  return descriptor
}

export interface FetchRoleOptions extends FetchOptions {
  /** Bytes that the caller has verified already are left out: a signature check is the dearest part of the answer. */
  isKnown?: (bytes: Uint8Array) => boolean
}

/**
 * What the peer knows of a role: at most `limit`, one for each identity, the one with the highest sequence.
 * Entries that are invalid or of another role are dropped.
 */
export async function fetchRole (connection: Connection, role: RoleName, limit: number, options: FetchRoleOptions): Promise<VerifiedDescriptor[]> {
  const bounded = Math.max(1, Math.min(limit, MAX_RESPONSE_ENTRIES))
  const list = await request(connection, descriptorMethod, { kind: 'role', role, limit: bounded }, options)
  const newest = new Map<string, VerifiedDescriptor>()
  for (const bytes of list.slice(0, bounded)) {
    if (options.isKnown?.(bytes) === true) {
      continue
    }
    const descriptor = await openOrDrop(bytes, options)
    if (descriptor?.roles.has(role) !== true) {
      continue
    }
    const key = descriptor.peer.toString()
    const known = newest.get(key)
    if (known == null || known.sequence < descriptor.sequence) {
      newest.set(key, descriptor)
    }
  }
  return [...newest.values()]
}

/** What the connected peer knows of another. Throws NotFoundError if that is nothing. */
export async function fetchPeer (connection: Connection, peer: PeerId, options: FetchOptions): Promise<VerifiedDescriptor> {
  const [bytes] = await request(connection, descriptorMethod, { kind: 'peer', peer }, options)
  return await openFirst(bytes, connection.remotePeer, { ...options, expectedPeer: peer })
}

/** The descriptor of a host that says to speak for the application, with its binding checked. Throws NotFoundError if the peer knows of none. */
export async function fetchApplication (connection: Connection, application: PeerId, options: FetchOptions): Promise<{ descriptor: VerifiedDescriptor, binding: VerifiedBinding }> {
  const [bytes] = await request(connection, descriptorMethod, { kind: 'application', application }, options)
  const descriptor = await openFirst(bytes, connection.remotePeer, options)
  const binding = await openBinding(descriptor.host?.binding ?? new Uint8Array(), { ...options, underlay: descriptor.peer, application })
  return { descriptor, binding }
}

async function openFirst (bytes: Uint8Array | undefined, server: PeerId, options: FetchOptions & { expectedPeer?: PeerId }): Promise<VerifiedDescriptor> {
  if (bytes == null) {
    throw new NotFoundError(`${server} answered without a descriptor`)
  }
  return await openDescriptor(bytes, options)
}

async function openOrDrop (bytes: Uint8Array, options: FetchOptions): Promise<VerifiedDescriptor | undefined> {
  try {
    return await openDescriptor(bytes, options)
  } catch (error) {
    if (error instanceof BywayError) {
      return undefined
    }
    throw error
  }
}
