// What answers to questions for paths mean, and what becomes of the paths.
import { BywayError } from '../../protocols/errors.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import type { OfferedPath, ProviderAnswer } from './provider-set.ts'

/** What its RSP could have known: a forwarder does not take its paths, or has not got the link. */
const REFUSALS = ['NOT_AUTHORIZED', 'NOT_FOUND', 'EXPIRED', 'INVALID_SIGNATURE', 'MALFORMED']

/** That there is no path is one. */
export function isAnswer ({ paths, error }: ProviderAnswer): boolean {
  return paths.length > 0 || error === undefined || (error instanceof BywayError && error.code === 'NOT_FOUND')
}

export function isRefusal (error: unknown, { forwarders }: OfferedPath): boolean {
  return error instanceof SetupFailedError && error.index < forwarders.length && REFUSALS.includes(error.code) && !isLastLeg(error, forwarders.length - 1)
}

/** The destination is not attached to the exit: its RSP goes by what the hosts told it. */
function isLastLeg ({ code, index }: SetupFailedError, exit: number): boolean {
  return code === 'NOT_FOUND' && index === exit
}
