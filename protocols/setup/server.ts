/** A node's side of `/byway/setup/1.0.0`, up to the meaning. */
import { serveRequestStreams } from '../request-stream/request-stream-server.ts'
import { SETUP_EXCHANGES } from './setup-protocol.ts'
import type { ExchangeAnswer, ExchangeCaller, ExchangeHandlers, ExchangeRequest, ServeRequestStreamsOptions } from '../request-stream/request-stream-server.ts'
import type { MessageType } from './constants.ts'
import type { Registrar } from '@libp2p/interface-internal'

export type SetupAnswer = ExchangeAnswer
export type SetupCaller = ExchangeCaller

export interface SetupRequest extends ExchangeRequest {
  type: MessageType
}

export interface SetupHandlers extends Pick<ExchangeHandlers, 'admit'> {
  handle: (request: SetupRequest, caller: SetupCaller) => Promise<SetupAnswer> | SetupAnswer
}

/** Gives the function that unregisters the protocol and ends what runs (UNAVAILABLE). */
export async function serveSetup (registrar: Registrar, handlers: SetupHandlers, options?: ServeRequestStreamsOptions): Promise<() => Promise<void>> {
  return await serveRequestStreams(registrar, SETUP_EXCHANGES, {
    admit: handlers.admit,
    // no other types come through
    handle: (request, caller) => handlers.handle(request as SetupRequest, caller)
  }, options)
}
