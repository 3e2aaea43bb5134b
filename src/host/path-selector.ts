// Decides which routes a channel uses: the interface that all selectors have in common. Pure: the state of all routes in, a decision with its
// reason out. What every selector must do stands in test/compliance/path-selector.ts.

export interface RouteState {
  readonly id: string
  readonly isDefault: boolean
  /** Peer ids, entry first; none on the default route. Two routes with none in common fail independently. */
  readonly forwarders: readonly string[]
  /** Answers echoes, as far as is known. */
  readonly alive: boolean
  /** Something that it needs has failed elsewhere, and it has not answered since. */
  readonly isSuspect: boolean
  /** Measured end to end; meaningless while `samples` is 0. */
  readonly rttMs: number
  /** Standard error of `rttMs`. */
  readonly rttErrorMs: number
  /** Of the echoes that met no busy process: a lower quartile, with its standard error. */
  readonly quietRttMs: number
  readonly quietErrorMs: number
  readonly samples: number
  /** Share of echoes lost, 0–1. */
  readonly loss: number
  /** Echoes behind `loss`. */
  readonly outcomes: number
  /** Of the path in use: by so much at least each of its last echoes was behind the default route, side by side. Default: it is not behind. */
  readonly lagMs?: number
  /** What is held against a path beside other paths, whatever is measured; default: nothing. The default route has none, and is compared without. */
  readonly surchargeMs?: number
}

/** Why this route, for programs; `reason` says it to people. */
export type DecisionCause =
  | 'not-measured' | 'held-off' | 'gain' | 'preferred' | 'better-path' | 'no-gain' | 'fell-behind' | 'failed' | 'no-default' | 'nothing-answers'

export interface Decision {
  /** Undefined: nothing works. */
  route: RouteState | undefined
  /** Where the flow goes when `route` fails: shares no forwarder with it. Undefined: nowhere. */
  backup: RouteState | undefined
  /** Routes that carry datagrams beside `route`: copies, or their share. */
  also: readonly RouteState[]
  cause: DecisionCause
  reason: string
}

export interface PathSelector {
  /** @param nowMs - monotonic; never less than in the call before */
  decide: (routes: readonly RouteState[], nowMs: number) => Decision
}

/** How datagrams are spread: on one route; a copy on a second one, and the first to arrive counts; or in turns on all that are about as fast. */
export type Spread = 'single' | 'copies' | 'stripes'

export interface PathSelectorInit {
  /** A path must be faster than the default by this much, or by this share, whichever is more. */
  gainMs?: number
  gainShare?: number
  /** Another path must be faster than the one in use by this much, or share. */
  switchMs?: number
  switchShare?: number
  /** A path in use is kept so long, unless it dies or falls behind the default; one that was left for that stays out so long, and twice as long each time. */
  holdMs?: number
  /** Echoes that must have come back before a path is trusted. */
  minSamples?: number
  /** Use the best path that answers even where the default route is faster: to try paths, or to keep off the default route. */
  preferPath?: boolean
  /** What one percent of loss is worth. */
  msPerLossPercent?: number
  /** Default: single. */
  spread?: Spread
}

export function areDisjoint (a: RouteState, b: RouteState): boolean {
  return !a.forwarders.some((forwarder) => b.forwarders.includes(forwarder))
}
