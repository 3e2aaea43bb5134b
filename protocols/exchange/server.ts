/** The telling RSP's side of the exchange protocol. Who may ask, and for how much, is decided in the handlers. */
import { bounded, decoded } from '../method.ts'
import { serveRequestStreams } from '../request-stream/request-stream-server.ts'
import { decodeNext, decodeSubscribe, encodeNextBatch, encodeSubscribed } from './codec.ts'
import { MAX_BATCH_BYTES, MAX_REQUEST_BYTES } from './constants.ts'
import { RSP_EXCHANGES, SUBSCRIBE } from './exchange-protocol.ts'
import type { ExchangeCaller, ServeRequestStreamsOptions } from '../request-stream/request-stream-server.ts'
import type { NextRequest, SubscribeAnswer, SubscribeRequest } from './codec.ts'
import type { Registrar } from '@libp2p/interface-internal'

export interface ExchangeServiceHandlers {
  /** May this caller ask now? As of ExchangeHandlers: 0 yes, above 0 after so many ms, below 0 no. */
  admit: (caller: ExchangeCaller) => number
  /** Must check that the descriptor is the caller's and has the role RSP. */
  subscribe: (request: SubscribeRequest, caller: ExchangeCaller) => Promise<SubscribeAnswer>
  /** A sealed batch, or undefined after `waitMs`. Throws NotFoundError without a subscription. */
  next: (request: NextRequest, caller: ExchangeCaller) => Promise<Uint8Array | undefined>
}

/** Resolves when the protocol is served; call the result to stop. */
export async function serveExchange (registrar: Registrar, handlers: ExchangeServiceHandlers, options?: ServeRequestStreamsOptions): Promise<() => Promise<void>> {
  return await serveRequestStreams(registrar, RSP_EXCHANGES, {
    admit: (caller) => handlers.admit(caller),
    handle: async ({ type, body }, caller) => {
      const bytes = bounded(body, MAX_REQUEST_BYTES, 'request')
      if (type === SUBSCRIBE) {
        return { body: encodeSubscribed(await handlers.subscribe(decoded(() => decodeSubscribe(bytes), 'request'), caller)) }
      }
      const batch = await handlers.next(decoded(() => decodeNext(bytes), 'request'), caller)
      return { body: encodeNextBatch(batch === undefined ? undefined : bounded(batch, MAX_BATCH_BYTES, 'batch')) }
    }
  }, options)
}
