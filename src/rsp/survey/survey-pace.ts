// How many probes a second a survey sends, for all forwarders together.

/** For each forwarder: while links are being seen for the first time, and afterwards; and as many as afterwards where there is loss. */
const FIRST_PROBES_PER_SECOND = 12
const DEFAULT_PROBES_PER_SECOND = 2.5
/** Few forwarders may be asked more often, and many cost the RSP at most some 15 % of a core, at 50 µs a probe. */
const MIN_PROBES_PER_SECOND = { first: 300, later: 60, loss: 120 }
const MAX_PROBES_PER_SECOND = 3_000
/** Where links lose packets, of a budget that is given. */
const LOSS_SHARE = 0.5

/**
 * Of single probes.
 *
 * @param given - for each forwarder, of all kinds; undefined: as many as it takes
 * @param now - whether there are links that have not been seen yet, and whether pairs are being sent
 */
export function probesPerSecond (forwarders: number, given: number | undefined, now: { isFirst: boolean, isLossBusy: boolean }): number {
  if (given !== undefined) {
    return given * forwarders * (now.isLossBusy ? 1 - LOSS_SHARE : 1)
  }
  const perSecond = now.isFirst
    ? Math.max(MIN_PROBES_PER_SECOND.first, FIRST_PROBES_PER_SECOND * forwarders)
    : Math.max(MIN_PROBES_PER_SECOND.later, DEFAULT_PROBES_PER_SECOND * forwarders)
  return Math.min(MAX_PROBES_PER_SECOND, perSecond)
}

/** Of pairs, two each. */
export function lossProbesPerSecond (forwarders: number, given: number | undefined): number {
  return given === undefined
    ? Math.min(MAX_PROBES_PER_SECOND / 2, Math.max(MIN_PROBES_PER_SECOND.loss, DEFAULT_PROBES_PER_SECOND * forwarders))
    : given * forwarders * LOSS_SHARE
}
