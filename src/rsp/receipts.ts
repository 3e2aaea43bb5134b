// What forwarders say they have carried on this RSP's paths: their signed receipts, fetched from all that are known.
import { connectTo } from '../discovery/connect.ts'
import { fetchReceipt } from '../../protocols/usage/client.ts'
import { DeadlineError, NotFoundError } from '../../protocols/errors.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { VerifiedReceipt } from '../../protocols/usage/receipt.ts'
import type { PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface ReceiptResult {
  forwarder: PeerId
  /** Unset with `error`, and where it has carried nothing. */
  receipt?: VerifiedReceipt
  error?: Error
}

/** Of one forwarder, to be reached and to give all pages: the longest receipts have 3 MB. */
const DEADLINE_MS = 10_000
/** Of all: who waits for them is to hear what was found. */
const DEADLINE_OF_ALL_MS = 50_000
/** Whoever has less time left is not asked: nobody answers within it. */
const LEAST_MS = 20
/** Asked at the same time. */
const SIDE_BY_SIDE = 16

export interface CollectReceiptsInit {
  rsp: PeerId
  connectionManager: ConnectionManager
  /** Default: 10 s. */
  deadlineMs?: number
  /** Default: 50 s. */
  deadlineOfAllMs?: number
}

/** One result for each forwarder, in their order; one that does not answer costs only itself. */
export async function collectReceipts (forwarders: readonly VerifiedDescriptor[], init: CollectReceiptsInit): Promise<ReceiptResult[]> {
  const { deadlineMs = DEADLINE_MS, deadlineOfAllMs = DEADLINE_OF_ALL_MS } = init
  const untilMs = performance.now() + deadlineOfAllMs
  const results: ReceiptResult[] = []
  const queue = forwarders.entries()
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, async () => {
    for (const [at, forwarder] of queue) {
      results[at] = await collectOne(forwarder, init, Math.floor(Math.min(deadlineMs, untilMs - performance.now())))
    }
  }))
  return results
}

async function collectOne (descriptor: VerifiedDescriptor, { rsp, connectionManager }: CollectReceiptsInit, deadlineMs: number): Promise<ReceiptResult> {
  const forwarder = descriptor.peer
  if (deadlineMs < LEAST_MS) {
    return { forwarder, error: new DeadlineError('there was no time to ask it: ask again') }
  }
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const connection = await connectTo(connectionManager, descriptor, signal)
    return { forwarder, receipt: await fetchReceipt(connection, { rsp, now: Date.now, deadlineMs, signal }) }
  } catch (error) {
    if (error instanceof NotFoundError) {
      return { forwarder }
    }
    return { forwarder, error: signal.aborted ? new DeadlineError('it has not given its receipt in time', { cause: error }) : error as Error }
  }
}
