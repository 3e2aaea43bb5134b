/** The asking RSP's side of the exchange protocol. */
import { bounded, decoded } from '../method.ts'
import { exchange } from '../request-stream/connection-streams.ts'
import { decodeNextBatch, decodeSubscribed, encodeNext, encodeSubscribe } from './codec.ts'
import { EXCHANGE_DEADLINE_MS, MAX_REQUEST_BYTES } from './constants.ts'
import { NEXT, RSP_EXCHANGES, SUBSCRIBE } from './exchange-protocol.ts'
import { openBatch } from './sealed-batch.ts'
import type { NextRequest, SubscribeAnswer, SubscribeRequest } from './codec.ts'
import type { ExchangeOptions } from '../request-response.ts'
import type { BatchExpectation, VerifiedBatch } from './sealed-batch.ts'
import type { Connection } from '@libp2p/interface'

/** Replaces the subscription that this RSP had there; subscribe again before the lease ends. */
export async function subscribeExchange (connection: Connection, wanted: SubscribeRequest, options?: ExchangeOptions): Promise<SubscribeAnswer> {
  const body = await exchange(connection, RSP_EXCHANGES, SUBSCRIBE, bounded(encodeSubscribe(wanted), MAX_REQUEST_BYTES, 'request'), options)
  return decoded(() => decodeSubscribed(body), 'response')
}

/**
 * What has changed since the batch `after`; undefined: nothing within the time to wait. How its sequence follows that of the last one
 * is for the caller to look at.
 *
 * @throws NotFoundError without a subscription, and what `openBatch` throws
 */
export async function nextBatch (
  connection: Connection,
  { after, waitMs }: NextRequest,
  expected: Omit<BatchExpectation, 'nowMs'> & { now: () => number },
  { signal }: Pick<ExchangeOptions, 'signal'> = {}
): Promise<VerifiedBatch | undefined> {
  const body = await exchange(connection, RSP_EXCHANGES, NEXT, encodeNext({ after, waitMs }), { signal, deadlineMs: EXCHANGE_DEADLINE_MS + waitMs })
  const sealed = decoded(() => decodeNextBatch(body), 'response')
  return sealed === undefined ? undefined : await openBatch(sealed, { ...expected, nowMs: expected.now() })
}
