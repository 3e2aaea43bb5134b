// Every error of the overlay that an application can meet. Match by `name`, or by `code` for a class and what extends it.
import { BywayError, OverQuotaError } from '../protocols/errors.ts'

export {
  BywayError, CancelledError, DeadlineError, ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError,
  NotAuthorizedError, NotFoundError, OverQuotaError, ProtocolNotSupportedError, RemoteInternalError, UnavailableError, WrongNetworkError
} from '../protocols/errors.ts'
export { DecryptionError, HandshakeError, ReplayError, SessionExhaustedError, UnknownSessionError } from '../protocols/envelope/errors.ts'
export { FrameLengthError, InvalidRouteError, PacketTooLargeError } from '../protocols/forward/errors.ts'
export { SendBufferFullError, StreamClosedError, StreamResetError, StreamViolationError, TooManyStreamsError } from '../protocols/stream/errors.ts'
export { InvalidProofError, NotYetValidError, OfferMismatchError, PathNotSimpleError, PathTooLongError } from '../protocols/route/errors.ts'

/** The channel is closed. Open another one. */
export class ChannelClosedError extends BywayError {
  override readonly name = 'ChannelClosedError'
  readonly code = 'CHANNEL_CLOSED'
}

/** The table of links is full. Close some, or raise `maxLinks`. */
export class TooManyLinksError extends OverQuotaError {
  override readonly name = 'TooManyLinksError'
  readonly maxLinks: number

  constructor (maxLinks: number) {
    super(`no room for another link: at most ${maxLinks} are kept`)
    this.maxLinks = maxLinks
  }
}

/** A `/byway` address that names no application. Dial /byway/p2p/PEER. */
export class InvalidAddressError extends BywayError {
  override readonly name = 'InvalidAddressError'
  readonly code = 'INVALID_ADDRESS'
}

/** The application's node does not run. Start it, and dial then. */
export class NotStartedError extends BywayError {
  override readonly name = 'NotStartedError'
  readonly code = 'NOT_STARTED'
}
