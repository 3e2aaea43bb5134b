// Measures the routes of a channel all the time: sends echoes when they are due, takes the answers, and tells of routes that have died. One timer
// for all routes; it runs when the next echo or verdict is due, since a tick would cost more and come later.
import { CLOSE_INTERVAL_MS, CLOSE_MS, LagWatch } from './lag-watch.ts'
import { ACTIVE_INTERVAL_MS, intervalUnderDataMs } from './detection-time.ts'
import type { Route } from './route.ts'
import type { StartTimer } from './start-timer.ts'

/** The default route is what all others are compared with, the backup must work when it is needed. */
const STANDBY_INTERVAL_MS = 500
const IDLE_INTERVAL_MS = 1_000
/** A path that is so much slower than the route in use is no choice for now: its RSP says when that changes, and this does a little later. */
const FAR = { intervalMs: 4_000, share: 1.25, ms: 10 }
/** A dead route is asked more often when there is no other; and the default route, which is the best one more often than not, also for some time after its death. */
const DESPERATE_INTERVAL_MS = 250
const DEAD_DEFAULT_MS = 5_000
/** A new route is measured quickly, so many times. */
const QUICK_INTERVAL_MS = 150
export const QUICK_ECHOES = 6
/**
 * Until then it is measured as often as the default route that it is compared with: what rests on the quick echoes alone rests on the moment at
 * which the channel was opened, and that is a busy one.
 */
const YOUNG_ECHOES = 24
/** Data that was sent within this time is under way, or more follows. */
const DATA_FLOWS_MS = 1_000
const MAX_ECHOES = 1_024
/**
 * After a pause of the whole process answers wait in the sockets: what has passed since the run before is not judged before they have been read. What had
 * passed by then is, or a process that is late time and again, as a browser's tab in the background is, would never judge.
 */
const STALLED_MS = 30
const READ_MS = 20
const LEAST_WAIT_MS = 2

export interface RouteMonitorInit {
  routes: () => readonly Route[]
  /** The one that data takes. */
  active: () => Route | undefined
  /** The one that it would take next. */
  backup: () => Route | undefined
  /** Sends an echo request with this number; false when there is no room for it before the first link. */
  sendEcho: (number: number, route: Route) => boolean
  /** It has stopped answering. */
  onDead: (route: Route) => void
  /** The path in use has become slower than the default route. */
  onLagging: () => void
  /** Runs something once all that has arrived by now was handled. */
  afterInput: (run: () => void) => void
  /** Monotonic, ms. */
  now: () => number
  startTimer: StartTimer
}

export class RouteMonitor {
  readonly #init: RouteMonitorInit
  #echoNumber = 0
  /** Echo number → its route; bounded by MAX_ECHOES. */
  readonly #echoes = new Map<number, Route>()
  /** Of the path in use. */
  #lag: { route: Route, watch: LagWatch } | undefined
  #dataSentMs = -Infinity
  #stopTimer = (): void => {}
  #dueMs = Infinity
  #judgesFromMs = -Infinity
  /** Of the last run that found the answers read that had come by the one before. */
  #ranMs = -Infinity
  #hasRead = true
  /** All that had come by then has been read. */
  #readMs = -Infinity
  #stopped = false

  constructor (init: RouteMonitorInit) {
    this.#init = init
  }

  /** Sends what is due, judges what is overdue, and goes on by itself. To be called when routes have come, or another one is used. */
  run (): void {
    if (this.#stopped) {
      return
    }
    const nowMs = this.#init.now()
    this.#noteRun(nowMs)
    for (const route of this.#init.routes()) {
      if (route.watch.check(this.#readMs)) {
        this.#init.onDead(route)
      }
      if (this.#probeDueMs(route, nowMs) <= nowMs) {
        this.#echo(route, nowMs)
      }
    }
    this.#echoSideBySide(nowMs)
    this.#arm(nowMs)
  }

  #noteRun (nowMs: number): void {
    const isLate = nowMs - this.#dueMs > STALLED_MS
    if (isLate) {
      this.#judgesFromMs = nowMs + READ_MS
    }
    if (!this.#hasRead) {
      // of the same turn as the run before: other timers between the two may take long, and no socket is read meanwhile
      return
    }
    if (isLate) {
      this.#readMs = this.#ranMs
    } else if (nowMs >= this.#judgesFromMs) {
      this.#readMs = nowMs
    }
    this.#ranMs = nowMs
    this.#hasRead = false
    this.#init.afterInput(() => { this.#hasRead = true })
  }

  /** Something is due sooner than it was. */
  wake (): void {
    if (!this.#stopped) {
      this.#arm(this.#init.now())
    }
  }

  stop (): void {
    this.#stopped = true
    this.#stopTimer()
  }

  /** An echo has come back; on the active route data of ours has delayed it by `ownQueueMs`. */
  answered (number: number, nowMs: number, ownQueueMs: number): void {
    const route = this.#echoes.get(number)
    this.#echoes.delete(number)
    const wasAlive = route?.alive === true
    const rttMs = route?.echoReceived(number, nowMs, route === this.#init.active() ? ownQueueMs : 0)
    if (route !== undefined && rttMs !== undefined) {
      this.#compare(route, number, rttMs, nowMs)
      if (route.isDefault && route.alive && !wasAlive) {
        this.#lagOfActive()?.watch.doubt(nowMs)
        this.wake()
      }
    }
  }

  /** Data goes out on the active route. After a pause of it the route is asked at once whether it still works. */
  dataSent (nowMs: number): void {
    const paused = nowMs - this.#dataSentMs > DATA_FLOWS_MS
    this.#dataSentMs = nowMs
    if (paused) {
      this.run()
    }
  }

  /** Is the path in use still the faster one? */
  #compare (route: Route, number: number, rttMs: number, nowMs: number): void {
    const lag = this.#lagOfActive()
    const fallback = this.#fallback()
    if (lag === undefined || fallback === undefined) {
      return
    }
    if (route === fallback) {
      lag.watch.fallbackAnswered(number, rttMs)
    } else if (route === lag.route) {
      lag.watch.answered(number, rttMs, fallback.rttMs, nowMs)
      route.lagMs = lag.watch.lagMs
      if (route.lagMs !== undefined) {
        this.#init.onLagging()
      } else if (lag.watch.pairDueMs() < Infinity) {
        this.run()
      }
    }
  }

  #echoSideBySide (nowMs: number): void {
    const lag = this.#lagOfActive()
    const fallback = this.#fallback()
    if (lag !== undefined && fallback !== undefined && this.#pairDueMs() <= nowMs) {
      const [onPath, onFallback] = [lag.route, fallback].map((route) => this.#echo(route, nowMs))
      lag.watch.sentPair(onPath, onFallback, nowMs)
    }
  }

  #pairDueMs (): number {
    return this.#fallback() === undefined ? Infinity : this.#lagOfActive()?.watch.pairDueMs() ?? Infinity
  }

  #lagOfActive (): { route: Route, watch: LagWatch } | undefined {
    const active = this.#init.active()
    if (this.#lag?.route !== active) {
      if (this.#lag !== undefined) {
        this.#lag.route.lagMs = undefined
      }
      this.#lag = active === undefined || active.isDefault ? undefined : { route: active, watch: new LagWatch() }
      this.#lag?.watch.doubt(this.#init.now())
    }
    return this.#lag
  }

  /** The default route, if it is known to work. */
  #fallback (): Route | undefined {
    return this.#init.routes().find(({ isDefault, alive, samples }) => isDefault && alive && samples > 0)
  }

  #probeDueMs (route: Route, nowMs: number): number {
    const isNeeded = route === this.#init.active() || route === this.#init.backup()
    return route.watch.probeDueMs(this.#intervalMs(route, nowMs), isNeeded)
  }

  #intervalMs (route: Route, nowMs: number): number {
    if (!route.alive) {
      const isUrgent = (route.isDefault && nowMs - route.deadSinceMs < DEAD_DEFAULT_MS) || !this.#init.routes().some(({ alive }) => alive)
      return isUrgent ? DESPERATE_INTERVAL_MS : IDLE_INTERVAL_MS
    }
    if (route.samples < QUICK_ECHOES) {
      return QUICK_INTERVAL_MS
    }
    if (route === this.#init.active()) {
      const isSending = nowMs - this.#dataSentMs <= DATA_FLOWS_MS
      const isBlind = isSending && nowMs - route.watch.heardMs > ACTIVE_INTERVAL_MS
      return Math.min(isSending && this.#isClose(route) ? CLOSE_INTERVAL_MS : ACTIVE_INTERVAL_MS, isBlind ? intervalUnderDataMs(route.rttMs, route.jitterMs) : Infinity)
    }
    const isYoung = route.samples < YOUNG_ECHOES
    if (this.#isFar(route)) {
      return isYoung ? IDLE_INTERVAL_MS : FAR.intervalMs
    }
    return route.isDefault || route === this.#init.backup() || isYoung ? STANDBY_INTERVAL_MS : IDLE_INTERVAL_MS
  }

  /** Is the path not so much faster than the default route? */
  #isClose (route: Route): boolean {
    const fallback = this.#fallback()
    return !route.isDefault && fallback !== undefined && fallback.rttMs - route.rttMs < CLOSE_MS
  }

  #isFar (route: Route): boolean {
    const active = this.#init.active()
    const { rttMs, isDefault } = route
    return !isDefault && route !== this.#init.backup() && active?.alive === true && rttMs > FAR.share * active.rttMs && rttMs > active.rttMs + FAR.ms
  }

  /** @returns its number */
  #echo (route: Route, nowMs: number): number {
    const number = ++this.#echoNumber
    if (!this.#init.sendEcho(number, route)) {
      // the flow itself fills the queue, which says nothing of the path
      route.watch.postponed(nowMs)
      return number
    }
    route.watch.sent(number, nowMs)
    this.#echoes.set(number, route)
    this.#echoes.delete(number - MAX_ECHOES)
    return number
  }

  #arm (nowMs: number): void {
    this.#stopTimer()
    const dues = this.#init.routes().map((route) => Math.min(route.watch.verdictDueMs(), this.#probeDueMs(route, nowMs)))
    this.#dueMs = Math.max(Math.min(this.#pairDueMs(), ...dues), nowMs + LEAST_WAIT_MS, this.#judgesFromMs)
    if (this.#dueMs < Infinity) {
      this.#stopTimer = this.#init.startTimer(() => { this.run() }, Math.ceil(this.#dueMs - nowMs))
    }
  }
}
