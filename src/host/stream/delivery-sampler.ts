// How fast a path delivers, from acks (as in draft-ietf-ccwg-bbr, section 4.1): bytes delivered between the sending of a packet and its ack, over the longer of the times
// in which they were sent and acknowledged.

/** The best of the last so many rounds counts: an application that pauses makes no path slow. */
const ROUNDS = 8

export class DeliverySampler {
  readonly #best = new Float64Array(ROUNDS)
  #round = 0
  #roundEndBytes = 0
  deliveredBytes = 0
  deliveredMs = 0
  /** When the packet that was delivered last had been sent. */
  burstStartMs = 0

  /** Nothing is in flight, and a packet goes now. */
  startBurst (nowMs: number): void {
    this.deliveredMs = nowMs
    this.burstStartMs = nowMs
  }

  delivered (bytes: number, sentMs: number, nowMs: number): void {
    this.deliveredBytes += bytes
    this.deliveredMs = nowMs
    this.burstStartMs = Math.max(this.burstStartMs, sentMs)
  }

  /**
   * After all that an ack delivered, for the latest of it: the values of the sampler when that was sent.
   *
   * @returns true when a round ends
   */
  sample (deliveredBytes: number, deliveredMs: number, burstStartMs: number, sentMs: number): boolean {
    const isNewRound = deliveredBytes >= this.#roundEndBytes
    if (isNewRound) {
      this.#roundEndBytes = this.deliveredBytes
      this.#best[++this.#round % ROUNDS] = 0
    }
    const elapsedMs = Math.max(this.deliveredMs - deliveredMs, sentMs - burstStartMs)
    if (elapsedMs > 0) {
      const index = this.#round % ROUNDS
      this.#best[index] = Math.max(this.#best[index], (this.deliveredBytes - deliveredBytes) / elapsedMs)
    }
    return isNewRound
  }

  /** Bytes per ms; 0 while unknown. */
  get rate (): number {
    return Math.max(...this.#best)
  }
}
