/** `/byway/exchange/1.0.0` as its two ends see it: exchanges on one long-lived stream for each RSP that asks. */
import { BywayError, errorOfStatus, STATUS_INTERNAL, statusOf } from '../errors.ts'
import { failureBody, printable } from '../framing.ts'
import { FRAME_HEADER_BYTES } from '../request-stream/request-stream-protocol.ts'
import { EXCHANGE_DEADLINE_MS, EXCHANGE_PROTOCOL, MAX_BATCH_BYTES, MAX_WAITING } from './constants.ts'
import type { RequestStreamProtocol } from '../request-stream/request-stream-protocol.ts'

export const SUBSCRIBE = 1
export const NEXT = 2

/** A batch's own field header. */
const FIELD_BYTES = 8

export const RSP_EXCHANGES: RequestStreamProtocol = {
  id: EXCHANGE_PROTOCOL,
  maxFrameBytes: MAX_BATCH_BYTES + FIELD_BYTES + FRAME_HEADER_BYTES,
  types: NEXT,
  deadlineMs: EXCHANGE_DEADLINE_MS,
  maxWaiting: MAX_WAITING,
  answersStaySmall: false,
  decodeFailure: (status, body) => errorOfStatus(status, printable(body)),
  encodeFailure: (error, maxBytes) => failureBody(error instanceof BywayError && statusOf(error) !== STATUS_INTERNAL ? error.message : 'internal error').subarray(0, maxBytes)
}
