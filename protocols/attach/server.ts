/** A forwarder's side of attaching, up to the meaning: the table of leases is the handler's. */
import { serve } from '../request-response.ts'
import { AttachRequest, attachMethod } from './codec.ts'
import { DEFAULT_LEASE_MS, MAX_LEASE_MS } from './constants.ts'
import type { AttachResponse } from './codec.ts'
import type { Caller, ServeOptions } from '../request-response.ts'
import type { Registrar } from '@libp2p/interface-internal'

/**
 * The request has a lease of 1 to MAX_LEASE_MS if it is an ATTACH. Its descriptor is still to be opened, with
 * `expectedPeer: caller.peer`.
 */
export type AttachHandler = (request: AttachRequest, caller: Caller) => Promise<AttachResponse>

/** Gives the function that unregisters the protocol. */
export async function serveAttach (registrar: Registrar, handler: AttachHandler, options: ServeOptions = {}): Promise<() => Promise<void>> {
  return await serve(registrar, attachMethod, async (request, caller) => {
    if (request.operation === AttachRequest.Operation.DETACH) {
      return await handler(request, caller)
    }
    const leaseMs = request.leaseMs === 0 ? DEFAULT_LEASE_MS : Math.min(request.leaseMs, MAX_LEASE_MS)
    return await handler({ ...request, leaseMs }, caller)
  }, options)
}
