// How much may be in flight on a link: about twice its bandwidth-delay product. Without this bound the kernel's and the
// muxer's buffers would hide megabytes of queue where no drop policy can reach them. Pure; times in ms.

/** Enough for 10 Mbit/s at 100 ms before anything is known of the link. */
export const MIN_WINDOW_BYTES = 131_072
/** Never more than the muxer's stream window. */
export const MAX_WINDOW_BYTES = 1_048_576
/** Rate is the best of the last so many intervals, as in BBR: a pause of the application must not shrink the window. */
const RATE_INTERVALS = 8

export class CreditWindow {
  #sentBytes = 0
  #consumedBytes = 0
  #windowBytes = MIN_WINDOW_BYTES
  #minRttMs = Infinity
  readonly #rates: number[] = []
  #mark: { bytes: number, sentMs: number, consumedBefore: number } | undefined

  get inFlightBytes (): number {
    return this.#sentBytes - this.#consumedBytes
  }

  get windowBytes (): number {
    return this.#windowBytes
  }

  /** May `bytes` more be sent? A batch larger than the window may go when nothing is in flight. */
  allows (bytes: number): boolean {
    return this.inFlightBytes === 0 || this.inFlightBytes + bytes <= this.#windowBytes
  }

  sent (bytes: number, nowMs: number): void {
    const consumedBefore = this.#consumedBytes
    this.#sentBytes += bytes
    this.#mark ??= { bytes: this.#sentBytes, sentMs: nowMs, consumedBefore }
  }

  /** Takes a credit. One that goes back, or claims more than was sent, is ignored: false. */
  credited (consumedBytes: number, nowMs: number): boolean {
    if (consumedBytes < this.#consumedBytes || consumedBytes > this.#sentBytes) {
      return false
    }
    this.#consumedBytes = consumedBytes
    const mark = this.#mark
    if (mark !== undefined && consumedBytes >= mark.bytes) {
      this.#measured(Math.max(0.1, nowMs - mark.sentMs), consumedBytes - mark.consumedBefore)
      this.#mark = undefined
    }
    return true
  }

  #measured (elapsedMs: number, bytes: number): void {
    this.#minRttMs = Math.min(this.#minRttMs, elapsedMs)
    this.#rates.push(bytes / elapsedMs)
    if (this.#rates.length > RATE_INTERVALS) {
      this.#rates.shift()
    }
    const product = Math.max(...this.#rates) * this.#minRttMs
    this.#windowBytes = Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, 2 * product))
  }
}
