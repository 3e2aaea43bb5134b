/** `/byway/route/1.0.0` as its two ends see it: exchanges on one long-lived stream for each host. */
import { BywayError, errorOfStatus, STATUS_INTERNAL, statusOf } from '../errors.ts'
import { failureBody, printable } from '../framing.ts'
import { FRAME_HEADER_BYTES } from '../request-stream/request-stream-protocol.ts'
import { MAX_RESPONSE_BYTES, MAX_WAITING, ROUTE_DEADLINE_MS, ROUTE_PROTOCOL } from './constants.ts'
import type { RequestStreamProtocol } from '../request-stream/request-stream-protocol.ts'

/** Types of requests. */
export const QUERY = 1
export const WATCH = 2

export const ROUTE_EXCHANGES: RequestStreamProtocol = {
  id: ROUTE_PROTOCOL,
  maxFrameBytes: MAX_RESPONSE_BYTES + FRAME_HEADER_BYTES,
  types: WATCH,
  deadlineMs: ROUTE_DEADLINE_MS,
  maxWaiting: MAX_WAITING,
  answersStaySmall: false,
  decodeFailure: (status, body) => errorOfStatus(status, printable(body)),
  encodeFailure: (error, maxBytes) => failureBody(error instanceof BywayError && statusOf(error) !== STATUS_INTERNAL ? error.message : 'internal error').subarray(0, maxBytes)
}
