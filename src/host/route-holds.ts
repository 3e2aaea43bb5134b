// What makes the routes of one channel usable: a hold for each (path-hold.ts), taken within a deadline, one at a time for each route, and given
// back when the route is forgotten, some time after it was renewed, or at the end of the channel.
import { Lifetime } from '../../protocols/lifetime.ts'
import type { OfferedPath } from './provider-set.ts'
import type { PathHold, Primitive } from './path-hold.ts'
import type { StartTimer } from './start-timer.ts'

/** Longer than one exchange may take: a busy forwarder asks to come again, with some work. */
const INSTALL_DEADLINE_MS = 15_000
/** A path that was lost is set up anew at once, but no more often than this. */
const RETAKE_INTERVAL_MS = 3_000
/** State that holds only until the old offer ends is set up anew under a new one so long before. */
const RENEW_BEFORE_MS = 45_000
/** The peer goes on on the old state until it hears of the new one, which it is told once a second if it misses the first. */
const RETIRED_MS = 2_500

export interface RouteHoldsInit {
  /** How paths are used; where forwarders want them, with authenticators. */
  primitive: Primitive
  hold: (path: OfferedPath, primitive: Primitive, signal: AbortSignal) => Promise<PathHold>
  /** The forwarders have lost what was held for this route. */
  onLost: (id: string, hold: PathHold, reason: string) => void
  /** Monotonic, ms. */
  now: () => number
  nowUnixMs: () => number
  startTimer: StartTimer
}

export class RouteHolds {
  readonly #init: RouteHoldsInit
  readonly #holds = new Map<string, PathHold>()
  /** Under way: what a forwarder says meanwhile begins no other. */
  readonly #installs = new Map<string, Promise<void>>()
  /** Replaced, with what stops their timers. */
  readonly #retired = new Map<PathHold, () => void>()
  /** Routes over forwarders that take no source route without an authenticator. */
  readonly #needAuthority = new Set<string>()
  readonly #retakenAtMs = new Map<string, number>()
  readonly #ending = new AbortController()

  constructor (init: RouteHoldsInit) {
    this.#init = init
  }

  get ids (): string[] {
    return [...this.#holds.keys()]
  }

  get isClosed (): boolean {
    return this.#ending.signal.aborted
  }

  /** Has a path been lost, and not been set up anew? */
  get hasLost (): boolean {
    return [...this.#holds.values()].some(({ isUp }) => !isUp)
  }

  /** Source routes cost nothing to renew; state is renewed when it is lost, or soon would be. */
  wantsRenewal (id: string): boolean {
    const hold = this.#holds.get(id)
    return hold === undefined || !hold.isUp || hold.primitive === 'source-route' || hold.path.expiresAtMs - this.#init.nowUnixMs() < RENEW_BEFORE_MS
  }

  /** Not in a loop: what cannot be helped by setting it up again waits for the next offers. */
  mayRetake (id: string): boolean {
    const nowMs = this.#init.now()
    const sinceMs = nowMs - (this.#retakenAtMs.get(id) ?? -Infinity)
    if (sinceMs >= RETAKE_INTERVAL_MS && !this.#installs.has(id)) {
      this.#retakenAtMs.set(id, nowMs)
      return true
    }
    return false
  }

  /** From now on with authenticators. @returns whether that is to be set up now */
  wantsAuthority (id: string): boolean {
    const wants = ['source-route', 'authenticators'].includes(this.#init.primitive) && this.mayRetake(id)
    if (wants) {
      this.#needAuthority.add(id)
    }
    return wants
  }

  /**
   * What is being set up for the route already is waited for, and its end says nothing of this path, which may be of another RSP: it is set up next, unless the
   * route needs no other now.
   *
   * @param use - told of what was set up; false when it is not wanted any more
   * @throws what `hold` does; DeadlineError, CancelledError at the end of the channel
   */
  async install (id: string, path: OfferedPath, use: (hold: PathHold) => boolean): Promise<void> {
    for (let other = this.#installs.get(id); other !== undefined; other = this.#installs.get(id)) {
      await other.catch(() => {})
      if (this.isClosed || !this.wantsRenewal(id)) {
        return
      }
    }
    const install = this.#install(id, path, use).finally(() => { this.#installs.delete(id) })
    this.#installs.set(id, install)
    await install
  }

  release (id: string): void {
    this.#holds.get(id)?.release()
    this.#holds.delete(id)
    this.#needAuthority.delete(id)
    this.#retakenAtMs.delete(id)
  }

  /** The channel has ended: nothing is left installed. */
  close (): void {
    this.#ending.abort()
    for (const id of this.ids) {
      this.release(id)
    }
    for (const [hold, stopTimer] of this.#retired) {
      stopTimer()
      hold.release()
    }
    this.#retired.clear()
  }

  async #install (id: string, path: OfferedPath, use: (hold: PathHold) => boolean): Promise<void> {
    const hold = await this.#hold(id, path)
    if (this.isClosed || !use(hold)) {
      hold.release()
      return
    }
    const replaced = this.#holds.get(id)
    this.#holds.set(id, hold)
    hold.onLost((reason) => {
      if (this.#holds.get(id) === hold) {
        this.#init.onLost(id, hold, reason)
      }
    })
    if (replaced !== undefined) {
      this.#retire(replaced)
    }
  }

  async #hold (id: string, path: OfferedPath): Promise<PathHold> {
    const life = new Lifetime(this.#ending.signal)
    life.arm(INSTALL_DEADLINE_MS, 'set-up of a path')
    try {
      return await this.#init.hold(path, this.#needAuthority.has(id) ? 'authenticators' : this.#init.primitive, life.signal)
    } finally {
      life.clear()
    }
  }

  #retire (hold: PathHold): void {
    this.#retired.set(hold, this.#init.startTimer(() => {
      this.#retired.delete(hold)
      hold.release()
    }, RETIRED_MS))
  }
}
