// Every error of the overlay that an application can meet. Match by `name`, or by `code` for a class and what extends it.
export {
  BywayError, CancelledError, DeadlineError, ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError,
  NotAuthorizedError, NotFoundError, OverQuotaError, ProtocolNotSupportedError, RemoteInternalError, UnavailableError, WrongNetworkError
} from '../protocols/errors.ts'
export { DecryptionError, HandshakeError, ReplayError, SessionExhaustedError, UnknownSessionError } from '../protocols/envelope/errors.ts'
export { FrameLengthError, InvalidRouteError, PacketTooLargeError } from '../protocols/forward/errors.ts'
export { InvalidProofError, NotYetValidError, OfferMismatchError, PathNotSimpleError, PathTooLongError } from '../protocols/route/errors.ts'
export { ChannelClosedError } from './host/channel.ts'
export { TooManyLinksError } from './link/link-set.ts'
