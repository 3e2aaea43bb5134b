/** `/byway/usage/1.0.0` as the request/response engine sees it. The signed receipt itself is in receipt.ts. */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, checkUint64, MAX_UINT32 } from '../field-checks.ts'
import { MAX_RECEIPT_BYTES, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, USAGE_DEADLINE_MS, USAGE_PROTOCOL } from './constants.ts'
import { UsageRequest as WireRequest, UsageResponse } from './usage.pb.ts'
import type { Method } from '../request-response.ts'

/** A further page of a receipt; without it a new receipt is asked for. */
export interface PageRequest {
  sequence: bigint
  /** as the page before says */
  cursor: number
}

export interface UsageRequest {
  page?: PageRequest
}

/** The answer is a signed page: `openPage` opens it. */
export const USAGE_METHOD: Method<UsageRequest, Uint8Array> = {
  protocol: USAGE_PROTOCOL,
  maxRequestBytes: MAX_REQUEST_BYTES,
  maxResponseBytes: MAX_RESPONSE_BYTES,
  deadlineMs: USAGE_DEADLINE_MS,

  encodeRequest: ({ page }) => WireRequest.encode(page === undefined
    ? {}
    : { sequence: checkUint64(page.sequence, 'sequence'), cursor: checkInteger(page.cursor, MAX_UINT32, 'cursor') }),

  decodeRequest (bytes) {
    const { sequence, cursor } = WireRequest.decode(bytes)
    if ((sequence === 0n) !== (cursor === 0)) {
      throw new MalformedMessageError('a page is asked for by the number of its receipt and its cursor, both above 0')
    }
    return sequence === 0n ? {} : { page: { sequence, cursor } }
  },

  encodeResponse: (receipt) => UsageResponse.encode({ receipt: withArrayBuffer(receipt) }),

  decodeResponse (bytes) {
    const { receipt } = UsageResponse.decode(bytes)
    if (receipt.length === 0 || receipt.length > MAX_RECEIPT_BYTES) {
      throw new MalformedMessageError(`a page has 1 to ${MAX_RECEIPT_BYTES} bytes, not ${receipt.length}`)
    }
    return receipt
  }
}
