// How much more the peer may send, of one stream or of all. The window grows when half of it is used up within two round trips: then it is
// the window that limits, not the path.
const TUNE_RTTS = 2

export class ReceiveWindow {
  readonly #maxBytes: number
  #windowBytes: number
  #limit: number
  #consumed = 0
  #raisedMs = -Infinity

  constructor (initialBytes: number, maxBytes: number) {
    this.#windowBytes = initialBytes
    this.#limit = initialBytes
    this.#maxBytes = maxBytes
  }

  /** Highest offset that the peer may use. */
  get limit (): number {
    return this.#limit
  }

  /** The application has taken so many bytes more. @returns true when the peer should be told a new limit */
  consume (bytes: number, nowMs: number, rttMs: number): boolean {
    this.#consumed += bytes
    if (this.#limit - this.#consumed > this.#windowBytes / 2) {
      return false
    }
    if (nowMs - this.#raisedMs < TUNE_RTTS * rttMs) {
      this.#windowBytes = Math.min(this.#maxBytes, 2 * this.#windowBytes)
    }
    this.#raisedMs = nowMs
    this.#limit = this.#consumed + this.#windowBytes
    return true
  }
}
