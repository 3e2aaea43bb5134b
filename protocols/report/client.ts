/** The RSP's side of the report protocol: asks a forwarder to watch links, and reads its reports. */
import { MalformedMessageError } from '../errors.ts'
import { request, subscribe } from '../request-response.ts'
import { openReport, REPORT_METHOD } from './codec.ts'
import { SUBSCRIPTION_IDLE_MS } from './constants.ts'
import type { ExchangeOptions } from '../request-response.ts'
import type { ReportResponse, SubscribeRequest, VerifiedReport, WatchRequest, WatchResult } from './codec.ts'
import type { Connection, PeerId } from '@libp2p/interface'

export interface SubscribeReportsOptions extends ExchangeOptions {
  /** the forwarder whose reports these must be */
  expectedPeer: PeerId
  /** Unix time, ms */
  now: () => number
  /** longest silence; the default is three heartbeats */
  idleMs?: number
  /**
   * resolves when the next report may be looked at, also one that turns out to be nothing new: to check a signature costs
   * more than to send it, and who waits here stops reading. Default: at once
   */
  turn?: () => Promise<void>
}

/** Replaces what this RSP had asked of the forwarder before; ask again before the lease ends. */
export async function watch (connection: Connection, wanted: WatchRequest, options?: ExchangeOptions): Promise<WatchResult> {
  const response = await request(connection, REPORT_METHOD, { watch: wanted }, options)
  if (!('watch' in response)) {
    throw new MalformedMessageError('a report came where the result of a watch was expected')
  }
  const { refused } = response.watch
  const stray = refused.find(({ index }) => index >= wanted.targets.length)
  if (stray != null) {
    throw new MalformedMessageError(`target ${stray.index} is refused but only ${wanted.targets.length} were named`)
  }
  return response.watch
}

/**
 * Reports of one forwarder, the first one full, sequences rising: one that was overtaken
 * is passed over. An invalid report ends it with the typed error; subscribe anew, or
 * leave the forwarder. `return()` ends it at once.
 */
export function subscribeReports (
  connection: Connection,
  wanted: SubscribeRequest,
  { expectedPeer, now, idleMs = SUBSCRIPTION_IDLE_MS, turn, ...options }: SubscribeReportsOptions
): AsyncGenerator<VerifiedReport> {
  const responses = subscribe(connection, REPORT_METHOD, { subscribe: wanted }, { idleMs, ...options })
  const reports = opened(responses, { expectedPeer, now, turn })
  const finish = reports.return.bind(reports)
  reports.return = async value => {
    // wakes a next() that waits for the forwarder, behind which finish() would queue
    await responses.return(undefined)
    return await finish(value)
  }
  return reports
}

async function * opened (
  responses: AsyncIterable<ReportResponse>,
  { expectedPeer, now, turn }: Pick<SubscribeReportsOptions, 'expectedPeer' | 'now' | 'turn'>
): AsyncGenerator<VerifiedReport> {
  let last: bigint | undefined

  for await (const response of responses) {
    if (!('report' in response)) {
      throw new MalformedMessageError('the result of a watch came where a report was expected')
    }
    await turn?.()
    const report = await openReport(response.report, { expectedPeer, nowMs: now() })
    if (last == null && !report.full) {
      throw new MalformedMessageError('the first report of a subscription must be a full one')
    }
    if (last == null || report.sequence > last) {
      last = report.sequence
      yield report
    }
  }
}
