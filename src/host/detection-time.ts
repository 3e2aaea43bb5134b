// How soon a route that has stopped answering is known to be dead, and what that costs. Pure arithmetic.
//
// The goal: within max(3 RTT + 100 ms, 300 ms) of the failure while data flows, with less than one false alarm an hour at 1 % loss.
// An echo is overdue a little after one round trip. An overdue one makes the route suspect, and a burst of more echoes follows; when
// four in a row are overdue, the route is dead. With one percent of packets lost each way an echo is lost with a chance of 2 %, four in
// a row with 1.6e-7; at the 16 echoes a second that the worst round trip needs, that is a false alarm in four days.
//
// What it costs: an echo takes 161 bytes each way over two forwarders (45 of envelope, 116 of source route), 58 under labels. While data is
// sent and none comes back, an echo goes out every 40 to 210 ms, at a round trip of 67 ms and little jitter every 63 ms (2.6 KB/s each way);
// while data comes back, or none is sent, every 250 ms (0.65 KB/s; every 110 ms where data is sent on a path that gains less than 30 ms, lag-watch.ts).
// The default route and the backup cost 0.32 KB/s each, every other route that is measured 0.16 KB/s, or a quarter of that where it is far slower than the
// one in use. test/host/route-steering.spec.ts counts the echoes.

const DETECTION_RTTS = 3
const DETECTION_EXTRA_MS = 100
const MIN_DETECTION_MS = 300
/** Timers fire late, and packets wait for the end of a tick: three stages, some ms each. */
const SLACK_MS = 20
/** Overdue: this long after one RTT. Four mean deviations, as TCP's timeout (RFC 6298), but within what the goal leaves. */
const DEVIATIONS = 4
const LEAST_MARGIN = { ms: 15, rtts: 0.1 }
const MOST_MARGIN = { ms: 25, rtts: 0.25 }
/** Losses come in bursts: the echoes of a burst are a quarter of a round trip apart, so that one does not take them all. */
const SPACING_RTTS = 0.25
const MIN_SPACING_MS = 20
const MIN_INTERVAL_MS = 40
/** The active route is measured at least so often. */
export const ACTIVE_INTERVAL_MS = 250
const LOST_IN_A_ROW = 4
const MOST_LOST_IN_A_ROW = 8
/** A path that loses more needs more in a row: so many echoes an hour give a tenth of a false alarm at most. */
const ECHOES_PER_HOUR = 60_000
const FALSE_ALARMS_PER_HOUR = 0.1

/** What a failure may take to be known, ms. */
export function detectionMs (rttMs: number): number {
  return Math.max(MIN_DETECTION_MS, DETECTION_RTTS * rttMs + DETECTION_EXTRA_MS)
}

/** An echo that has not come back for so long may be lost. `jitterMs` is the mean deviation of the RTT. */
export function overdueMs (rttMs: number, jitterMs: number): number {
  const least = LEAST_MARGIN.ms + LEAST_MARGIN.rtts * rttMs
  const most = MOST_MARGIN.ms + MOST_MARGIN.rtts * rttMs
  return rttMs + Math.min(most, Math.max(least, DEVIATIONS * jitterMs))
}

/** Between the echoes of a burst. */
export function burstSpacingMs (rttMs: number): number {
  return Math.max(MIN_SPACING_MS, SPACING_RTTS * rttMs)
}

/** Overdue echoes in a row after which a route with this share of loss (0–1) is dead. */
export function lostInARowIfDead (loss: number): number {
  if (loss <= 0) {
    return LOST_IN_A_ROW
  }
  const needed = Math.ceil(Math.log(FALSE_ALARMS_PER_HOUR / ECHOES_PER_HOUR) / Math.log(Math.min(loss, 0.5)))
  return Math.min(MOST_LOST_IN_A_ROW, Math.max(LOST_IN_A_ROW, needed))
}

/**
 * Between echoes while data is sent: what the goal leaves when the rest is done. Either one echo is overdue, a burst of three follows, and its
 * last is overdue, too; or, where the round trip is long, four echoes of the regular ones are overdue.
 */
export function intervalUnderDataMs (rttMs: number, jitterMs: number): number {
  const leftMs = detectionMs(rttMs) - overdueMs(rttMs, jitterMs) - SLACK_MS
  const withBurst = leftMs - overdueMs(rttMs, jitterMs) - (LOST_IN_A_ROW - 2) * burstSpacingMs(rttMs)
  return Math.min(ACTIVE_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, withBurst, leftMs / LOST_IN_A_ROW))
}
