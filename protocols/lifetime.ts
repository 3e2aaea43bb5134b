/**
 * The time that one exchange may take: an AbortSignal that ends by a timer, by
 * the caller's signal or by hand, and that leaves neither timer nor listener
 * behind once it was cleared. (AbortSignal.any and AbortSignal.timeout would:
 * neither can be taken back before it fires.)
 */
import { CancelledError, DeadlineError } from './errors.ts'
import type { BywayError } from './errors.ts'

/** A timer of more than 2^31 − 1 ms would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export class Lifetime {
  readonly #controller = new AbortController()
  readonly #parent?: AbortSignal
  #timer?: ReturnType<typeof setTimeout>

  constructor (parent?: AbortSignal) {
    this.#parent = parent
    parent?.addEventListener('abort', this.#cancelled)
    if (parent?.aborted === true) {
      this.#cancelled()
    }
  }

  /** Its reason is always a BywayError */
  get signal (): AbortSignal {
    return this.#controller.signal
  }

  /** Ends in `ms` unless armed again or disarmed before; `what` completes the sentence 'no …'. */
  arm (ms: number, what: string): void {
    this.disarm()
    if (!this.signal.aborted) {
      this.#timer = setTimeout(() => { this.end(new DeadlineError(`no ${what} within ${ms} ms`)) }, Math.min(ms, MAX_TIMER_MS))
    }
  }

  disarm (): void {
    clearTimeout(this.#timer)
  }

  /** Aborts the signal; the first reason stays. */
  end (reason: BywayError): void {
    this.clear()
    this.#controller.abort(reason)
  }

  /** Lets go of timer and parent; the signal will not fire any more. */
  clear (): void {
    this.disarm()
    this.#parent?.removeEventListener('abort', this.#cancelled)
  }

  /** What `work` gives, unless the lifetime ends first; a late rejection of `work` is swallowed then. */
  async race<T> (work: Promise<T> | T): Promise<T> {
    const ended = Promise.withResolvers<never>()
    const onAbort = (): void => { ended.reject(this.signal.reason) }
    this.signal.addEventListener('abort', onAbort)
    if (this.signal.aborted) {
      onAbort()
    }
    try {
      return await Promise.race([ended.promise, work])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  readonly #cancelled = (): void => {
    this.end(new CancelledError('cancelled by the caller', { cause: this.#parent?.reason }))
  }
}
