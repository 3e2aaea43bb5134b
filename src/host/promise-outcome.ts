// What came of one offered path, and when its promises count as kept. Pure.
//
// Round trip and loss are judged, by which offers are ranked: promising those too low would gain an RSP something. What else a promise may carry is
// not. Jitter: the channel measures that of whole round trips, most of it from processes at the ends, while an RSP speaks of the links between
// forwarders; and no offer is taken for it. Rate and load: nothing shows them but traffic that fills the path, and a forwarder's own word. Price of
// the links: what was charged stands in receipts of the forwarders (protocols/usage/), which a host asks for when it settles, not for each flow;
// the RSP's own price is taken from its signed descriptor and weighed as it is.

/** A difference of less is the host's own: timers, and a busy process. Keeps ratios of short round trips from meaning much. */
const RTT_FLOOR_MS = 1
/** How far above its promise a round trip may be measured: twice the margin holds in 99 % where 80 % were within it; but no margin excuses half as much again. */
const MARGINS_ALLOWED = 2
const MAX_SHARE_ALLOWED = 0.5
const MIN_SHARE_ALLOWED = 0.1
const MIN_ALLOWED_MS = 3
const MIN_LOSS_ALLOWED = 0.02

/** A promised value, half the width of its interval, and what was measured. */
export interface MetricOutcome {
  promised: number
  margin: number
  measured: number
}

/** Losses are shares, 0–1. */
export interface PromiseOutcome {
  rttMs?: MetricOutcome
  loss?: MetricOutcome
  /** It could not be set up, or never answered, and the RSP could have known. */
  isUseless?: boolean
  /** 0 to 1: the paths of one answer share a weight of 1. */
  weight: number
  /** Were this RSP's offers taken? Else it is a rival that offered the path too, which was. */
  isTaken: boolean
}

/** Natural logarithm of measured over promised. */
export function rttErrorOf ({ promised, measured }: MetricOutcome): number {
  return Math.log((measured + RTT_FLOOR_MS) / (promised + RTT_FLOOR_MS))
}

export function isRttKept ({ promised, margin, measured }: MetricOutcome): boolean {
  const byMargin = Math.min(MARGINS_ALLOWED * margin, MAX_SHARE_ALLOWED * promised)
  return measured - promised <= Math.max(byMargin, MIN_SHARE_ALLOWED * promised, MIN_ALLOWED_MS)
}

export function isLossKept ({ promised, margin, measured }: MetricOutcome): boolean {
  return measured - promised <= Math.max(MARGINS_ALLOWED * margin, MIN_LOSS_ALLOWED)
}
