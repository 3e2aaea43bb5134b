/** The RSP's side of the usage protocol: fetches its receipt from a forwarder, all pages of it. */
import { ExpiredError, MalformedMessageError, NotFoundError, UnavailableError } from '../errors.ts'
import { request } from '../request-response.ts'
import { USAGE_METHOD } from './codec.ts'
import { CLOCK_SKEW_MS, MAX_PAGE_AGE_MS, MAX_PAGES } from './constants.ts'
import { joinPages, openPage } from './receipt.ts'
import type { ExchangeOptions } from '../request-response.ts'
import type { PageRequest } from './codec.ts'
import type { ReceiptPage, VerifiedReceipt } from './receipt.ts'
import type { Connection, PeerId } from '@libp2p/interface'

export interface FetchReceiptOptions extends ExchangeOptions {
  /** our own peer id: nobody else's receipt is given to us */
  rsp: PeerId
  /** Unix time, ms */
  now: () => number
}

/**
 * What the connected forwarder has carried on our paths. The deadline is for each page.
 *
 * @throws NotFoundError when it has carried nothing for us; UnavailableError when its receipt gave way to another one twice while its pages were read;
 * ExpiredError when the receipt is an old one; and what `verifyReceipt` throws
 */
export async function fetchReceipt (connection: Connection, options: FetchReceiptOptions): Promise<VerifiedReceipt> {
  const pages = await fetchPages(connection, options) ?? await fetchPages(connection, options)
  if (pages === undefined) {
    throw new UnavailableError('the receipt was not kept while its pages were read: ask again, when nobody else asks for it')
  }
  return joinPages(pages)
}

/** Undefined: it was not kept while its pages were read. */
async function fetchPages (connection: Connection, { rsp, now, ...options }: FetchReceiptOptions): Promise<ReceiptPage[] | undefined> {
  const pages: ReceiptPage[] = []
  let next: PageRequest | undefined
  do {
    const sealed = await fetchPage(connection, next, options)
    if (sealed === undefined) {
      return undefined
    }
    const page = await openPage(sealed, { forwarder: connection.remotePeer, rsp, nowMs: now() })
    checkAge(page, now())
    pages.push(page)
    if (pages.length > MAX_PAGES || page.cursor !== (next?.cursor ?? 0)) {
      throw new MalformedMessageError(`page ${page.cursor} came where ${next?.cursor ?? 0} was asked for, or there are more than ${MAX_PAGES}`)
    }
    next = page.nextCursor === undefined ? undefined : { sequence: page.sequence, cursor: page.nextCursor }
  } while (next !== undefined)
  return pages
}

/** Undefined where a later page is not there any more; of the first one the forwarder says so where it has carried nothing. */
async function fetchPage (connection: Connection, page: PageRequest | undefined, options: ExchangeOptions): Promise<Uint8Array | undefined> {
  try {
    return await request(connection, USAGE_METHOD, { page }, options)
  } catch (error) {
    if (error instanceof NotFoundError && page !== undefined) {
      return undefined
    }
    throw error
  }
}

function checkAge ({ issuedAtMs }: ReceiptPage, nowMs: number): void {
  if (issuedAtMs < nowMs - MAX_PAGE_AGE_MS - CLOCK_SKEW_MS) {
    throw new ExpiredError(`the receipt was issued ${nowMs - issuedAtMs} ms ago: an old one, or the clocks differ`)
  }
}
