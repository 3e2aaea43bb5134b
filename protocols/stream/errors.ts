// What can go wrong with reliable streams, beside malformed bytes.
import { BywayError, OverQuotaError } from '../errors.ts'

export type StreamViolation = 'flow-control' | 'final-size' | 'stream-limit' | 'unknown-stream' | 'unsent-packet'

/** The peer broke a rule of protocols/stream/README.md. The channel is closed with the reason *protocol error*. */
export class StreamViolationError extends BywayError {
  override name = 'StreamViolationError'
  readonly code: string = 'STREAM_VIOLATION'
  readonly violation: StreamViolation

  constructor (violation: StreamViolation, message: string) {
    super(message, { remote: true })
    this.violation = violation
  }
}

/** The stream was given up, by this side or (`remote`) by the other one; `resetCode` is the application's. */
export class StreamResetError extends BywayError {
  override name = 'StreamResetError'
  readonly code: string = 'STREAM_RESET'
  readonly resetCode: number

  constructor (resetCode: number, remote: boolean) {
    super(`the stream was reset ${remote ? 'by the other side' : 'here'} with code ${resetCode}; open another one`, { remote })
    this.resetCode = resetCode
  }
}

/** Nothing more can be sent on this stream: its end or a reset was sent, or its channel is closed. */
export class StreamClosedError extends BywayError {
  override name = 'StreamClosedError'
  readonly code: string = 'STREAM_CLOSED'
}

/** More was written than the stream holds for a slow path. Wait for `drain` after a write that returned false. */
export class SendBufferFullError extends OverQuotaError {
  override name = 'SendBufferFullError'
}

/** The peer allows no more streams now. Close some, or wait for `max streams`. */
export class TooManyStreamsError extends OverQuotaError {
  override name = 'TooManyStreamsError'
}
