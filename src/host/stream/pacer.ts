// Spreads packets over the round trip: a token bucket in bytes. Hops send whole batches, and timers of a process are late, so a few
// milliseconds' worth may go at once.

/** What may go at once: a batch of some packets, or so much time. */
const BURST_PACKETS = 2
const BURST_MS = 4

export class Pacer {
  #tokens = 0
  #filledMs = -Infinity

  /** When may a packet go? At or before `nowMs`: now. `bytesPerMs` above 0. */
  dueMs (packetBytes: number, bytesPerMs: number, nowMs: number): number {
    const burst = Math.max(BURST_PACKETS * packetBytes, BURST_MS * bytesPerMs)
    this.#tokens = this.#filledMs === -Infinity ? burst : Math.min(burst, this.#tokens + (nowMs - this.#filledMs) * bytesPerMs)
    this.#filledMs = nowMs
    // debt is paid before the next packet, whatever its size
    return this.#tokens > 0 ? nowMs : nowMs + (packetBytes / 2 - this.#tokens) / bytesPerMs
  }

  sent (bytes: number): void {
    this.#tokens -= bytes
  }
}
