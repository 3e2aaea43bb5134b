/** The RSP's side of the route protocol. What is answered, and signed, is decided in the handler. */
import { bounded, decoded } from '../method.ts'
import { serveRequestStreams } from '../request-stream/request-stream-server.ts'
import { decodeRequest, encodeAnswer } from './codec.ts'
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from './constants.ts'
import { ROUTE_EXCHANGES } from './route-protocol.ts'
import type { ExchangeCaller, ServeRequestStreamsOptions } from '../request-stream/request-stream-server.ts'
import type { DigestedQuery } from './codec.ts'
import type { SignedOffers } from './offer.ts'
import type { Registrar } from '@libp2p/interface-internal'

/**
 * `query.digest` is what the offers must carry (`signOffers`). Where there is no path the
 * handler throws NotFoundError; the other errors of protocols/errors.ts reach the host too.
 */
export type RouteHandler = (query: DigestedQuery, caller: ExchangeCaller) => Promise<SignedOffers>

/** Resolves when the protocol is served; call the result to stop. */
export async function serveRoutes (registrar: Registrar, handler: RouteHandler, options?: ServeRequestStreamsOptions): Promise<() => Promise<void>> {
  return await serveRequestStreams(registrar, ROUTE_EXCHANGES, {
    handle: async ({ body }, caller) => {
      const query = decoded(() => decodeRequest(bounded(body, MAX_REQUEST_BYTES, 'request')), 'request')
      return { body: bounded(encodeAnswer(await handler(query, caller)), MAX_RESPONSE_BYTES, 'response') }
    }
  }, options)
}
