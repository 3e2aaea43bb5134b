// When a packet that has waited is to be dropped, so that no queue stands: CoDel, RFC 8289. Pure; times in ms.

/** A wait that is no queue yet: what batches and turns of the event loop cost (RFC 8289 4.2 has 5 ms for routers). */
export const TARGET_MS = 10
/** As long as a slow reaction of senders takes (RFC 8289 4.3). */
export const INTERVAL_MS = 100
/** How many of the drops before are remembered when a queue comes back soon (RFC 8289 5.4). */
const SOON_INTERVALS = 16

export class CoDel {
  /** When it will have been above the target for an interval; NaN while it is not. */
  #aboveUntilMs = Number.NaN
  #isDropping = false
  #nextDropMs = 0
  #drops = 0
  #lastDrops = 0

  /** The queue has stood for an interval: no packet that was asked about since had waited for less than the target. */
  isStanding (nowMs: number): boolean {
    return nowMs >= this.#aboveUntilMs
  }

  /**
   * Asked about each packet whose turn it is.
   *
   * @param waitedMs since it was put in
   * @param isLast nothing else waits: then it goes in any case
   */
  drops (waitedMs: number, isLast: boolean, nowMs: number): boolean {
    const mayDrop = this.#isAbove(waitedMs, isLast, nowMs)
    if (this.#isDropping) {
      if (!mayDrop) {
        this.#isDropping = false
        return false
      }
      if (nowMs < this.#nextDropMs) {
        return false
      }
      this.#drops++
      this.#nextDropMs += INTERVAL_MS / Math.sqrt(this.#drops)
      return true
    }
    if (!mayDrop) {
      return false
    }
    this.#isDropping = true
    const since = this.#drops - this.#lastDrops
    this.#drops = since > 1 && nowMs - this.#nextDropMs < SOON_INTERVALS * INTERVAL_MS ? since : 1
    this.#lastDrops = this.#drops
    this.#nextDropMs = nowMs + INTERVAL_MS / Math.sqrt(this.#drops)
    return true
  }

  #isAbove (waitedMs: number, isLast: boolean, nowMs: number): boolean {
    if (waitedMs < TARGET_MS || isLast) {
      this.#aboveUntilMs = Number.NaN
      return false
    }
    if (Number.isNaN(this.#aboveUntilMs)) {
      this.#aboveUntilMs = nowMs + INTERVAL_MS
      return false
    }
    return this.isStanding(nowMs)
  }
}
