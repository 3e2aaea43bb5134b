// Waits for a time in which both threads of the demo do at once what is asked of them. On a machine that is busy with other things, too, what was
// begun takes longer, and what is measured meanwhile tells of that.

const ASK_INTERVAL_MS = 100
/** Garbage collection takes as long now and then. */
const LATE_MS = 40

export interface QuietInit {
  /** Does nothing in the other thread. */
  ask: () => Promise<void>
  forMs: number
  atMostMs: number
  pause: (ms: number) => Promise<void>
  /** Monotonic, ms. */
  now: () => number
}

/** Ends when nothing was late for so long (true), or after the longest time (false). */
export async function quiet ({ ask, forMs, atMostMs, pause, now }: QuietInit): Promise<boolean> {
  const startedMs = now()
  let sinceMs = startedMs
  while (now() - sinceMs < forMs) {
    if (now() - startedMs >= atMostMs) {
      return false
    }
    const askedMs = now()
    await Promise.all([ask(), pause(ASK_INTERVAL_MS)])
    if (now() - askedMs > ASK_INTERVAL_MS + LATE_MS) {
      sinceMs = now()
    }
  }
  return true
}
