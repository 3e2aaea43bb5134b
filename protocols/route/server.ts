/** The RSP's side of the route protocol. What is answered, and signed, is decided in the handler. */
import { serve } from '../request-response.ts'
import { ROUTE_METHOD } from './codec.ts'
import type { Caller, ServeOptions } from '../request-response.ts'
import type { DigestedQuery } from './codec.ts'
import type { SignedOffers } from './offer.ts'
import type { Registrar } from '@libp2p/interface-internal'

/**
 * `query.digest` is what the offers must carry (`signOffers`). Where there is no path the
 * handler throws NotFoundError; the other errors of protocols/errors.ts reach the host too.
 */
export type RouteHandler = (query: DigestedQuery, caller: Caller) => Promise<SignedOffers>

/** Resolves when the protocol is served; call the result to stop. */
export async function serveRoutes (registrar: Registrar, handler: RouteHandler, options?: ServeOptions): Promise<() => Promise<void>> {
  return await serve(registrar, ROUTE_METHOD, handler, options)
}
