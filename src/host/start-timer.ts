// One-shot timers in the form in which they are injected, so that tests run in virtual time.

/** Runs something once; the result takes it back. */
export type StartTimer = (run: () => void, delayMs: number) => () => void

export const startTimer: StartTimer = (run, delayMs) => {
  const timer = setTimeout(run, delayMs)
  return () => { clearTimeout(timer) }
}
