// A forwarder and an RSP with fixed keys, and what one has carried for the other. Same bytes in every run.
import { NOW_MS, peersFrom } from '../report/samples.ts'
import type { ReceiptInit, ReceiptRow } from '../../../protocols/usage/receipt.ts'

export { FORWARDER, FORWARDER_KEY, keyOf, NOW_MS, peersFrom } from '../report/samples.ts'

export const [RSP, NEXT, STRANGER] = await peersFrom(20, 3)

export function sampleRow (change: Partial<ReceiptRow> = {}): ReceiptRow {
  return { pathNumber: 4_000_000_000, next: NEXT, packets: 12, bytes: 3_456, ...change }
}

export function sampleReceipt (change: Partial<ReceiptInit> = {}): ReceiptInit {
  return {
    rsp: RSP,
    sinceMs: NOW_MS - 3_600_000,
    sequence: 17n,
    issuedAtMs: NOW_MS,
    packets: 1_000,
    bytes: 200_000,
    rows: [sampleRow(), sampleRow({ next: undefined, packets: 3 }), sampleRow({ pathNumber: 0 }), sampleRow({ pathNumber: undefined, bytes: 150_000 })],
    ...change
  }
}

/** A receipt of so many rows, whose totals are their sums. */
export function longReceipt (count: number): ReceiptInit {
  const rows = Array.from({ length: count }, (_, i) => sampleRow({ pathNumber: i, packets: 1, bytes: i }))
  return sampleReceipt({ rows, packets: count, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) })
}
