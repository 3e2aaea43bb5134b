// One route of a channel: the default one, or a path that an RSP offered. Knows how to be probed and whether it lives.
import { LinkEstimator } from '../measurement/link-estimator.ts'
import type { RouteState } from './path-selector.ts'
import type { Way } from '../link/way.ts'
import type { OfferedPath } from './provider-set.ts'

/** Detection time is max(3 RTT + 100 ms, 300 ms): three echoes in a row without an answer. */
const TIMEOUT_RTTS = 3
const TIMEOUT_EXTRA_MS = 100
const MIN_TIMEOUT_MS = 300
/** What an unknown route may take to answer for the first time. */
const FIRST_TIMEOUT_MS = 2_000
/** An echo that is overdue by so much is followed by others at once. */
const OVERDUE_SHARE = 1.3
const OVERDUE_MS = 40
const URGENT_INTERVAL_MS = 60
/** Echoes of one route that are waited for at once. */
const MAX_OUTSTANDING = 64

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
  #way: Way
  #path: OfferedPath | undefined
  readonly #estimator = new LinkEstimator()
  /** Echo number → when it was sent. Oldest first. */
  readonly #outstanding = new Map<number, number>()
  /** Echoes given up: an answer that comes after all shows that the route lives, and how slow it has become. */
  readonly #late = new Map<number, number>()
  #lastSentMs = -Infinity
  #dead = false
  #deadSinceMs = 0
  #lastAnswerMs = -Infinity
  #answered = 0
  /** Echoes sent before this do not bring the route back to life: a forwarder has said since that it is broken. */
  #brokenAtMs = -Infinity

  constructor (init: RouteInit) {
    this.id = init.id
    this.label = init.label
    this.#way = init.way
    this.#path = init.path
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

  get isDefault (): boolean {
    return this.#path === undefined
  }

  get alive (): boolean {
    return !this.#dead
  }

  get deadSinceMs (): number {
    return this.#deadSinceMs
  }

  get rttMs (): number {
    return (this.#estimator.rttUs ?? 0) / 1_000
  }

  /** Without what a busy process at either end adds. */
  get quietRttMs (): number {
    return (this.#estimator.quietRttUs ?? 0) / 1_000
  }

  get jitterMs (): number {
    return this.#estimator.jitterUs / 1_000
  }

  /** Echoes that have come back since the route is known; the estimate rests on the newest of them. */
  get samples (): number {
    return this.#answered
  }

  get outcomes (): number {
    return this.#estimator.outcomes
  }

  get loss (): number {
    return this.#estimator.lossPpm / 1e6
  }

  get timeoutMs (): number {
    return this.samples === 0 ? FIRST_TIMEOUT_MS : Math.max(MIN_TIMEOUT_MS, TIMEOUT_RTTS * this.rttMs + TIMEOUT_EXTRA_MS)
  }

  /** Is it time for an echo, if they go out every `intervalMs`? Sooner when one is overdue. */
  isEchoDue (nowMs: number, intervalMs: number): boolean {
    const sinceMs = nowMs - this.#lastSentMs
    if (this.#outstanding.size >= MAX_OUTSTANDING) {
      return false
    }
    if (sinceMs >= intervalMs) {
      return true
    }
    const oldestMs = this.#oldestMs()
    const overdueMs = this.samples === 0 ? FIRST_TIMEOUT_MS / 4 : OVERDUE_SHARE * this.rttMs + OVERDUE_MS
    return !this.#dead && oldestMs !== undefined && nowMs - oldestMs > overdueMs && sinceMs >= URGENT_INTERVAL_MS
  }

  echoSent (number: number, nowMs: number): void {
    this.#outstanding.set(number, nowMs)
    this.#lastSentMs = nowMs
  }

  /** @returns false when nobody waited for it */
  echoReceived (number: number, nowMs: number): boolean {
    const sentMs = this.#outstanding.get(number) ?? this.#late.get(number)
    if (sentMs === undefined) {
      return false
    }
    for (const [earlier, earlierMs] of this.#outstanding) {
      // earlier ones are lost only when they are late too: packets overtake each other
      if (earlier < number && nowMs - earlierMs > this.timeoutMs) {
        this.#giveUp(earlier, earlierMs)
      }
    }
    this.#outstanding.delete(number)
    this.#late.delete(number)
    this.#estimator.sample((nowMs - sentMs) * 1_000, nowMs)
    this.#answered++
    if (sentMs >= this.#brokenAtMs) {
      this.#lastAnswerMs = nowMs
      this.#dead = false
    }
    return true
  }

  /** Looks for echoes that will not come back. @returns true when the route has just died */
  check (nowMs: number): boolean {
    let late = false
    for (const [number, sentMs] of this.#outstanding) {
      if (nowMs - sentMs <= this.timeoutMs) {
        break
      }
      this.#giveUp(number, sentMs)
      late = true
    }
    return late && this.#lastAnswerMs < nowMs - this.timeoutMs && this.#die(nowMs)
  }

  /** Somebody on the way says that it is broken. @returns true when that is news */
  died (nowMs: number): boolean {
    this.#brokenAtMs = nowMs
    return this.#die(nowMs)
  }

  #die (nowMs: number): boolean {
    const news = !this.#dead
    this.#dead = true
    this.#deadSinceMs = news ? nowMs : this.#deadSinceMs
    return news
  }

  #giveUp (number: number, sentMs: number): void {
    this.#outstanding.delete(number)
    this.#estimator.lost()
    this.#late.set(number, sentMs)
    if (this.#late.size > MAX_OUTSTANDING) {
      this.#late.delete(this.#late.keys().next().value as number)
    }
  }

  #oldestMs (): number | undefined {
    return this.#outstanding.values().next().value
  }
}
