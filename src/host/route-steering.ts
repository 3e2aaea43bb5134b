// Keeps a flow on the best of its routes: measures them (route-monitor.ts), has the selector decide, and leaves at once what fails. The same code runs
// in channels and, in virtual time, in tests; it knows neither sockets nor sessions.
import { RouteMonitor } from './route-monitor.ts'
import { areDisjoint } from './path-selector.ts'
import type { Decision, PathSelector } from './path-selector.ts'
import type { ForwarderFailures } from './forwarder-failures.ts'
import type { Route } from './route.ts'
import type { RouteMonitorInit } from './route-monitor.ts'

export interface RouteSteeringInit extends Pick<RouteMonitorInit, 'sendEcho' | 'afterInput' | 'now' | 'startTimer'> {
  routes: () => readonly Route[]
  selector: PathSelector
  failures: ForwarderFailures
  /** Another route is used from now on, or none. */
  onSwitch: (decision: Decision) => void
  /** A route has failed; called before the flow leaves it. */
  onFailed: (route: Route, why: string) => void
}

export class RouteSteering {
  readonly #init: RouteSteeringInit
  readonly #monitor: RouteMonitor
  readonly #ignoreSuspects: () => void
  #decision: Decision = { route: undefined, backup: undefined, also: [], cause: 'not-measured', reason: 'the channel has just been opened' }
  /** Before the first tick nothing can be sent, so nothing is measured; after the end nothing is decided. */
  #isRunning = false
  #isStopped = false

  constructor (init: RouteSteeringInit) {
    const { routes, sendEcho, afterInput, now, startTimer, failures } = init
    this.#init = init
    this.#monitor = new RouteMonitor({
      routes,
      active: () => this.active,
      backup: () => this.backup,
      sendEcho,
      onDead: (route) => { this.failed(route, 'it stopped answering') },
      onLagging: () => { this.#decide() },
      afterInput,
      now,
      startTimer
    })
    this.#ignoreSuspects = failures.onSuspect((forwarders) => { this.#suspect(forwarders) })
  }

  get decision (): Decision {
    return this.#decision
  }

  get active (): Route | undefined {
    return this.#decision.route as Route | undefined
  }

  get backup (): Route | undefined {
    return this.#decision.backup as Route | undefined
  }

  /** The active route, where no living path shares no forwarder with it. */
  get alone (): Route | undefined {
    const { active } = this
    const hasOther = active !== undefined && this.#init.routes().some((route) => route !== active && !route.isDefault && route.alive && areDisjoint(route, active))
    return hasOther ? undefined : active
  }

  /** Routes that carry datagrams beside the active one. */
  get also (): readonly Route[] {
    return this.#decision.also as readonly Route[]
  }

  /** From time to time, once packets can be sent; what is urgent runs by itself. */
  tick (): void {
    this.#isRunning = !this.#isStopped
    this.#monitor.run()
    this.#decide()
  }

  /** An echo has come back; on the active route the flow's own queue has delayed it by so much. */
  answered (number: number, ownQueueMs = 0): void {
    this.#monitor.answered(number, this.#init.now(), ownQueueMs)
  }

  /** Data goes out on the active route. */
  dataSent (): void {
    if (this.#isRunning) {
      this.#monitor.dataSent(this.#init.now())
    }
  }

  /** Somebody on the way says that it is broken. */
  broke (route: Route, why: string): void {
    if (route.died(this.#init.now())) {
      this.failed(route, why)
    }
  }

  /** It is dead, and that is news. */
  failed (route: Route, why: string): void {
    this.#init.onFailed(route, why)
    this.#init.failures.suspect(route.forwarders)
    this.#decide(why)
  }

  /** Routes are not there any more: a flow that used one of them goes elsewhere now. */
  forgotten (): void {
    this.#decide()
  }

  /** For good. */
  stop (): void {
    this.#isStopped = true
    this.#isRunning = false
    this.#ignoreSuspects()
    this.#monitor.stop()
  }

  /** Routes over these forwarders are asked at once whether they still work, and not taken before they have answered. */
  #suspect (forwarders: ReadonlySet<string>): void {
    const nowMs = this.#init.now()
    const suspects = this.#init.routes().filter((route) => route.forwarders.some((forwarder) => forwarders.has(forwarder)))
    for (const { watch } of suspects) {
      watch.suspect(nowMs)
    }
    if (this.#isRunning && suspects.length > 0) {
      this.#monitor.wake()
    }
  }

  /** @param failure - what has just happened to a route */
  #decide (failure?: string): void {
    if (!this.#isRunning) {
      return
    }
    const before = this.#decision.route?.id
    const decision = this.#init.selector.decide(this.#init.routes(), this.#init.now())
    const isLeft = failure !== undefined && decision.route?.id !== before
    this.#decision = isLeft ? { ...decision, reason: `${decision.reason} (${failure})` } : decision
    if (this.#decision.route?.id !== before) {
      this.#monitor.wake()
      this.#init.onSwitch(this.#decision)
    }
  }
}
