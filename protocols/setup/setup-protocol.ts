/** `/byway/setup/1.0.0` as its two ends see it: exchanges on long-lived streams, whose answers are never larger than what they answer. */
import { BywayError, statusOf, STATUS_INTERNAL } from '../errors.ts'
import { DEADLINE_MS, MAX_FRAME_BYTES, MAX_WAITING, MessageType, SETUP_PROTOCOL } from './constants.ts'
import { failureOfAnswer, SetupFailedError } from './errors.ts'
import { encodeFailure } from './failure.ts'
import type { RequestStreamProtocol } from '../request-stream/request-stream-protocol.ts'

export const SETUP_EXCHANGES: RequestStreamProtocol = {
  id: SETUP_PROTOCOL,
  maxFrameBytes: MAX_FRAME_BYTES,
  types: MessageType.remove,
  deadlineMs: DEADLINE_MS,
  maxWaiting: MAX_WAITING,
  answersStaySmall: true,
  decodeFailure: failureOfAnswer,
  encodeFailure: failureBody
}

function failureBody (error: unknown, maxBytes: number): Uint8Array {
  const { index, challenge } = error instanceof SetupFailedError ? error : { index: 0, challenge: undefined }
  const message = error instanceof BywayError && statusOf(error) !== STATUS_INTERNAL ? error.message : 'internal error'
  try {
    return encodeFailure({ index, message, challenge }, maxBytes)
  } catch {
    return new Uint8Array(0) // an index or a challenge that cannot be: the status says enough
  }
}
