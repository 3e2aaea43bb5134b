// Looks at the available bandwidth of links, one look at a time: links that it has not seen first, then those that it saw longest ago. Slow on purpose: a burst is
// a thousand probes' worth, and what a link can carry changes seldom.
import { BurstBudget } from './burst-budget.ts'
import { RateLook } from './rate-look.ts'
import type { RttDifference } from '../../measurement/rtt-difference.ts'
import type { FoundRate } from '../../measurement/rate-search.ts'
import type { SurveyCost } from './survey-cost.ts'
import type { SurveyedLink } from './surveyed-link.ts'
import type { SurveyTimers } from './survey-timers.ts'

/** Sent on by each forwarder, for all surveys of its links: 0.4 % of what one carries by default. */
export const DEFAULT_BURST_BYTES_PER_SECOND = 50_000
/** Between two looks at one link. */
const LOOK_INTERVAL_MS = 120_000
/** One look says little of a link that is new; so many come sooner. */
const FIRST_LOOKS = 3
const FIRST_INTERVAL_MS = 20_000
/** What a way to a forwarder was seen to carry, it carries still after so long. */
const NEAR_HOLDS_MS = 180_000

export interface RateSurveyInit {
  links: ReadonlyMap<string, SurveyedLink>
  differences: Pick<RttDifference, 'betterEnd'>
  cost: SurveyCost
  timers: SurveyTimers
  /** Of each forwarder; default 50 KB/s. 0: none. */
  bytesPerSecond?: number
  onFound: (link: SurveyedLink) => void
}

interface Looks {
  count: number
  via: string
  wasLimited: boolean
}

export class RateSurvey {
  readonly #init: RateSurveyInit
  readonly #budget: BurstBudget
  readonly #isOn: boolean
  /** By forwarder: what the way there has carried, and when. */
  readonly #near = new Map<string, { bytesPerSecond: number, atMs: number }>()
  /** How often each link has been looked at, and through which end last: that from which nothing limits but the link is kept. */
  readonly #looks = new WeakMap<SurveyedLink, Looks>()
  #look: { link: SurveyedLink, stop: () => void } | undefined

  constructor (init: RateSurveyInit) {
    const bytesPerSecond = init.bytesPerSecond ?? DEFAULT_BURST_BYTES_PER_SECOND
    this.#init = init
    this.#isOn = bytesPerSecond > 0
    this.#budget = new BurstBudget(bytesPerSecond, init.timers.now())
  }

  /** Begins a look if it is time for one. */
  tick (): void {
    const link = this.#isOn && this.#look === undefined ? this.#due() : undefined
    if (link !== undefined) {
      this.#begin(link)
    }
  }

  stop (): void {
    this.#look?.stop()
    this.#look = undefined
  }

  /** Of a look that is under way nothing comes; it counts as one all the same. */
  forget (link: SurveyedLink): void {
    if (this.#look?.link === link) {
      this.stop()
      link.rate.lookedAtMs = this.#init.timers.now()
    }
  }

  removeForwarder (key: string): void {
    this.#near.delete(key)
    this.#budget.remove(key)
  }

  #due (): SurveyedLink | undefined {
    const nowMs = this.#init.timers.now()
    let due: SurveyedLink | undefined
    for (const link of this.#init.links.values()) {
      const lookedAtMs = link.rate.lookedAtMs ?? Number.NEGATIVE_INFINITY
      const intervalMs = (this.#looks.get(link)?.count ?? 0) < FIRST_LOOKS ? FIRST_INTERVAL_MS : LOOK_INTERVAL_MS
      const isDue = link.rttUs !== undefined && nowMs - lookedAtMs >= intervalMs
      if (isDue && lookedAtMs < (due === undefined ? Number.POSITIVE_INFINITY : due.rate.lookedAtMs ?? Number.NEGATIVE_INFINITY) &&
          this.#budget.allows([link.a.key, link.b.key], nowMs)) {
        due = link
      }
    }
    return due
  }

  #begin (link: SurveyedLink): void {
    const { differences, cost, timers } = this.#init
    const better = differences.betterEnd(link.a.key, link.b.key)
    if (better === undefined) {
      link.rate.lookedAtMs = timers.now()
      return
    }
    const before = this.#looks.get(link)
    const via = before === undefined ? better : link.from(before.via)[before.wasLimited ? 1 : 0].key
    const [near, far] = link.from(via)
    const nowMs = timers.now()
    const seen = this.#near.get(via)
    this.#looks.set(link, { count: (before?.count ?? 0) + 1, via, wasLimited: true })
    const look = new RateLook({
      near: near.node,
      far: far.node,
      knownBytesPerSecond: link.rate.found(nowMs)?.bytesPerSecond,
      nearBytesPerSecond: seen !== undefined && nowMs - seen.atMs < NEAR_HOLDS_MS ? seen.bytesPerSecond : 0,
      cost,
      timers,
      onBurst: (bytes, isFar) => { this.#charge(near.key, isFar ? far.key : undefined, bytes) },
      onNear: (bytesPerSecond) => { this.#near.set(via, { bytesPerSecond, atMs: timers.now() }) },
      onEnd: (found) => { this.#end(link, via, found) },
      onNoTime: () => { this.#noTime(link, before ?? { count: 0, via, wasLimited: false }) }
    })
    this.#look = { link, stop: () => { look.stop() } }
    look.start()
  }

  #charge (near: string, far: string | undefined, bytes: number): void {
    const nowMs = this.#init.timers.now()
    this.#budget.sent(bytes)
    this.#budget.take(near, far === undefined ? bytes : 2 * bytes, nowMs)
    if (far !== undefined) {
      this.#budget.take(far, bytes, nowMs)
    }
  }

  /** The next one comes as soon as that of a new link. */
  #noTime (link: SurveyedLink, before: Looks): void {
    this.#look = undefined
    this.#looks.set(link, { ...before, count: Math.min(before.count, FIRST_LOOKS - 1) })
    link.rate.lookedAtMs = this.#init.timers.now()
  }

  #end (link: SurveyedLink, via: string, found: FoundRate | undefined): void {
    this.#look = undefined
    this.#looks.set(link, { count: this.#looks.get(link)?.count ?? 1, via, wasLimited: found?.isFloor !== false })
    link.rate.add(found, this.#init.timers.now())
    if (found !== undefined) {
      this.#init.onFound(link)
    }
  }
}
