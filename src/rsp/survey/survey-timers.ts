// Time as a survey sees it, so that it runs in virtual time too.

export interface SurveyTimers {
  /** Monotonic, ms with fractions. */
  now: () => number
  /** Once; returns what cancels it. */
  after: (delayMs: number, run: () => void) => () => void
  /** Again and again; returns what ends it. */
  every: (intervalMs: number, run: () => void) => () => void
}

export const REAL_TIMERS: SurveyTimers = {
  now: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => { clearTimeout(timer) }
  },
  every: (intervalMs, run) => {
    const timer = setInterval(run, intervalMs)
    return () => { clearInterval(timer) }
  }
}
