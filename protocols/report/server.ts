/** The forwarder's side of the report protocol. Who may ask, and for how much, is decided in the handlers. */
import { serve } from '../request-response.ts'
import { REPORT_METHOD } from './codec.ts'
import type { Caller, ServeOptions } from '../request-response.ts'
import type { ReportResponse, SubscribeRequest, WatchRequest, WatchResult } from './codec.ts'
import type { Registrar } from '@libp2p/interface-internal'

export interface ReportHandlers {
  /** Must check that the descriptor is the caller's and has the role RSP. */
  watch: (request: WatchRequest, caller: Caller) => Promise<WatchResult>
  /** Sealed reports, a full one first; must check the descriptor as `watch` does, and end when `caller.signal` aborts. */
  subscribe: (request: SubscribeRequest, caller: Caller) => AsyncIterable<Uint8Array>
}

/** Resolves when the protocol is served; call the result to stop. */
export async function serveReports (registrar: Registrar, handlers: ReportHandlers, options?: ServeOptions): Promise<() => Promise<void>> {
  return await serve(registrar, REPORT_METHOD, (request, caller) => 'watch' in request
    ? answer(handlers.watch(request.watch, caller))
    : stream(handlers.subscribe(request.subscribe, caller)), options)
}

async function answer (result: Promise<WatchResult>): Promise<ReportResponse> {
  return { watch: await result }
}

async function * stream (reports: AsyncIterable<Uint8Array>): AsyncGenerator<ReportResponse> {
  for await (const report of reports) {
    yield { report }
  }
}
