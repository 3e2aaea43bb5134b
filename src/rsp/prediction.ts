// What an RSP promises of a path that it found: each value with half the width of its interval, and how sure it is of them.
import type { FoundPath } from '../path-finding/path-finder.ts'
import type { Prediction } from '../../protocols/route/offer.ts'

/** Paths chosen on values of hours ago still keep about 80 % of the gain, but what a single one promises is less and less true. */
const HALF_CONFIDENCE_AGE_MS = 600_000

/** A value that is not known of every link is not promised. */
export function predict (path: FoundPath, nowMs: number): Prediction {
  const dataAgeMs = Number.isFinite(path.oldestMs) ? Math.max(0, nowMs - path.oldestMs) : 0
  return {
    rttUs: Math.round(path.rttUs),
    rttMarginUs: Math.round(Math.max(1_000, 0.03 * path.rttUs + 2 * path.jitterUs)),
    lossPpm: Math.round(path.lossPpm),
    jitterUs: Math.round(path.jitterUs),
    confidence: confidence(path, dataAgeMs),
    dataAgeMs: Math.round(dataAgeMs)
  }
}

/**
 * Falls with the number of links and with unrest and, the older the oldest value is, towards nothing: half at ten minutes, a
 * quarter at half an hour. So what a restarted RSP remembers is offered when nothing newer is known, and loses to what
 * another RSP has just measured. The host measures before it moves. To be calibrated against what happens.
 */
function confidence (path: FoundPath, dataAgeMs: number): number {
  const unrest = path.rttUs > 0 ? path.jitterUs / path.rttUs : 0
  const whenFresh = Math.max(0.5, Math.min(0.99, 0.97 - 0.01 * path.nodes.length - 0.5 * unrest))
  return whenFresh / (1 + dataAgeMs / HALF_CONFIDENCE_AGE_MS)
}
