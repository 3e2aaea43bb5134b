// The receiving end of hop credit: tells the sender how much has been consumed, at the end of each turn of the event loop in which
// another step was. So what came in several chunks is credited once, and after it has been sent on.
import { CREDIT_STEP_BYTES, LINK_CONTROL_BYTES } from '../../protocols/forward/constants.ts'
import { encodeCredit } from '../../protocols/forward/link-control.ts'
import type { EndOfTick, Flushable } from './end-of-tick.ts'

export class CreditSender implements Flushable {
  readonly #send: (credit: Uint8Array) => void
  readonly #endOfTick: EndOfTick
  #consumedBytes = 0
  #creditedBytes = 0
  #waitsForFlush = false

  constructor (endOfTick: EndOfTick, send: (credit: Uint8Array) => void) {
    this.#endOfTick = endOfTick
    this.#send = send
  }

  consumed (bytes: number): void {
    this.#consumedBytes += bytes
    if (!this.#waitsForFlush && this.#consumedBytes - this.#creditedBytes >= CREDIT_STEP_BYTES - LINK_CONTROL_BYTES) {
      this.#waitsForFlush = true
      this.#endOfTick.add(this)
    }
  }

  /** The end of the tick. */
  flush (): void {
    this.#waitsForFlush = false
    this.#creditedBytes = this.#consumedBytes
    this.#send(encodeCredit(this.#consumedBytes))
  }
}
