// One look at the available bandwidth of a link, by bursts to its near end and over it:
//
//   far bursts: RSP → near → far → near → RSP, until the search has found a rate
//   near burst: RSP → near → RSP, faster than that. When it passes too, the link is what limits the far ones; else the link carries that much at least.
//
// One at a time, with pauses between, and no more once a forwarder marks them.
import { MAX_BYTES_PER_SECOND, RateSearch, fullBurst } from '../../measurement/rate-search.ts'
import { sendBurst } from './burst.ts'
import type { BurstTiming } from '../../measurement/burst-timing.ts'
import type { BurstPlan, FoundRate } from '../../measurement/rate-search.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'
import type { SurveyCost } from './survey-cost.ts'
import type { SurveyTimers } from './survey-timers.ts'

/** What waited for a burst has gone by then. */
const PAUSE_MS = 150
/** Of a burst's time: where this process had none for longer at once, the burst is void. One that is always busy must do with worse: so much more after each beyond some. */
const STALL_SHARE = 0.12
const STALL_SHARE_MORE = 0.05
const STRICT_STALLS = 5
/** More in one look are too many: there will be others, when this process has time. */
const MAX_STALLS = 10
/** Those who share the queue get theirs. */
const MARKED_PAUSE_MS = 1_000
/** The first burst of a look may well be too fast and fill a queue by itself; after so many marks somebody else needs the way. */
const MAX_MARKS = 3
/** Of the way to the near end, against the rate that was found. */
const CLEARLY_FASTER = 1.15
/** It is sent a little faster than that. */
const NEAR_RATE = 1.35
const NEAR_ATTEMPTS = 3

export interface RateLookInit {
  near: NodeId
  far: NodeId
  /** Found before. */
  knownBytesPerSecond?: number
  /** That the way to the near end was seen to carry lately; 0: not known. */
  nearBytesPerSecond: number
  cost: SurveyCost
  timers: SurveyTimers
  /** A burst begins: it crosses the link, or goes to the near end only. */
  onBurst: (bytes: number, isFar: boolean) => void
  /** The way to the near end has carried so much. */
  onNear: (bytesPerSecond: number) => void
  /** Undefined: nothing was found. */
  onEnd: (found: FoundRate | undefined) => void
  /** In place of that: this process was too busy for it. */
  onNoTime: () => void
}

export class RateLook {
  readonly #init: RateLookInit
  readonly #search: RateSearch
  #marks = 0
  #stalls = 0
  #nearAttempts = 0
  #isStopped = false
  #giveUp = (): void => {}

  constructor (init: RateLookInit) {
    this.#init = init
    this.#search = new RateSearch(init.knownBytesPerSecond)
  }

  start (): void {
    this.#far()
  }

  /** Then `onEnd` is not called any more. */
  stop (): void {
    // what gives up may be that of a burst that ended before it was known, not of the pause that follows
    this.#isStopped = true
    this.#giveUp()
  }

  #far (): void {
    const { near, far } = this.#init
    this.#burst([near, far], this.#search.plan, (timing) => {
      this.#search.take(timing)
      if (timing?.isMarked === true && ++this.#marks >= MAX_MARKS) {
        // in a queue with others it got that, and others would get no less
        this.#marked(this.#search.found ?? { bytesPerSecond: timing.deliveredBytesPerSecond, isFloor: false })
      } else if (this.#search.isDone) {
        this.#found(this.#search.found)
      } else {
        this.#pause(timing, () => { this.#far() })
      }
    })
  }

  /** Any queue on the way may have marked it: the link is what limits only where the way to its near end was seen to carry more. */
  #marked (found: FoundRate): void {
    this.#init.onEnd({ ...found, isFloor: found.isFloor || this.#init.nearBytesPerSecond < wantedNear(found) })
  }

  #found (found: FoundRate | undefined): void {
    if (found === undefined || found.isFloor) {
      this.#init.onEnd(found)
      return
    }
    const wanted = wantedNear(found)
    if (this.#init.nearBytesPerSecond >= wanted) {
      this.#init.onEnd(found)
    } else {
      this.#pause(undefined, () => { this.#near(found, wanted) })
    }
  }

  #near (found: FoundRate, wanted: number): void {
    this.#nearAttempts++
    this.#burst([this.#init.near], fullBurst(NEAR_RATE * found.bytesPerSecond), (timing) => {
      const carried = timing === undefined ? 0 : Math.min(timing.sentBytesPerSecond, timing.backBytesPerSecond)
      if (carried >= wanted) {
        this.#init.onNear(carried)
        this.#init.onEnd(found)
      } else if (this.#nearAttempts < NEAR_ATTEMPTS) {
        this.#pause(timing, () => { this.#near(found, wanted) })
      } else {
        this.#init.onEnd({ ...found, isFloor: true })
      }
    })
  }

  #burst (nodes: readonly NodeId[], plan: BurstPlan, onEnd: (timing: BurstTiming | undefined) => void): void {
    const { cost, timers, onBurst } = this.#init
    onBurst(plan.bytes, nodes.length > 1)
    const onStalled = (): void => {
      if (++this.#stalls > MAX_STALLS) {
        this.#init.onNoTime()
      } else {
        this.#pause(undefined, () => { this.#burst(nodes, plan, onEnd) })
      }
    }
    this.#giveUp = sendBurst({ ...plan, nodes, cost, timers, stallShare: STALL_SHARE + STALL_SHARE_MORE * Math.max(0, this.#stalls - STRICT_STALLS), onEnd, onStalled })
  }

  #pause (timing: BurstTiming | undefined, then: () => void): void {
    this.#giveUp = this.#init.timers.after(timing?.isMarked === true ? MARKED_PAUSE_MS : PAUSE_MS, () => {
      if (!this.#isStopped) {
        then()
      }
    })
  }
}

/** What the way to the near end has to carry, for the link to be what limits. */
function wantedNear ({ bytesPerSecond }: FoundRate): number {
  return Math.min(CLEARLY_FASTER * bytesPerSecond, MAX_BYTES_PER_SECOND)
}
