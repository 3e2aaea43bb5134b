// What a link was seen to deliver, from real traffic: delivered bytes over intervals of about a second, and the most of them
// lately, as BBR does it (draft-cheng-iccrg-delivery-rate-estimation; draft-ietf-ccwg-bbr, BBR.max_bw). An interval in which
// the sender always had something waiting shows what the link can do; any other shows only that it can do so much. Pure, and
// allocates nothing once it is there.
import { RecentMost } from './recent-most.ts'

export interface DeliveryRateInit {
  /** Shortest interval that makes a sample; default one second, which is long against credits of 16 KB and the pauses of a busy process. */
  intervalMs?: number
}

const INTERVAL_MS = 1_000
/** For what arrives: within every interval in which the other end delivered lies one of these. */
export const ARRIVAL_INTERVAL_MS = INTERVAL_MS / 2
/** Of the eight slots of a RecentMost: a link that got slower shows after two minutes of full load. */
const FULL_SLOT_MS = 15_000
/** What a link once delivered stays true until it was full again: ten minutes of traffic. */
const FLOOR_SLOT_MS = 75_000
/** A floor so much above what full intervals gave is news; less is their noise. */
const ABOVE_FULL = 1.1

export class DeliveryRate {
  readonly #intervalMs: number
  readonly #full = new RecentMost(FULL_SLOT_MS)
  readonly #floor = new RecentMost(FLOOR_SLOT_MS)
  /**
   * Any interval, and one in which the link was never idle. Both begin with a delivery and do not count it: it was under way
   * before.
   */
  readonly #any = { sinceMs: Number.NEGATIVE_INFINITY, bytes: 0 }
  readonly #busy = { sinceMs: Number.NEGATIVE_INFINITY, bytes: 0 }
  #lastMs = Number.NEGATIVE_INFINITY
  #isBacklogged = false

  constructor ({ intervalMs = INTERVAL_MS }: DeliveryRateInit = {}) {
    this.#intervalMs = intervalMs
  }

  /** Whether something waits that the link does not take now. To be said whenever that changes; it may be said more often. */
  setBacklogged (isBacklogged: boolean): void {
    if (!isBacklogged && this.#isBacklogged) {
      this.#busy.sinceMs = Number.NEGATIVE_INFINITY
    }
    this.#isBacklogged = isBacklogged
  }

  /** So many bytes more have arrived at the other end. */
  delivered (bytes: number, nowMs: number): void {
    if (nowMs - this.#lastMs > this.#intervalMs && this.#busy.sinceMs === Number.NEGATIVE_INFINITY) {
      this.#closeAfterPause()
      this.#restart(nowMs)
      return
    }
    this.#lastMs = nowMs
    this.#any.bytes += bytes
    if (nowMs - this.#any.sinceMs >= this.#intervalMs) {
      this.#floor.push(this.#any.bytes / (nowMs - this.#any.sinceMs), nowMs)
      this.#any.sinceMs = nowMs
      this.#any.bytes = 0
    }
    if (this.#isBacklogged) {
      this.#addBusy(bytes, nowMs)
    }
  }

  /** 0 where nothing was seen lately. */
  bytesPerSecond (nowMs: number): number {
    return Math.round(1_000 * Math.max(this.#full.most(nowMs), this.#floor.most(nowMs)))
  }

  /** True where the link may deliver more than that. */
  isFloor (nowMs: number): boolean {
    const floor = this.#floor.most(nowMs)
    return floor > 0 && floor > ABOVE_FULL * this.#full.most(nowMs)
  }

  #addBusy (bytes: number, nowMs: number): void {
    const busy = this.#busy
    if (busy.sinceMs === Number.NEGATIVE_INFINITY) {
      busy.sinceMs = nowMs
      busy.bytes = 0
      return
    }
    busy.bytes += bytes
    if (nowMs - busy.sinceMs >= this.#intervalMs) {
      this.#full.push(busy.bytes / (nowMs - busy.sinceMs), nowMs)
      // what it could do before it was full now says nothing any more
      this.#floor.clear()
      busy.sinceMs = nowMs
      busy.bytes = 0
    }
  }

  /** The burst before the pause is spread over a whole interval: a floor is never too high. */
  #closeAfterPause (): void {
    if (this.#any.bytes > 0) {
      this.#floor.push(this.#any.bytes / Math.max(this.#intervalMs, this.#lastMs - this.#any.sinceMs), this.#lastMs)
    }
  }

  /** After a pause nobody knows when it was that the link began to deliver again, so these bytes count for nothing. */
  #restart (nowMs: number): void {
    this.#lastMs = this.#any.sinceMs = nowMs
    this.#any.bytes = 0
    this.#busy.sinceMs = this.#isBacklogged ? nowMs : Number.NEGATIVE_INFINITY
    this.#busy.bytes = 0
  }
}
