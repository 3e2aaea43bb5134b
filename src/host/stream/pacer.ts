// Spreads packets over the round trip: a token bucket in bytes. Hops send whole batches, and timers of a process are late, so a few
// milliseconds' worth may go at once.

/** What may go at once: a batch of some packets, or so much time. */
const BURST_PACKETS = 2
const BURST_MS = 4

/** Who was held back and had its turn later than it was due may make up for so much. */
const MAX_LATE_MS = 16

export class Pacer {
  #tokens = 0
  #filledMs = -Infinity
  /** Until when the next packet is held back. */
  #heldUntilMs = Infinity

  /** When may a packet go? At or before `nowMs`: now. `bytesPerMs` above 0. */
  dueMs (packetBytes: number, bytesPerMs: number, nowMs: number): number {
    const burst = Math.max(BURST_PACKETS * packetBytes, BURST_MS * bytesPerMs)
    const most = burst + Math.min(MAX_LATE_MS, Math.max(0, nowMs - this.#heldUntilMs)) * bytesPerMs
    const filled = this.#filledMs === -Infinity ? burst : this.#tokens + (nowMs - this.#filledMs) * bytesPerMs
    this.#tokens = Math.max(this.#tokens, Math.min(most, filled))
    this.#filledMs = nowMs
    // debt is paid before the next packet, whatever its size
    const dueMs = this.#tokens > 0 ? nowMs : nowMs + (packetBytes / 2 - this.#tokens) / bytesPerMs
    this.#heldUntilMs = dueMs > nowMs ? dueMs : Infinity
    return dueMs
  }

  sent (bytes: number): void {
    this.#tokens -= bytes
  }
}
