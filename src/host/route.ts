// One route of a channel: the default one, or a path that an RSP offered. Knows how packets go on it, what was measured, and whether it lives.
import { LinkEstimator } from '../measurement/link-estimator.ts'
import { LossMeter } from './loss-meter.ts'
import { PathWatch } from './path-watch.ts'
import type { RouteState } from './path-selector.ts'
import type { Way } from '../link/way.ts'
import type { OfferedPath } from './provider-set.ts'

/** After a new level only few samples are left, which happen to be near to each other: how far they spread before counts, too. */
const SPREAD_WEIGHT = 1 / 32

/**
 * Echoes may be some ms apart, and then a pause of a process spoils several: one sample in this time counts, the best. The first ones count all, so
 * that a new route is soon known.
 */
const SAMPLE_SPACING_MS = 200
const FIRST_SAMPLES = 6

export interface RouteInit {
  id: string
  /** How packets go on this route, for the channel's initiator. */
  way: Way
  /** Unset for the default route. */
  path?: OfferedPath
  /** The same, as the RSP's short name and the forwarders'. */
  label: string
}

export class Route implements RouteState {
  readonly id: string
  readonly label: string
  readonly forwarders: readonly string[]
  readonly watch: PathWatch
  /** See RouteState; kept by the monitor. */
  lagMs: number | undefined
  #way: Way
  #path: OfferedPath | undefined
  readonly #estimator = new LinkEstimator()
  readonly #lossMeter = new LossMeter()
  #answered = 0
  /** Of the estimator, which sorts its samples to say it. */
  #rttMs = 0
  #jitterMs = 0
  /** Standard errors, as of a single sample. */
  readonly #rttSpreadMs = new Spread()
  readonly #quietSpreadMs = new Spread()
  #bestMs = Infinity
  #sampledAtMs = -Infinity

  constructor (init: RouteInit) {
    this.id = init.id
    this.label = init.label
    this.forwarders = init.path?.forwarders.map((peer) => peer.toString()) ?? []
    this.#way = init.way
    this.#path = init.path
    this.watch = new PathWatch(this, () => { this.#lossMeter.add(true) })
  }

  get way (): Way {
    return this.#way
  }

  /** Unset for the default route. */
  get path (): OfferedPath | undefined {
    return this.#path
  }

  /** The same forwarders, with a later expiry. What was measured stays. */
  renew (way: Way, path?: OfferedPath): void {
    this.#way = way
    this.#path = path
  }

  get surchargeMs (): number {
    return this.#path?.surchargeMs ?? 0
  }

  get isDefault (): boolean {
    return this.#path === undefined
  }

  get alive (): boolean {
    return this.watch.isAlive
  }

  get isSuspect (): boolean {
    return this.watch.isSuspect
  }

  get deadSinceMs (): number {
    return this.watch.deadSinceMs
  }

  get rttMs (): number {
    return this.#rttMs
  }

  /** Without what a busy process at either end adds. */
  get quietRttMs (): number {
    return (this.#estimator.quietRttUs ?? 0) / 1_000
  }

  get quietErrorMs (): number {
    return this.#quietSpreadMs.most / Math.sqrt(Math.max(1, this.#estimator.samples))
  }

  get jitterMs (): number {
    return this.#jitterMs
  }

  get rttErrorMs (): number {
    return this.#rttSpreadMs.most / Math.sqrt(Math.max(1, this.#estimator.samples))
  }

  /** Echoes that have come back since the route is known; the estimate rests on the newest of them. */
  get samples (): number {
    return this.#answered
  }

  get outcomes (): number {
    return this.#lossMeter.outcomes
  }

  get loss (): number {
    return this.#lossMeter.loss
  }

  /**
   * `ownQueueMs`: so long it waited for what the flow itself has sent, which would be no less on another route.
   *
   * @returns the round trip in ms without that; undefined when nobody waited for it
   */
  echoReceived (number: number, nowMs: number, ownQueueMs = 0): number | undefined {
    const tookMs = this.watch.answered(number, nowMs)
    if (tookMs === undefined) {
      return undefined
    }
    const rttMs = Math.max(0, tookMs - ownQueueMs)
    this.#bestMs = Math.min(this.#bestMs, rttMs)
    if (this.#answered < FIRST_SAMPLES || nowMs - this.#sampledAtMs >= SAMPLE_SPACING_MS) {
      this.#sample(this.#bestMs, nowMs)
    }
    this.#lossMeter.add(false)
    this.#answered++
    return rttMs
  }

  #sample (rttMs: number, nowMs: number): void {
    this.#bestMs = Infinity
    this.#sampledAtMs = nowMs
    this.#estimator.sample(rttMs * 1_000, nowMs)
    this.#rttMs = (this.#estimator.rttUs ?? 0) / 1_000
    this.#jitterMs = this.#estimator.jitterUs / 1_000
    const perSample = Math.sqrt(this.#estimator.samples) / 1_000
    this.#rttSpreadMs.add(this.#estimator.rttErrorUs * perSample)
    this.#quietSpreadMs.add(this.#estimator.quietRttErrorUs * perSample)
  }

  /** Somebody on the way says that it is broken. @returns true when that is news */
  died (nowMs: number): boolean {
    return this.watch.broke(nowMs)
  }
}

class Spread {
  #last = 0
  #usual = 0

  get most (): number {
    return Math.max(this.#last, this.#usual)
  }

  add (spread: number): void {
    this.#last = spread
    this.#usual += SPREAD_WEIGHT * (spread - this.#usual)
  }
}
