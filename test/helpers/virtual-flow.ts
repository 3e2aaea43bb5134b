// A flow over routes that behave as a test says, in virtual time: the code of channels that measures, decides and switches, without sockets.
import { ForwarderFailures } from '../../src/host/forwarder-failures.ts'
import { Route } from '../../src/host/route.ts'
import { RouteSteering } from '../../src/host/route-steering.ts'
import { selectorOf } from '../../src/host/spreading-selector.ts'
import { VirtualTimers } from './virtual-timers.ts'
import type { BusyProcess } from './busy-process.ts'
import type { DecisionCause, PathSelectorInit } from '../../src/host/path-selector.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'

export interface Conditions {
  rttMs: number
  /** Each echo takes up to so much longer, evenly distributed. */
  jitterMs?: number
  /** Handle each echo one after the other, at equal distances; the last one is the source's. */
  processes?: readonly BusyProcess[]
  /** Of the round trip, what is spent in the queue of the flow's own data. */
  ownQueueMs?: number
  /** Share of packets lost, each way. */
  loss?: number
  /** Nothing comes through. */
  isDown?: boolean
  /** The queue before the first link has no room for echoes. */
  isFull?: boolean
}

export interface FlowSwitch {
  atMs: number
  from: string | undefined
  to: string | undefined
  cause: DecisionCause
}

export interface VirtualFlowInit {
  seed?: number
  selector?: PathSelectorInit
  /** Is data sent all the time? Default: yes. */
  sends?: boolean
  timers?: VirtualTimers
  failures?: ForwarderFailures
}

/** As the host's. */
const TICK_MS = 50
const WAY = { header: new Uint8Array(20), neighbour: new Uint8Array(16) }

export class VirtualFlow {
  readonly timers: VirtualTimers
  readonly failures: ForwarderFailures
  readonly switches: FlowSwitch[] = []
  readonly deaths: Array<{ atMs: number, id: string }> = []
  readonly steering: RouteSteering
  sends: boolean
  echoes = 0
  readonly #routes = new Map<string, Route>()
  readonly #conditions = new Map<string, Conditions>()
  readonly #random: () => number
  /** Answers that wait until timers have run. */
  #asleep: Array<() => void> | undefined
  /** What waits until these have been read. */
  #afterAnswers: Array<() => void> = []

  constructor ({ seed = 1, selector, sends = true, timers = new VirtualTimers(), failures }: VirtualFlowInit = {}) {
    this.timers = timers
    this.sends = sends
    this.#random = randomFrom(seed)
    this.failures = failures ?? new ForwarderFailures(timers.now)
    let from: string | undefined
    this.steering = new RouteSteering({
      routes: () => [...this.#routes.values()],
      selector: selectorOf(selector),
      failures: this.failures,
      sendEcho: (number, route) => this.#echo(number, route),
      onSwitch: ({ route, cause }) => {
        this.switches.push({ atMs: timers.nowMs, from, to: route?.id, cause })
        from = route?.id
      },
      onFailed: ({ id }) => { this.deaths.push({ atMs: timers.nowMs, id }) },
      afterInput: (run) => {
        if (this.#asleep === undefined) {
          run()
        } else {
          this.#afterAnswers.push(run)
        }
      },
      now: timers.now,
      startTimer: timers.startTimer
    })
    this.#tick()
  }

  get active (): string | undefined {
    return this.steering.active?.id
  }

  /** A route with these forwarders, none for the default one; or other conditions of one that is there. */
  set (id: string, conditions: Conditions, forwarders: readonly string[] = [id]): this {
    this.#conditions.set(id, conditions)
    if (!this.#routes.has(id)) {
      const path = id === 'default' ? undefined : { forwarders: forwarders.map((name) => ({ toString: () => name })) } as unknown as OfferedPath
      this.#routes.set(id, new Route({ id, way: WAY, path, label: id }))
    }
    return this
  }

  /** The route is not there any more. */
  forget (id: string): this {
    this.#routes.delete(id)
    this.steering.forgotten()
    return this
  }

  route (id: string): Route {
    const route = this.#routes.get(id)
    if (route === undefined) {
      throw new Error(`there is no route ${id}`)
    }
    return route
  }

  conditions (id: string): Conditions {
    return this.#conditions.get(id) ?? { rttMs: NaN, isDown: true }
  }

  run (forMs: number): this {
    this.timers.advance(forMs)
    return this
  }

  /**
   * As if the process had got no processor for so long: timers fire late, and the answers that have come are read after them.
   *
   * @param busyMs - what other timers of the same turn take then, after which the flow has its tick in that turn, too
   */
  sleep (forMs: number, busyMs = 0): this {
    this.#asleep = []
    this.timers.skip(forMs)
    this.timers.advance(0)
    if (busyMs > 0) {
      this.timers.skip(busyMs)
      this.steering.tick()
    }
    const events = [...this.#asleep, ...this.#afterAnswers]
    this.#asleep = undefined
    this.#afterAnswers = []
    for (const event of events) {
      event()
    }
    return this
  }

  /** Runs until the flow has left this route. @returns how long that took, or Infinity */
  runUntilLeft (id: string, atMostMs: number): number {
    const startMs = this.timers.nowMs
    while (this.active === id && this.timers.nowMs - startMs < atMostMs) {
      this.run(1)
    }
    return this.active === id ? Infinity : this.timers.nowMs - startMs
  }

  #tick (): void {
    if (this.sends) {
      this.steering.dataSent()
    }
    this.steering.tick()
    this.timers.startTimer(() => { this.#tick() }, TICK_MS)
  }

  #echo (number: number, { id }: Route): boolean {
    const { rttMs, jitterMs = 0, processes = [], loss = 0, isDown = false, isFull = false } = this.conditions(id)
    if (isFull) {
      return false
    }
    this.echoes++
    const isLost = isDown || this.#random() < loss || this.#random() < loss
    if (!isLost) {
      // what fails while the echo is on its way stops it, wherever it is
      this.timers.startTimer(() => {
        const arrive = (): void => { this.steering.answered(number, this.conditions(id).ownQueueMs) }
        if (this.#asleep !== undefined) {
          this.#asleep.push(arrive)
        } else if (this.conditions(id).isDown !== true) {
          arrive()
        }
      }, handledMs(this.timers.nowMs, rttMs, processes) + jitterMs * this.#random())
    }
    return true
  }
}

/** The round trip, with the waits in processes that are busy when the echo comes. */
function handledMs (sentMs: number, rttMs: number, processes: readonly BusyProcess[]): number {
  const atMs = processes.reduce((at, process) => process.handledAtMs(at + rttMs / processes.length), sentMs)
  return processes.length === 0 ? rttMs : atMs - sentMs
}

/** Numbers from 0 to below 1 (mulberry32). */
function randomFrom (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = state + 0x6d2b79f5 >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}
