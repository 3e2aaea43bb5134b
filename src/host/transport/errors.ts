// What only the transport throws.
import { BywayError } from '../../../protocols/errors.ts'

/** An address of byway that cannot be dialled. */
export class InvalidAddressError extends BywayError {
  override readonly name = 'InvalidAddressError'
  readonly code = 'INVALID_ADDRESS'
}

/** The application's node does not run. */
export class NotStartedError extends BywayError {
  override readonly name = 'NotStartedError'
  readonly code = 'NOT_STARTED'
}
