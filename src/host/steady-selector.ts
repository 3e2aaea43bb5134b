// The selector that channels use: the default route is the measure of everything. A path is taken when it is measured, not promised, to be faster; a
// path in use is kept until another one is clearly better, so that noise moves nobody; a dead one is left at once.
//
// Margins. To leave the default route a path must gain 1 ms and 1 %: less is not worth a change, and the rest is up to what the measurement can
// tell apart. To change between paths takes 2 ms and 3 %: both are good, and each change reorders packets. Both grow with the noise of the
// measurements (route-cost.ts). To go back to the default takes no margin but that noise, and never more than 4 ms (5 ms where what is quiet speaks
// for the path): it is what the flow would have had without us.
//
// Noise. A process that is late, here or on the way, only adds, and to some of the echoes. Where the medians differ by less than their noise, the
// lower quartiles, which rest on the echoes that met nobody busy, may still be far apart: that counts as a gain, as long as the medians show one
// too, and keeps a path that only seems slower. A path that is slower by more than noise, or than 5 ms, is left, whatever its quartile says: a
// forwarder that is always late is no better route, and one whose echoes scatter makes the noise that would excuse it. Loss is excused by no quartile.
//
// Lag. Medians say a second or two late that a path has become slower. The path in use is left at once for the default route when its last echoes,
// side by side, were all behind by what anybody might notice (lag-watch.ts), unless the default route loses what outweighs that.
//
// Times. A path that was taken is held for 3 s against better paths: a level that has changed shows with its third sample, and the samples before
// are gone after that time. A path that was left because it failed or fell behind stays out for 3 s, then 6, 12, … (hold-off.ts);
// one that fell behind for 3 s only where its gain is four times the margin.
import { HoldOff } from './hold-off.ts'
import { areDisjoint } from './path-selector.ts'
import { extraCostMs, noiseMs, quietNoiseMs } from './route-cost.ts'
import type { Decision, PathSelector, PathSelectorInit, RouteState } from './path-selector.ts'

/** A lost packet costs a stream about one retransmission timeout. */
const MS_PER_LOSS_PERCENT = 20
/** A path in use may seem slower than the default route by noise, but by no more than this, which is less than anybody notices. */
const MOST_LEAVE_MS = 4
/** By so much at most where the quiet round trips say that it is the faster one. */
const MOST_EXCUSED_MS = 5
/** Less extra loss than is worth this is none. */
const NO_LOSS_MS = 1
/** So many times the margin is a gain that noise has no part in. */
const CLEAR = 4
const ANY_PATH = 'any path'
const NOTHING = { backup: undefined, also: [] }

type Choice = Omit<Decision, 'backup' | 'also'>

export class SteadySelector implements PathSelector {
  readonly #gainMs: number
  readonly #gainShare: number
  readonly #switchMs: number
  readonly #switchShare: number
  readonly #holdMs: number
  readonly #minSamples: number
  readonly #preferPath: boolean
  readonly #msPerLossPercent: number
  /** Of paths that failed. */
  readonly #failed: HoldOff
  /** Of paths that fell behind, and of all where none of them was any better. */
  readonly #behind: HoldOff
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
    this.#failed = new HoldOff(this.#holdMs)
    this.#behind = new HoldOff(this.#holdMs)
  }

  decide (routes: readonly RouteState[], nowMs: number): Decision {
    const fallback = fallbackOf(routes)
    const measured = routes.filter((route) => !route.isDefault && route.alive && route.samples >= this.#minSamples)
    const sound = measured.filter((route) => route.id === this.#current || (!route.isSuspect && !this.#isOut(route, fallback, nowMs)))
    // one that was forgotten and offered anew has to show first what it is worth
    const current = routes.find((route) => route.id === this.#current && (route.isDefault || !route.alive || measured.includes(route)))
    const choice = fallback === undefined
      ? this.#withoutDefault(current, this.#best(sound) ?? this.#best(measured), nowMs)
      : this.#choose(current, this.#best(sound), fallback, nowMs) ?? without(fallback, measured)
    this.#note(choice, nowMs)
    const { route } = choice
    return route === undefined ? { ...NOTHING, ...choice } : { ...NOTHING, ...choice, backup: this.#backupOf(route, sound, fallback) ?? this.#spareOf(route, measured, nowMs) }
  }

  /** By how much one route is worse than another, ms. */
  extraMs (a: RouteState, b: RouteState): number {
    return extraCostMs(a, b, this.#msPerLossPercent)
  }

  /** May something go over it beside the route in use? It is measured, nobody gives reason to doubt it, and it is not held off. */
  isSound (route: RouteState, routes: readonly RouteState[], nowMs: number): boolean {
    if (!route.alive || route.isSuspect || route.samples === 0) {
      return false
    }
    return route.isDefault || (route.samples >= this.#minSamples && !this.#isOut(route, fallbackOf(routes), nowMs))
  }

  #note ({ route, cause }: Choice, nowMs: number): void {
    if (route?.id !== this.#current) {
      if (this.#current !== undefined && cause === 'failed') {
        this.#failed.left(this.#current, nowMs)
      } else if (this.#current !== undefined && cause === 'fell-behind') {
        this.#behind.left(this.#current, nowMs)
        if (route?.isDefault === true) {
          // near to all paths, as it seems: several of them would take turns
          this.#behind.left(ANY_PATH, nowMs)
        }
      }
      this.#current = route?.id
      this.#sinceMs = nowMs
    }
  }

  /** One that fell behind and is now clearly better than the default route does not take turns with it: for that the first hold-off is enough. */
  #isOut (route: RouteState, fallback: RouteState | undefined, nowMs: number): boolean {
    const isBehind = this.#behind.isOut(route.id, nowMs) || this.#behind.isOut(ANY_PATH, nowMs)
    const isClear = nowMs - this.#sinceMs >= this.#holdMs && fallback !== undefined && this.extraMs(fallback, route) > CLEAR * this.#gainMargin(route, fallback)
    return this.#failed.isOut(route.id, nowMs) || (isBehind && !isClear)
  }

  #backupOf (route: RouteState, sound: readonly RouteState[], fallback: RouteState | undefined): RouteState | undefined {
    const best = this.#best(sound.filter((other) => other.id !== route.id && !other.isSuspect && areDisjoint(route, other)))
    const other = fallback?.id === route.id ? undefined : fallback
    return best !== undefined && (other === undefined || this.#gains(best, other)) ? best : other
  }

  /** One that is kept out for having fallen behind is no choice, but better than nothing when the route in use fails, and good for copies. */
  #spareOf (route: RouteState, measured: readonly RouteState[], nowMs: number): RouteState | undefined {
    return this.#best(measured.filter((other) => other.id !== route.id && !other.isSuspect && areDisjoint(route, other) && !this.#failed.isOut(other.id, nowMs)))
  }

  /** @returns undefined when there is no path to choose */
  #choose (current: RouteState | undefined, best: RouteState | undefined, fallback: RouteState, nowMs: number): Choice | undefined {
    if (current?.isDefault === false && !current.alive) {
      return best !== undefined && this.#gains(best, fallback)
        ? { route: best, cause: 'failed', reason: 'the path in use failed; another one is ready' }
        : { route: fallback, cause: 'failed', reason: 'the path in use failed' }
    }
    if (best === undefined) {
      return undefined
    }
    if (current !== undefined && !current.isDefault) {
      return this.#keepOrSwitch(current, best, fallback, nowMs)
    }
    if (fallback.samples > 0 && this.#gains(best, fallback)) {
      return { route: best, ...this.#whyPath(best, fallback) }
    }
    return fallback.samples === 0
      ? { route: fallback, cause: 'not-measured', reason: 'the default route is not measured yet' }
      : { route: fallback, cause: 'no-gain', reason: 'no path is faster' }
  }

  #keepOrSwitch (current: RouteState, best: RouteState, fallback: RouteState, nowMs: number): Choice {
    if (!this.#preferPath && this.#lags(current, fallback)) {
      return { route: fallback, cause: 'fell-behind', reason: 'the path in use has just become slower than the default route' }
    }
    if (!this.#preferPath && fallback.samples > 0 && this.#isBehind(current, fallback)) {
      return this.#gains(best, fallback)
        ? { route: best, cause: 'fell-behind', reason: `the path in use fell behind; measured ${difference(fallback, best)} faster than the default route` }
        : { route: fallback, cause: 'fell-behind', reason: 'the path in use is no faster any more' }
    }
    if (this.#beats(best, current, nowMs)) {
      return { route: best, cause: 'better-path', reason: best.rttMs < current.rttMs ? `measured ${difference(current, best)} faster than the path before` : 'worth more than the path before, by its loss or by what the query prefers' }
    }
    return { route: current, ...this.#whyPath(current, fallback) }
  }

  #withoutDefault (current: RouteState | undefined, best: RouteState | undefined, nowMs: number): Choice {
    if (best === undefined) {
      return { route: undefined, cause: 'nothing-answers', reason: 'neither the default route nor any path answers' }
    }
    if (current?.isDefault === false && !current.alive) {
      return { route: best, cause: 'failed', reason: 'the path in use failed, and the default route does not answer' }
    }
    const keeps = current?.alive === true && !current.isDefault && !this.#beats(best, current, nowMs)
    return { route: keeps ? current : best, cause: 'no-default', reason: 'the default route does not answer' }
  }

  #best (routes: readonly RouteState[]): RouteState | undefined {
    return routes.reduce<RouteState | undefined>((a, b) => a === undefined || this.extraMs(b, a) < 0 ? b : a, undefined)
  }

  /** Is another path so much better than the one in use that it is worth a change, and was that one held long enough? */
  #beats (other: RouteState, current: RouteState, nowMs: number): boolean {
    const margin = Math.max(this.#switchMs, this.#switchShare * current.rttMs, noiseMs(other, current))
    return other.id !== current.id && nowMs - this.#sinceMs >= this.#holdMs && this.extraMs(current, other) > margin
  }

  #whyPath (path: RouteState, fallback: RouteState): Pick<Choice, 'cause' | 'reason'> {
    return this.#preferPath
      ? { cause: 'preferred', reason: 'paths are preferred here, and this is the best one' }
      : { cause: 'gain', reason: `measured ${difference(fallback, path)} faster than the default route` }
  }

  #gains (path: RouteState, fallback: RouteState): boolean {
    const gainMs = this.extraMs(fallback, path)
    return this.#preferPath || gainMs > this.#gainMargin(path, fallback) || (gainMs > this.#leastGain(fallback) && this.#gainsQuietly(path, fallback))
  }

  /** Slower than the default route, by more than what may be noise or by what anybody might notice, unless that is noise and what is quiet says otherwise. */
  #isBehind (current: RouteState, fallback: RouteState): boolean {
    const extraMs = this.extraMs(current, fallback)
    const rttMs = current.rttMs - fallback.rttMs
    const noise = noiseMs(current, fallback)
    const isExcused = rttMs < Math.min(MOST_EXCUSED_MS, noise) && extraMs - rttMs < NO_LOSS_MS && this.#gainsQuietly(current, fallback)
    return extraMs >= Math.min(MOST_LEAVE_MS, noise) && !isExcused
  }

  #lags (current: RouteState, fallback: RouteState): boolean {
    const lossMs = this.extraMs(current, fallback) - (current.rttMs - fallback.rttMs)
    return current.lagMs !== undefined && current.lagMs + lossMs > MOST_LEAVE_MS
  }

  /** Is it faster where no process was busy, by more than chance? */
  #gainsQuietly (path: RouteState, fallback: RouteState): boolean {
    return fallback.quietRttMs - path.quietRttMs > Math.max(this.#leastGain(fallback), quietNoiseMs(path, fallback))
  }

  #leastGain (fallback: RouteState): number {
    return Math.max(this.#gainMs, this.#gainShare * fallback.rttMs)
  }

  #gainMargin (path: RouteState, fallback: RouteState): number {
    return Math.max(this.#leastGain(fallback), noiseMs(path, fallback))
  }
}

function fallbackOf (routes: readonly RouteState[]): RouteState | undefined {
  return routes.find(({ isDefault, alive }) => isDefault && alive)
}

function without (fallback: RouteState, measured: readonly RouteState[]): Choice {
  return measured.length === 0
    ? { route: fallback, cause: 'not-measured', reason: 'no path has been measured yet' }
    : { route: fallback, cause: 'held-off', reason: 'paths that failed or fell behind are kept out for a while' }
}

function difference (slower: RouteState, faster: RouteState): string {
  return `${(slower.rttMs - faster.rttMs).toFixed(1)} ms`
}
