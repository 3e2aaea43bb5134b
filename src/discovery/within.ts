// Deadlines of single calls.

/** A signal for one short call. Composed signals end with their deadline, so that none lives longer than the call. */
export function within (ms: number, signal?: AbortSignal): AbortSignal {
  return signal === undefined ? AbortSignal.timeout(ms) : AbortSignal.any([signal, AbortSignal.timeout(ms)])
}
