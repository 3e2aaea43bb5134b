/**
 * What can be wrong with an offer; a host drops it, a forwarder refuses to install it.
 * Each extends the error whose status tells a peer of it.
 */
import { ExpiredError, InvalidSignatureError, MalformedMessageError } from '../errors.ts'

/** The audit path does not lead from the leaf to the signed root. */
export class InvalidProofError extends InvalidSignatureError {
  override name = 'InvalidProofError'
}

/** A valid offer, but not an answer to this query: take it as no answer. */
export class OfferMismatchError extends MalformedMessageError {
  override name = 'OfferMismatchError'
}

/** The path may be used later, not yet. */
export class NotYetValidError extends ExpiredError {
  override name = 'NotYetValidError'
  readonly validFromMs: number

  constructor (message: string, validFromMs: number) {
    super(message)
    this.validFromMs = validFromMs
  }
}

/** A forwarder stands twice on the path: packets would loop. */
export class PathNotSimpleError extends MalformedMessageError {
  override name = 'PathNotSimpleError'
  readonly forwarder: string

  constructor (forwarder: string) {
    super(`the path visits forwarder ${forwarder} twice: a path must be simple`)
    this.forwarder = forwarder
  }
}

/** More forwarders than any forwarder would install. */
export class PathTooLongError extends MalformedMessageError {
  override name = 'PathTooLongError'
  readonly maxForwarders: number

  constructor (maxForwarders: number) {
    super(`the path has more than ${maxForwarders} forwarders: ask for a shorter one`)
    this.maxForwarders = maxForwarders
  }
}
