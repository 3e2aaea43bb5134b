// What the command tells the shell.
import { BywayError } from '../../protocols/errors.ts'

export const ExitCode = {
  /** It did what it was told. */
  done: 0,
  /** Neither the default route nor any offer works; of `demo --failing`: a host was worse off for too long. */
  noRoute: 1,
  /** Usage, settings, files, an overlay that cannot be found, or a fault of ours. */
  error: 2,
  /** `why`: on the default route though it is not known to be the best: paths are not measured yet, do not work, or are kept out. */
  defaultForWant: 3
} as const

export type ExitCode = typeof ExitCode[keyof typeof ExitCode]

/** Errors of the overlay which say that a destination cannot be reached, by whatever route. */
const NO_ROUTE = new Set(['NOT_FOUND', 'UNAVAILABLE'])

export function isNoRoute (error: unknown): boolean {
  return error instanceof BywayError && NO_ROUTE.has(error.code)
}
