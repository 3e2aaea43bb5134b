/**
 * Ends connections whose peer takes nothing any more. What waits for it is bounded (see guarded-muxer.ts), but a peer that reads nothing and
 * keeps its connection would have that much held for as long as it likes, and so would each of its friends.
 *
 * A slow line is no reason: any progress, which shows as a `drain`, begins the time anew.
 */
import { NotDrainedError } from './errors.ts'
import type { MessageStream } from '@libp2p/interface'

export interface DrainLimits {
  /** Time without any progress while the connection is full. A line that moves less than a socket's buffer in it is of no use to anybody. */
  maxStalledMs: number
}

export const DEFAULT_DRAIN_LIMITS: DrainLimits = { maxStalledMs: 60_000 }

/** Of the time that may pass: how late it may be noticed. */
const LOOKS_PER_STALL = 4

type Watched = Pick<MessageStream, 'addEventListener' | 'writableNeedsDrain'>

/** Until the connection closes. `now`: monotonic milliseconds. */
export function watchDrain (connection: Watched, { maxStalledMs }: DrainLimits, now: () => number, onStalled: (error: NotDrainedError) => void): void {
  let fullSinceMs: number | undefined
  const timer = setInterval(() => {
    if (!connection.writableNeedsDrain) {
      fullSinceMs = undefined
      return
    }
    fullSinceMs ??= now()
    if (now() - fullSinceMs >= maxStalledMs) {
      clearInterval(timer)
      onStalled(new NotDrainedError(now() - fullSinceMs))
    }
  }, maxStalledMs / LOOKS_PER_STALL)
  timer.unref?.()
  connection.addEventListener('drain', () => { fullSinceMs = undefined })
  connection.addEventListener('close', () => { clearInterval(timer) }, { once: true })
}
