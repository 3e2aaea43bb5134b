// Decides which route a channel uses. Pure: the state of all routes in, a decision with its reason out.
//
// The default route is the measure of everything. A path is taken when it is measured, not promised, to be faster; a path
// in use is kept until another one is clearly better, so that noise moves nobody; and a dead one is left at once.

export interface RouteState {
  readonly id: string
  readonly isDefault: boolean
  /** Answers echoes, as far as is known. */
  readonly alive: boolean
  /** Measured end to end; meaningless while `samples` is 0. */
  readonly rttMs: number
  readonly samples: number
  /** Share of echoes lost, 0–1. */
  readonly loss: number
  /** Echoes behind `loss`. */
  readonly outcomes: number
}

export interface Decision {
  /** Undefined: nothing works. */
  route: RouteState | undefined
  reason: string
}

export interface PathSelectorInit {
  /** A path must be faster than the default by this much, or by this share, whichever is more. */
  gainMs?: number
  gainShare?: number
  /** Another path must be faster than the one in use by this much, or share. */
  switchMs?: number
  switchShare?: number
  /** A path in use is kept so long, unless it dies or falls behind the default. */
  holdMs?: number
  /** Echoes that must have come back before a path is trusted. */
  minSamples?: number
  /** Use the best path that answers even where the default route is faster: to try paths, or to keep off the default route. */
  preferPath?: boolean
  /** What one percent of loss is worth. */
  msPerLossPercent?: number
}

/** A lost packet costs a stream about one retransmission timeout. */
const MS_PER_LOSS_PERCENT = 20

export class PathSelector {
  readonly #gainMs: number
  readonly #gainShare: number
  readonly #switchMs: number
  readonly #switchShare: number
  readonly #holdMs: number
  readonly #minSamples: number
  readonly #preferPath: boolean
  readonly #msPerLossPercent: number
  #current: string | undefined
  #sinceMs = -Infinity

  constructor (init: PathSelectorInit = {}) {
    this.#gainMs = init.gainMs ?? 1
    this.#gainShare = init.gainShare ?? 0.01
    this.#switchMs = init.switchMs ?? 2
    this.#switchShare = init.switchShare ?? 0.03
    this.#holdMs = init.holdMs ?? 3_000
    this.#minSamples = init.minSamples ?? 4
    this.#msPerLossPercent = init.msPerLossPercent ?? MS_PER_LOSS_PERCENT
    this.#preferPath = init.preferPath ?? false
  }

  decide (routes: readonly RouteState[], nowMs: number): Decision {
    const fallback = routes.find(({ isDefault, alive }) => isDefault && alive)
    const usable = routes.filter((route) => !route.isDefault && route.alive && route.samples >= this.#minSamples)
    const best = usable.reduce<RouteState | undefined>((a, b) => a === undefined || this.#cost(b) < this.#cost(a) ? b : a, undefined)
    // one that was forgotten and offered anew has to show first what it is worth
    const current = routes.find((route) => route.id === this.#current && (route.isDefault || !route.alive || usable.includes(route)))
    const decision = this.#choose(current, best, fallback, nowMs)
    if (decision.route?.id !== this.#current) {
      this.#current = decision.route?.id
      this.#sinceMs = nowMs
    }
    return decision
  }

  #choose (current: RouteState | undefined, best: RouteState | undefined, fallback: RouteState | undefined, nowMs: number): Decision {
    if (fallback === undefined) {
      return this.#withoutDefault(current, best, nowMs)
    }
    if (current?.isDefault === false && !current.alive) {
      return best !== undefined && this.#gains(best, fallback)
        ? { route: best, reason: 'the path in use stopped answering; another one is ready' }
        : { route: fallback, reason: 'the path in use stopped answering' }
    }
    if (best === undefined) {
      return { route: fallback, reason: 'no path has been measured yet' }
    }
    if (current !== undefined && !current.isDefault) {
      return this.#keepOrSwitch(current, best, fallback, nowMs)
    }
    if (fallback.samples > 0 && this.#gains(best, fallback)) {
      return { route: best, reason: this.#reasonFor(best, fallback) }
    }
    return { route: fallback, reason: fallback.samples === 0 ? 'the default route is not measured yet' : 'no path is faster' }
  }

  #keepOrSwitch (current: RouteState, best: RouteState, fallback: RouteState, nowMs: number): Decision {
    if (!this.#preferPath && fallback.samples > 0 && this.#cost(current) >= this.#cost(fallback)) {
      return this.#gains(best, fallback)
        ? { route: best, reason: `the path in use fell behind; measured ${difference(fallback, best)} faster than the default route` }
        : { route: fallback, reason: 'the path in use is no faster any more' }
    }
    if (this.#beats(best, current, nowMs)) {
      return { route: best, reason: `measured ${difference(current, best)} faster than the path before` }
    }
    return { route: current, reason: this.#reasonFor(current, fallback) }
  }

  #withoutDefault (current: RouteState | undefined, best: RouteState | undefined, nowMs: number): Decision {
    if (best === undefined) {
      return { route: undefined, reason: 'neither the default route nor any path answers' }
    }
    const keeps = current?.alive === true && !current.isDefault && !this.#beats(best, current, nowMs)
    return { route: keeps ? current : best, reason: 'the default route does not answer' }
  }

  /** Is another path so much better than the one in use that it is worth a change, and was that one held long enough? */
  #beats (other: RouteState, current: RouteState, nowMs: number): boolean {
    const margin = Math.max(this.#switchMs, this.#switchShare * this.#cost(current))
    return other.id !== current.id && nowMs - this.#sinceMs >= this.#holdMs && this.#cost(current) - this.#cost(other) > margin
  }

  #reasonFor (path: RouteState, fallback: RouteState): string {
    return this.#preferPath ? 'paths are preferred here, and this is the best one' : `measured ${difference(fallback, path)} faster than the default route`
  }

  #gains (path: RouteState, fallback: RouteState): boolean {
    return this.#preferPath || this.#cost(fallback) - this.#cost(path) > Math.max(this.#gainMs, this.#gainShare * this.#cost(fallback))
  }

  /**
   * Loss counts as far as it is not chance: a single lost echo would weigh as much as a continent while few have been sent,
   * and a share is known to about one standard error.
   */
  #cost ({ rttMs, loss, outcomes }: RouteState): number {
    const echoes = Math.max(1, outcomes)
    const chance = Math.max(1 / echoes, Math.sqrt(loss * (1 - loss) / echoes))
    return rttMs + 100 * Math.max(0, loss - chance) * this.#msPerLossPercent
  }
}

function difference (slower: RouteState, faster: RouteState): string {
  return `${(slower.rttMs - faster.rttMs).toFixed(1)} ms`
}
