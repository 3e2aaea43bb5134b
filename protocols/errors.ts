/**
 * Every way in which a control exchange can fail, and the one table that maps
 * these errors to the status bytes of the wire (protocols/request-response.ts).
 *
 * Match by `name` (one class) or by `code` (a class and what extends it): both
 * are stable, `instanceof` is not when two copies of this module are loaded.
 */

export interface BywayErrorOptions extends ErrorOptions {
  /** The failure was reported by the other side; its message is foreign text */
  remote?: boolean
}

/** What all errors of byway extend. */
export abstract class BywayError extends Error {
  override name = 'BywayError'
  /** Names the kind of failure; a class that extends one of those below keeps its code and so its status */
  abstract readonly code: string
  readonly remote: boolean

  constructor (message: string, options: BywayErrorOptions = {}) {
    super(message, options)
    this.remote = options.remote ?? false
  }
}

/** Bytes that are not what the protocol's README says they must be. */
export class MalformedMessageError extends BywayError {
  override name = 'MalformedMessageError'
  readonly code: string = 'MALFORMED'
}

/** A message over the size limit of its protocol. */
export class MessageTooLargeError extends BywayError {
  override name = 'MessageTooLargeError'
  readonly code: string = 'TOO_LARGE'
}

/** The peer is known and may not do this. */
export class NotAuthorizedError extends BywayError {
  override name = 'NotAuthorizedError'
  readonly code: string = 'NOT_AUTHORIZED'
}

/** Too much at once or in too short a time: ask later, or ask another peer. */
export class OverQuotaError extends BywayError {
  override name = 'OverQuotaError'
  readonly code: string = 'OVER_QUOTA'
}

/** The peer does not have what was asked for. */
export class NotFoundError extends BywayError {
  override name = 'NotFoundError'
  readonly code: string = 'NOT_FOUND'
}

/** The peer cannot be reached, went away, or cannot answer now. */
export class UnavailableError extends BywayError {
  override name = 'UnavailableError'
  readonly code: string = 'UNAVAILABLE'
}

/** No result within the deadline, ours or (`remote`) the peer's. */
export class DeadlineError extends BywayError {
  override name = 'DeadlineError'
  readonly code: string = 'TIMED_OUT'
}

/** The peer failed in a way that it does not explain: its log knows more. */
export class RemoteInternalError extends BywayError {
  override name = 'RemoteInternalError'
  readonly code: string = 'INTERNAL'
}

/** A signed statement outside the time for which it was made. */
export class ExpiredError extends BywayError {
  override name = 'ExpiredError'
  readonly code: string = 'EXPIRED'
}

/** A statement that was not signed by the peer it speaks of. */
export class InvalidSignatureError extends BywayError {
  override name = 'InvalidSignatureError'
  readonly code: string = 'INVALID_SIGNATURE'
}

/** A statement made for another overlay (`--network`). */
export class WrongNetworkError extends BywayError {
  override name = 'WrongNetworkError'
  readonly code: string = 'WRONG_NETWORK'
}

/** The peer does not speak this protocol. Found while the stream is opened: it has no status. */
export class ProtocolNotSupportedError extends BywayError {
  override name = 'ProtocolNotSupportedError'
  readonly code: string = 'PROTOCOL_NOT_SUPPORTED'
}

/** The caller's own AbortSignal fired; its reason is the `cause`. It has no status. */
export class CancelledError extends BywayError {
  override name = 'CancelledError'
  readonly code: string = 'CANCELLED'
}

type ErrorClass = new (message: string, options?: BywayErrorOptions) => BywayError

/** First byte of every response: all is well, a body of the method follows. */
export const STATUS_OK = 0

/** What a handler that threw anything but a BywayError sends. */
export const STATUS_INTERNAL = 8

/** Wire status ↔ error. A number is never used again for something else. */
export const STATUS_TABLE: ReadonlyArray<{ status: number, code: string, error: ErrorClass }> = [
  { status: 1, code: 'MALFORMED', error: MalformedMessageError },
  { status: 2, code: 'TOO_LARGE', error: MessageTooLargeError },
  { status: 3, code: 'NOT_AUTHORIZED', error: NotAuthorizedError },
  { status: 4, code: 'OVER_QUOTA', error: OverQuotaError },
  { status: 5, code: 'NOT_FOUND', error: NotFoundError },
  { status: 6, code: 'UNAVAILABLE', error: UnavailableError },
  { status: 7, code: 'TIMED_OUT', error: DeadlineError },
  { status: STATUS_INTERNAL, code: 'INTERNAL', error: RemoteInternalError },
  { status: 9, code: 'EXPIRED', error: ExpiredError },
  { status: 10, code: 'INVALID_SIGNATURE', error: InvalidSignatureError },
  { status: 11, code: 'WRONG_NETWORK', error: WrongNetworkError }
]

/** The status that tells a peer of this failure; `STATUS_INTERNAL` for what is none of its business. */
export function statusOf (error: unknown): number {
  if (!(error instanceof BywayError)) {
    return STATUS_INTERNAL
  }
  return STATUS_TABLE.find(row => row.code === error.code)?.status ?? STATUS_INTERNAL
}

/** The error for a status that a peer sent; a status from a later version counts as INTERNAL. */
export function errorOfStatus (status: number, message: string): BywayError {
  const row = STATUS_TABLE.find(row => row.status === status)
  if (row == null) {
    return new RemoteInternalError(`status ${status}: ${message}`, { remote: true })
  }
  return new row.error(message, { remote: true })
}
