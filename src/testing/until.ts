// Waiting for what an overlay needs time for.
import { BywayError } from '../../protocols/errors.ts'

/** What was waited for did not become true in time; the message says what, and how far things were. */
export class NotInTimeError extends BywayError {
  override readonly name = 'NotInTimeError'
  readonly code = 'NOT_IN_TIME'
  readonly deadlineMs: number

  constructor (what: string, deadlineMs: number) {
    super(`not within ${deadlineMs} ms: ${what}`)
    this.deadlineMs = deadlineMs
  }
}

export interface UntilOptions {
  deadlineMs?: number
  /** How often to look. */
  pollMs?: number
  signal?: AbortSignal
}

const POLL_MS = 10
const DEFAULT_DEADLINE_MS = 5_000

/**
 * Waits for what must become true.
 *
 * @param what - asked when it did not, so that it can say how far things were
 * @throws NotInTimeError; the signal's reason; what `isTrue` throws
 */
export async function until (isTrue: () => boolean | Promise<boolean>, what: string | (() => string), { deadlineMs = DEFAULT_DEADLINE_MS, pollMs = POLL_MS, signal }: UntilOptions = {}): Promise<void> {
  const untilMs = performance.now() + deadlineMs
  for (;;) {
    signal?.throwIfAborted()
    if (await isTrue()) {
      return
    }
    if (performance.now() > untilMs) {
      throw new NotInTimeError(typeof what === 'string' ? what : what(), deadlineMs)
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
