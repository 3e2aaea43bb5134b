/** The forwarder's side of the usage protocol, up to what it has counted. */
import { serve } from '../request-response.ts'
import { USAGE_METHOD } from './codec.ts'
import type { Caller, ServeOptions } from '../request-response.ts'
import type { UsageRequest } from './codec.ts'
import type { Registrar } from '@libp2p/interface-internal'

/** A signed page (receipt.ts) about the paths of `caller.peer`, and of nobody else. */
export type UsageHandler = (request: UsageRequest, caller: Caller) => Promise<Uint8Array>

/** Gives the function that unregisters the protocol. */
export async function serveUsage (registrar: Registrar, handler: UsageHandler, options: ServeOptions = {}): Promise<() => Promise<void>> {
  return await serve(registrar, USAGE_METHOD, handler, options)
}
