/** A host's or RSP's side of attaching: call `attach` again before the lease is over, `detach` when it is not needed any more. */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { request } from '../request-response.ts'
import { AttachRequest, attachMethod } from './codec.ts'
import { DEFAULT_LEASE_MS } from './constants.ts'
import type { AttachResponse } from './codec.ts'
import type { ExchangeOptions } from '../request-response.ts'
import type { Connection } from '@libp2p/interface'

export interface AttachInit {
  /** Sealed, of the identity that attaches; the forwarder serves it to others */
  descriptor: Uint8Array
  /** 60 s unless said; the forwarder may grant less */
  leaseMs?: number
  /** Ask for a provider record in the DHT */
  advertise?: boolean
}

/** Attaches, or refreshes an attachment. The lease begins when the request arrives: count from before the call. */
export async function attach (connection: Connection, { descriptor, leaseMs = DEFAULT_LEASE_MS, advertise = false }: AttachInit, options: ExchangeOptions = {}): Promise<AttachResponse> {
  const response = await request(connection, attachMethod, {
    operation: AttachRequest.Operation.ATTACH,
    descriptor: withArrayBuffer(descriptor),
    leaseMs,
    advertise
  }, options)
  if (response.leaseMs === 0) {
    throw new MalformedMessageError(`${connection.remotePeer} granted an attachment of no duration`)
  }
  return response
}

/** Ends the attachment; also right if there is none. */
export async function detach (connection: Connection, options: ExchangeOptions = {}): Promise<AttachResponse> {
  return await request(connection, attachMethod, {
    operation: AttachRequest.Operation.DETACH,
    descriptor: new Uint8Array(0),
    leaseMs: 0,
    advertise: false
  }, options)
}
