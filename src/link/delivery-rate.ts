// What a link was seen to deliver, from real traffic: delivered bytes over intervals of about a second, and the most of them
// lately, as BBR does it (draft-cheng-iccrg-delivery-rate-estimation; draft-ietf-ccwg-bbr, BBR.max_bw). An interval in which
// the link always had all that it could take shows what it can do; any other shows only that it can do so much. Pure, and
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
/** Of a full interval the link may have been idle for so much: a sender that fills it is late now and then. */
const IDLE_SHARE = 0.05
/** A floor so much above what full intervals gave is news; less is their noise. */
const ABOVE_FULL = 1.1

export class DeliveryRate {
  readonly #intervalMs: number
  readonly #full = new RecentMost(FULL_SLOT_MS)
  readonly #floor = new RecentMost(FLOOR_SLOT_MS)
  /** Two intervals that are under way: one of any traffic, one in which the link is busy. */
  readonly #any = new Interval()
  readonly #busy = new Interval()
  #lastMs = Number.NEGATIVE_INFINITY
  #isBusy = false
  /** Within the busy interval, up to when the link was busy last. */
  #idleMs = 0
  #idleSinceMs = 0

  constructor ({ intervalMs = INTERVAL_MS }: DeliveryRateInit = {}) {
    this.#intervalMs = intervalMs
  }

  get isBusy (): boolean {
    return this.#isBusy
  }

  /** The link has all that it can take from now on, or has not: something waits before it, or as much is in flight as may be. */
  setBusy (isBusy: boolean, nowMs: number): void {
    if (isBusy && !this.#isBusy) {
      this.#idleMs += nowMs - this.#idleSinceMs
    } else if (!isBusy && this.#isBusy) {
      this.#idleSinceMs = nowMs
    }
    this.#isBusy = isBusy
  }

  /** So many bytes more have arrived at the other end. */
  delivered (bytes: number, nowMs: number): void {
    if (this.#busy.isOpen && this.#idleMsAt(nowMs) > IDLE_SHARE * this.#intervalMs) {
      this.#busy.end()
    }
    if (nowMs - this.#lastMs > this.#intervalMs && !this.#busy.isOpen) {
      this.#endBurst()
    }
    this.#lastMs = nowMs
    if (this.#any.add(bytes, nowMs) >= this.#intervalMs) {
      this.#floor.push(this.#any.restart(nowMs), nowMs)
    }
    if (this.#busy.isOpen) {
      this.#addBusy(bytes, nowMs)
    } else if (this.#isBusy) {
      this.#restartBusy(nowMs)
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
    if (this.#busy.add(bytes, nowMs) >= this.#intervalMs) {
      this.#full.push(this.#restartBusy(nowMs), nowMs)
      // what it could do before it was full now says nothing any more
      this.#floor.clear()
    }
  }

  #restartBusy (nowMs: number): number {
    this.#idleMs = 0
    this.#idleSinceMs = nowMs
    return this.#busy.restart(nowMs)
  }

  #idleMsAt (nowMs: number): number {
    return this.#idleMs + (this.#isBusy ? 0 : nowMs - this.#idleSinceMs)
  }

  /** After a pause nobody knows when the link began to deliver again. What came before it is spread over a whole interval: a floor is never too high. */
  #endBurst (): void {
    if (this.#any.bytes > 0) {
      this.#floor.push(this.#any.bytes / Math.max(this.#intervalMs, this.#lastMs - this.#any.sinceMs), this.#lastMs)
    }
    this.#any.end()
  }
}

/** Begins with a delivery and does not count it: that was under way before. */
class Interval {
  sinceMs = 0
  bytes = 0
  isOpen = false

  /** Returns how long it is by now; begins if it has not. */
  add (bytes: number, nowMs: number): number {
    if (!this.isOpen) {
      this.restart(nowMs)
      return 0
    }
    this.bytes += bytes
    return nowMs - this.sinceMs
  }

  /** Returns the bytes per millisecond up to now. */
  restart (nowMs: number): number {
    const rate = this.bytes / Math.max(1, nowMs - this.sinceMs)
    this.sinceMs = nowMs
    this.bytes = 0
    this.isOpen = true
    return rate
  }

  end (): void {
    this.isOpen = false
    this.bytes = 0
  }
}
