/** The RSP's side of the route protocol. What is answered, and signed, is decided in the handler. */
import { MalformedMessageError } from '../errors.ts'
import { bounded, decoded } from '../method.ts'
import { serveRequestStreams } from '../request-stream/request-stream-server.ts'
import { decodeRequest, encodeAnswer } from './codec.ts'
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from './constants.ts'
import { QUERY, ROUTE_EXCHANGES } from './route-protocol.ts'
import { decodeWatch, encodeWatchAnswer } from './watch.ts'
import type { ExchangeCaller, ServeRequestStreamsOptions } from '../request-stream/request-stream-server.ts'
import type { DigestedQuery, RouteAnswer } from './codec.ts'
import type { ReceivedWatch, WatchAnswer } from './watch.ts'
import type { Registrar } from '@libp2p/interface-internal'

/**
 * `query.digest` is what the offers must carry (`signOffers`). Where there is no path the
 * handler throws NotFoundError; the other errors of protocols/errors.ts reach the host too.
 */
export type RouteHandler = (query: DigestedQuery, caller: ExchangeCaller) => Promise<RouteAnswer>

/** Resolves when there is something to tell, or at the end of the watch's life. */
export type WatchHandler = (watch: ReceivedWatch, caller: ExchangeCaller) => Promise<WatchAnswer>

export interface ServeRoutesOptions extends ServeRequestStreamsOptions {
  /** Default: standing queries are refused. */
  watch?: WatchHandler
  /** How long, in ms, the caller's next request is to wait; 0: not at all. It is asked again then. Default: nobody waits. */
  admit?: (caller: ExchangeCaller) => number
}

/** Resolves when the protocol is served; call the result to stop. */
export async function serveRoutes (registrar: Registrar, handler: RouteHandler, options: ServeRoutesOptions = {}): Promise<() => Promise<void>> {
  const watch = options.watch ?? (async () => { throw new MalformedMessageError('this RSP keeps no standing queries') })
  return await serveRequestStreams(registrar, ROUTE_EXCHANGES, {
    admit: (caller) => options.admit?.(caller) ?? 0,
    handle: async ({ type, body }, caller) => {
      bounded(body, MAX_REQUEST_BYTES, 'request')
      if (type !== QUERY) {
        return { body: encodeWatchAnswer(await watch(decoded(() => decodeWatch(body), 'request'), caller)) }
      }
      const query = decoded(() => decodeRequest(body), 'request')
      return { body: bounded(encodeAnswer(await handler(query, caller)), MAX_RESPONSE_BYTES, 'response') }
    }
  }, options)
}
