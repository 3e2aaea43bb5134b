// What forwarders say they have carried on this RSP's paths: their signed receipts, fetched from all that are known.
import { connectTo } from '../discovery/connect.ts'
import { fetchReceipt } from '../../protocols/usage/client.ts'
import { NotFoundError } from '../../protocols/errors.ts'
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

const DEADLINE_MS = 5_000
/** Asked at the same time. */
const SIDE_BY_SIDE = 16

/** One result for each forwarder; one that does not answer costs only itself. */
export async function collectReceipts (forwarders: readonly VerifiedDescriptor[], { rsp, connectionManager }: { rsp: PeerId, connectionManager: ConnectionManager }): Promise<ReceiptResult[]> {
  const results: ReceiptResult[] = []
  for (let at = 0; at < forwarders.length; at += SIDE_BY_SIDE) {
    results.push(...await Promise.all(forwarders.slice(at, at + SIDE_BY_SIDE).map(async (forwarder) => collectOne(forwarder, rsp, connectionManager))))
  }
  return results
}

async function collectOne (descriptor: VerifiedDescriptor, rsp: PeerId, connectionManager: ConnectionManager): Promise<ReceiptResult> {
  const forwarder = descriptor.peer
  try {
    const connection = await connectTo(connectionManager, descriptor, AbortSignal.timeout(DEADLINE_MS))
    return { forwarder, receipt: await fetchReceipt(connection, { rsp, now: Date.now, deadlineMs: DEADLINE_MS }) }
  } catch (error) {
    return error instanceof NotFoundError ? { forwarder } : { forwarder, error: error as Error }
  }
}
