// Holds what RSPs have promised for the routes of one channel against what the channel then measures. Pure: routes as they are go in, outcomes
// come out, one for each RSP that offered the path, whoever's offer is used.
//
// What an RSP could not know is not held against it: the legs between hosts and forwarders, which it was told by the host, and what changes for
// all routes at once, which the default route shows.
import type { PromiseOutcome } from './promise-outcome.ts'

/** A median of so many stands still. */
const ENOUGH_ECHOES = 6
/** One lost echo of so many is 5 %. */
const ENOUGH_FOR_LOSS = 20
/** A path on which nothing has come back for so long, while other routes answer, does not work. */
const USELESS_MS = 4_000

/** What a judge sees of a route. */
export interface JudgedRoute {
  readonly id: string
  readonly isDefault: boolean
  readonly alive: boolean
  /** Without what a busy process adds. */
  readonly quietRttMs: number
  /** Share of echoes lost, 0–1, over the newest of them. */
  readonly loss: number
  /** Echoes that have come back since the route is known. */
  readonly samples: number
}

/** A path that an RSP has offered. */
export interface OfferedPromise<Rsp> {
  rsp: Rsp
  /** Stands for this one offer: what is offered again is another promise, what is only told again is not. */
  offer: object
  /** Of the route that it becomes. */
  id: string
  rttMs: number
  marginMs: number
  loss: number
  lossMargin: number
  /** Round trips between the hosts and the ends of the path, as the RSP was told. */
  legsMs: number
  /** 0 to 1: the paths of one answer share 1. */
  weight: number
  /** See `PromiseOutcome`. */
  isTaken: boolean
}

export interface PromiseJudgeInit<Rsp> {
  record: (rsp: Rsp, outcome: PromiseOutcome) => void
  /** Round trips between the hosts and the ends of this route's path, as far as is known now. */
  legsMs: (id: string) => number | undefined
}

interface OpenPromise<Rsp> {
  promise: OfferedPromise<Rsp>
  madeAtMs: number
  /** Of the default route when the promise was made. */
  defaultRttMs: number | undefined
  samplesBefore: number
  isRttJudged: boolean
}

export class PromiseJudge<Rsp> {
  readonly #init: PromiseJudgeInit<Rsp>
  readonly #known = new WeakSet<object>()
  /** At most as many as there are offers at once. */
  #open: Array<OpenPromise<Rsp>> = []

  constructor (init: PromiseJudgeInit<Rsp>) {
    this.#init = init
  }

  get open (): number {
    return this.#open.length
  }

  /** All offers that hold now: others are judged no more, and each is judged once. */
  promised (promises: ReadonlyArray<OfferedPromise<Rsp>>, routes: readonly JudgedRoute[], nowMs: number): void {
    const defaultRttMs = defaultRtt(routes)
    const offers = new Set(promises.map(({ offer }) => offer))
    const isNew = ({ offer }: OfferedPromise<Rsp>): boolean => !this.#known.has(offer)
    this.#open = [...this.#open.filter(({ promise }) => offers.has(promise.offer)), ...promises.filter(isNew).map((promise) => ({
      promise,
      madeAtMs: nowMs,
      defaultRttMs,
      samplesBefore: routes.find(({ id }) => id === promise.id)?.samples ?? 0,
      isRttJudged: false
    }))]
    for (const offer of offers) {
      this.#known.add(offer)
    }
  }

  /** Judges what has been measured for long enough. */
  check (routes: readonly JudgedRoute[], nowMs: number): void {
    if (this.#open.length > 0) {
      const byId = new Map(routes.map((route) => [route.id, route]))
      this.#open = this.#open.filter((open) => !this.#isDone(open, byId.get(open.promise.id), routes, nowMs))
    }
  }

  /** The forwarders do not let this path of an RSP through. */
  refused (id: string, isOf: (rsp: Rsp) => boolean): void {
    this.#open = this.#open.filter(({ promise: { id: offered, rsp, weight, isTaken } }) => {
      const isRefused = offered === id && isOf(rsp)
      if (isRefused) {
        this.#init.record(rsp, { isUseless: true, weight, isTaken })
      }
      return !isRefused
    })
  }

  /** Something that no RSP could know keeps the path from being judged: these promises are as if they had not been made. */
  excused (id: string): void {
    this.#open = this.#open.filter(({ promise }) => promise.id !== id)
  }

  #isDone (open: OpenPromise<Rsp>, route: JudgedRoute | undefined, routes: readonly JudgedRoute[], nowMs: number): boolean {
    const { promise: { rsp, weight, isTaken } } = open
    if (route === undefined) {
      return false
    }
    const echoes = route.samples - open.samplesBefore
    if (echoes === 0 && !route.alive && nowMs - open.madeAtMs > USELESS_MS && routes.some(({ alive, samples }) => alive && samples > 0)) {
      // one that worked before has failed since: nobody could know that, and the next promise will show who has heard of it
      if (open.samplesBefore === 0) {
        this.#init.record(rsp, { isUseless: true, weight, isTaken })
      }
      return true
    }
    if (!open.isRttJudged && echoes >= ENOUGH_ECHOES && route.alive) {
      open.isRttJudged = true
      this.#init.record(rsp, { rttMs: this.#rttOutcome(open, route, routes), weight, isTaken })
    }
    if (open.isRttJudged && echoes >= ENOUGH_FOR_LOSS) {
      this.#init.record(rsp, { loss: lossOutcome(open, route, routes), weight, isTaken })
      return true
    }
    return false
  }

  #rttOutcome ({ promise, defaultRttMs }: OpenPromise<Rsp>, route: JudgedRoute, routes: readonly JudgedRoute[]): PromiseOutcome['rttMs'] {
    const legsChangeMs = (this.#init.legsMs(promise.id) ?? promise.legsMs) - promise.legsMs
    const defaultNowMs = defaultRtt(routes)
    const defaultChangeMs = defaultRttMs === undefined || defaultNowMs === undefined ? 0 : defaultNowMs - defaultRttMs
    const changeMs = Math.abs(legsChangeMs) > Math.abs(defaultChangeMs) ? legsChangeMs : defaultChangeMs
    return { promised: promise.rttMs, margin: promise.marginMs, measured: forgiven(route.quietRttMs, promise.rttMs, changeMs) }
  }
}

/** A change explains an error of its direction, and no more than that error. */
function forgiven (measured: number, promised: number, change: number): number {
  const error = measured - promised
  const explained = Math.sign(change) === Math.sign(error) ? Math.min(Math.abs(change), Math.abs(error)) : 0
  return measured - Math.sign(error) * explained
}

/** What the default route loses too is lost on the way to the first forwarder, or by the host; a single echo may be chance. */
function lossOutcome ({ promise }: OpenPromise<unknown>, route: JudgedRoute, routes: readonly JudgedRoute[]): PromiseOutcome['loss'] {
  const shared = routes.find(({ isDefault, alive }) => isDefault && alive)?.loss ?? 0
  const chance = 1 / ENOUGH_FOR_LOSS
  return { promised: promise.loss, margin: promise.lossMargin, measured: forgiven(route.loss, promise.loss, Math.max(shared, chance)) }
}

function defaultRtt (routes: readonly JudgedRoute[]): number | undefined {
  const route = routes.find(({ isDefault, alive, samples }) => isDefault && alive && samples >= ENOUGH_ECHOES)
  return route?.quietRttMs
}
