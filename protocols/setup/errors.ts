/** What a failed set-up brings back: which node of the path said no, why, and what would make it say yes. */
import { BywayError, errorOfStatus } from '../errors.ts'
import { decodeFailure } from './codec.ts'
import type { BywayErrorOptions } from '../errors.ts'
import type { Challenge, Failure } from './codec.ts'

export interface SetupFailedErrorOptions extends BywayErrorOptions {
  /** Of STATUS_TABLE; OVER_QUOTA where there is a challenge */
  code: string
  /** Place of the node that speaks among the forwarders of the path; their number means the destination */
  index: number
  challenge?: Challenge
}

/** A node of a path said no. `statusOf` gives the status with which it did, so a failure travels back along the path unchanged. */
export class SetupFailedError extends BywayError {
  override name = 'SetupFailedError'
  readonly code: string
  readonly index: number
  readonly challenge?: Challenge

  constructor (message: string, options: SetupFailedErrorOptions) {
    super(message, options)
    this.code = options.code
    this.index = options.index
    this.challenge = options.challenge
  }
}

/** The same failure as that of the node at `index`; one that came from a node behind it stays that node's. */
export function failureAt (index: number, error: BywayError): SetupFailedError {
  return error instanceof SetupFailedError ? error : new SetupFailedError(error.message, { code: error.code, index, cause: error })
}

/**
 * What the node at `index` was asked for. A failure can only be its own or come from behind it: whoever names a node in front of itself is taken to
 * speak for itself, and its challenge is not passed off as that node's.
 */
export async function spokenFrom<T> (index: number, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof SetupFailedError && error.index < index) {
      throw new SetupFailedError(error.message, { code: error.code, index, remote: error.remote, cause: error })
    }
    throw error
  }
}

/** The error for an answer whose status is not 0; a status from a later version counts as INTERNAL. A body may be cut: the status says enough. */
export function failureOfAnswer (status: number, body: Uint8Array): SetupFailedError {
  const { index, message, challenge } = readFailure(body)
  return new SetupFailedError(message, { code: errorOfStatus(status, message).code, index, challenge, remote: true })
}

function readFailure (body: Uint8Array): Failure {
  try {
    return decodeFailure(body)
  } catch {
    return { index: 0, message: 'a failure that cannot be read' }
  }
}
