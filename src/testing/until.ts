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
/** A process that stood still when time was up looks once more: so long it waits for what it asks then. */
const GRACE_MS = 500
const STOOD_STILL_MS = 100
/** A timer of more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Waits for what must become true, and no longer than the deadline, whatever `isTrue` waits for then.
 *
 * @param isTrue - its signal fires when the waiting is over, of time or of the caller's signal
 * @param what - asked when it did not, so that it can say how far things were
 * @throws NotInTimeError; the signal's reason; what `isTrue` throws
 */
export async function until (isTrue: (over: AbortSignal) => boolean | Promise<boolean>, what: string | (() => string), { deadlineMs = DEFAULT_DEADLINE_MS, pollMs = POLL_MS, signal }: UntilOptions = {}): Promise<void> {
  signal?.throwIfAborted()
  const over = new AbortController()
  const ending = Promise.withResolvers<unknown>()
  const waitMs = Math.min(deadlineMs, MAX_TIMER_MS)
  const dueMs = performance.now() + waitMs
  let timer = setTimeout(() => { timer = setTimeout(ending.resolve, performance.now() - dueMs > STOOD_STILL_MS ? GRACE_MS : 0) }, waitMs)
  signal?.addEventListener('abort', ending.resolve)
  const end = ending.promise.then(() => {
    signal?.throwIfAborted()
    throw new NotInTimeError(typeof what === 'string' ? what : what(), deadlineMs)
  })
  end.catch((reason: unknown) => { over.abort(reason) })
  try {
    while (!await Promise.race([isTrue(over.signal), end])) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, pollMs)), end])
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', ending.resolve)
  }
}
