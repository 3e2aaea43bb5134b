/**
 * What a protocol with many exchanges on one long-lived stream is to its two ends: request-stream.ts for the dialler,
 * request-stream-server.ts for the listener. Frames are those of frames.ts.
 */
import type { BywayError } from '../errors.ts'

export interface RequestStreamProtocol {
  /** Protocol id, as negotiated */
  id: string
  /** Of a frame, header included; at most 65,535 */
  maxFrameBytes: number
  /** Requests are of the types 1 to this */
  types: number
  /** Of one exchange, unless said otherwise */
  deadlineMs: number
  /** Exchanges of one stream that may wait for their answers */
  maxWaiting: number
  /** No answer is larger than its request: for callers that have proved nothing */
  answersStaySmall: boolean
  /** The error that an answer with a status other than 0 stands for */
  decodeFailure: (status: number, body: Uint8Array) => BywayError
  /** Body of the answer that tells of an error; at most so many bytes, even none */
  encodeFailure: (error: unknown, maxBytes: number) => Uint8Array
}

/** What a frame begins with: length, type, status, exchange */
export const FRAME_HEADER_BYTES = 8
