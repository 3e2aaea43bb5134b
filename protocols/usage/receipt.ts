/**
 * Receipts: what a forwarder says it has carried on the paths of one RSP, signed page by page, so that an operator can bill it
 * and the RSP can hold the operator to it.
 */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError } from '../errors.ts'
import { checkInteger, checkSafeInteger, checkUint64, MAX_UINT32 } from '../field-checks.ts'
import { decodePeerId, encodePeerId } from '../peer-ids.ts'
import { checkSignature, parseRecord, sealedBytes, sealRecord } from '../signed-record.ts'
import { CLOCK_SKEW_MS, MAX_PAGES, MAX_RECEIPT_BYTES, MAX_ROWS, USAGE_CODEC, USAGE_DOMAIN } from './constants.ts'
import { Receipt } from './usage.pb.ts'
import type { UsageRow as WireRow } from './usage.pb.ts'
import type { RecordKind } from '../signed-record.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const RECEIPT: RecordKind<Receipt> = { name: 'a receipt', domain: USAGE_DOMAIN, codec: USAGE_CODEC, decode: Receipt.decode }

export interface ReceiptRow {
  /** of the path; undefined: of paths that have no row of their own any more */
  pathNumber: number | undefined
  /** the forwarder that they were sent on to; undefined: an end of the path */
  next: PeerId | undefined
  packets: number
  bytes: number
}

export interface ReceiptInit {
  rsp: PeerId
  /** Unix time; all is counted from then on */
  sinceMs: number
  /** above 0; rises with each receipt of the forwarder */
  sequence: bigint
  issuedAtMs: number
  /** of all paths of the RSP: at least the sum of the rows */
  packets: number
  bytes: number
  /** at most 32,768; no path and link twice */
  rows: readonly ReceiptRow[]
}

/** A page whose signature and fields were checked. Its `rows` are those of the page. */
export interface ReceiptPage extends ReceiptInit {
  forwarder: PeerId
  /** rows on the pages before */
  cursor: number
  /** of the next page; undefined: this is the last */
  nextCursor: number | undefined
  /** the signed bytes */
  sealed: Uint8Array
}

export interface VerifiedReceipt extends ReceiptInit {
  forwarder: PeerId
  /** the signed bytes, to keep as proof */
  pages: Uint8Array[]
}

export interface ReceiptExpectation {
  forwarder: PeerId
  rsp: PeerId
  /** Unix time */
  nowMs: number
}

/** Signs the page that begins after so many rows. The receipt must be the same for all its pages. */
export async function sealPage (receipt: ReceiptInit, cursor: number, privateKey: PrivateKey): Promise<Uint8Array> {
  const { rows } = receipt
  if (rows.length > MAX_PAGES * MAX_ROWS || checkInteger(cursor, MAX_UINT32, 'cursor') > rows.length) {
    throw new MalformedMessageError(`page ${cursor} of ${rows.length} rows: a receipt has at most ${MAX_PAGES * MAX_ROWS}, and no page behind its end`)
  }
  const end = cursor + MAX_ROWS
  const payload = Receipt.encode({
    forwarder: encodePeerId(peerIdFromPrivateKey(privateKey)),
    rsp: encodePeerId(receipt.rsp),
    sinceMs: toUint64(receipt.sinceMs, 'since_ms'),
    sequence: checkUint64(receipt.sequence, 'sequence'),
    issuedAtMs: toUint64(receipt.issuedAtMs, 'issued_at_ms'),
    totalPackets: toUint64(receipt.packets, 'total_packets'),
    totalBytes: toUint64(receipt.bytes, 'total_bytes'),
    cursor,
    nextCursor: end < rows.length ? end : 0,
    rows: rows.slice(cursor, end).map(encodeRow)
  })
  return sealRecord(RECEIPT, payload, privateKey)
}

/**
 * Checks one page, from cheap to dear; how old it is, is left to who asked for it.
 *
 * @throws MalformedMessageError, MessageTooLargeError, ExpiredError (from the future), InvalidSignatureError (signature, signer, forwarder or RSP)
 */
export async function openPage (sealed: Uint8Array, { forwarder, rsp, nowMs }: ReceiptExpectation): Promise<ReceiptPage> {
  if (sealed.length > MAX_RECEIPT_BYTES) {
    throw new MessageTooLargeError(`a page of ${sealed.length} bytes: the limit is ${MAX_RECEIPT_BYTES}`)
  }
  const record = parseRecord(RECEIPT, sealed)
  const { signer, message: wire } = record
  if (![signer, decodePeerId(wire.forwarder, 'forwarder')].every((peer) => peer.equals(forwarder))) {
    throw new InvalidSignatureError(`the receipt speaks for, or is signed by, another forwarder than ${forwarder.toString()}`)
  }
  if (!decodePeerId(wire.rsp, 'rsp').equals(rsp)) {
    throw new InvalidSignatureError(`the receipt is for another RSP than ${rsp.toString()}`)
  }
  const page = decodePage(wire)
  if (page.issuedAtMs > nowMs + CLOCK_SKEW_MS) {
    throw new ExpiredError(`the receipt is from ${page.issuedAtMs - nowMs} ms in the future: compare the clocks`)
  }
  await checkSignature(RECEIPT, record)

  return { ...page, forwarder, rsp, sealed: sealedBytes(record) }
}

/**
 * Checks the pages of one receipt, in their order: nothing is missing, and nothing is said twice. Throws what `openPage` throws,
 * and MalformedMessageError for pages that are not one receipt.
 */
export async function verifyReceipt (sealed: readonly Uint8Array[], expected: ReceiptExpectation): Promise<VerifiedReceipt> {
  const pages: ReceiptPage[] = []
  for (const page of sealed.slice(0, MAX_PAGES + 1)) {
    pages.push(await openPage(page, expected))
  }
  return joinPages(pages)
}

/** @throws MalformedMessageError for pages that are not all of one receipt, in their order */
export function joinPages (pages: readonly ReceiptPage[]): VerifiedReceipt {
  const rows: ReceiptRow[] = []
  for (const [i, page] of pages.entries()) {
    const isLast = i === pages.length - 1
    if (!isOfOneReceipt(page, pages[0]) || page.cursor !== rows.length || (page.nextCursor === undefined) !== isLast) {
      throw new MalformedMessageError('the pages are not all those of one receipt: fetch it again')
    }
    rows.push(...page.rows)
  }
  if (pages.length === 0 || pages.length > MAX_PAGES) {
    throw new MalformedMessageError(`a receipt has 1 to ${MAX_PAGES} pages, not ${pages.length}`)
  }
  checkRows(rows, pages[0])
  const { forwarder, rsp, sinceMs, sequence, issuedAtMs, packets, bytes } = pages[0]

  return { forwarder, rsp, sinceMs, sequence, issuedAtMs, packets, bytes, rows, pages: pages.map((page) => page.sealed) }
}

function isOfOneReceipt (a: ReceiptPage, b: ReceiptPage): boolean {
  return a.sequence === b.sequence && a.sinceMs === b.sinceMs && a.issuedAtMs === b.issuedAtMs && a.packets === b.packets &&
    a.bytes === b.bytes && a.forwarder.equals(b.forwarder) && a.rsp.equals(b.rsp)
}

function checkRows (rows: readonly ReceiptRow[], total: { packets: number, bytes: number }): void {
  const names = new Set(rows.map(({ pathNumber, next }) => `${pathNumber ?? ''} ${next?.toString() ?? ''}`))
  if (names.size < rows.length) {
    throw new MalformedMessageError('the receipt names a path and link twice')
  }
  const sum = (of: (row: ReceiptRow) => number): number => rows.reduce((so, row) => so + of(row), 0)
  if (sum(({ packets }) => packets) > total.packets || sum(({ bytes }) => bytes) > total.bytes) {
    throw new MalformedMessageError('the rows of the receipt are more than its total')
  }
}

function decodePage (wire: Receipt): Omit<ReceiptPage, 'forwarder' | 'rsp' | 'sealed'> {
  const { cursor, nextCursor, sequence } = wire
  const [sinceMs, issuedAtMs] = [checkSafeInteger(wire.sinceMs, 'since_ms'), checkSafeInteger(wire.issuedAtMs, 'issued_at_ms')]
  if (sequence === 0n || sinceMs > issuedAtMs) {
    throw new MalformedMessageError('a receipt has a number above 0, and is issued after what it counts')
  }
  if (nextCursor !== 0 && (wire.rows.length === 0 || nextCursor !== cursor + wire.rows.length)) {
    throw new MalformedMessageError(`page ${cursor} with ${wire.rows.length} rows cannot be followed by page ${nextCursor}`)
  }
  return {
    sinceMs,
    sequence,
    issuedAtMs,
    packets: checkSafeInteger(wire.totalPackets, 'total_packets'),
    bytes: checkSafeInteger(wire.totalBytes, 'total_bytes'),
    cursor,
    nextCursor: nextCursor === 0 ? undefined : nextCursor,
    rows: wire.rows.map(decodeRow)
  }
}

function encodeRow ({ pathNumber, next, packets, bytes }: ReceiptRow): WireRow {
  return {
    pathNumber: pathNumber === undefined ? undefined : checkInteger(pathNumber, MAX_UINT32, 'path_number'),
    next: next === undefined ? new Uint8Array(0) : encodePeerId(next),
    packets: toUint64(packets, 'packets'),
    bytes: toUint64(bytes, 'bytes')
  }
}

function decodeRow ({ pathNumber, next, packets, bytes }: WireRow, i: number): ReceiptRow {
  return {
    pathNumber,
    next: next.length === 0 ? undefined : decodePeerId(next, `rows[${i}].next`),
    packets: checkSafeInteger(packets, `rows[${i}].packets`),
    bytes: checkSafeInteger(bytes, `rows[${i}].bytes`)
  }
}

function toUint64 (value: number, field: string): bigint {
  return BigInt(checkSafeInteger(value, field))
}
