// The receiving end of hop credit: tells the sender how much has been consumed, at the end of each turn of the event loop in which
// another step was. So what came in several chunks is credited once, and after it has been sent on.
//
// Credit can be kept back, so that a neighbour sends no faster than it is served: that goes when its time has come.
import { CREDIT_STEP_BYTES, LINK_CONTROL_BYTES } from '../../protocols/forward/constants.ts'
import { encodeCredit } from '../../protocols/forward/link-control.ts'
import type { EndOfTick, Flushable } from './end-of-tick.ts'

export interface CreditSenderInit {
  endOfTick: EndOfTick
  send: (credit: Uint8Array) => void
  /** Monotonic, ms. */
  now: () => number
}

/** What is kept back goes in steps of so long. */
const STEP_MS = 2

interface Kept {
  untilMs: number
  bytes: number
}

export class CreditSender implements Flushable {
  readonly #init: CreditSenderInit
  /** The first goes first; as many as there are steps in the longest delay. */
  readonly #kept: Kept[] = []
  #keptBytes = 0
  #consumedBytes = 0
  #creditedBytes = 0
  #waitsForFlush = false
  #isStopped = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor (init: CreditSenderInit) {
    this.#init = init
  }

  /** These bytes have been taken off the stream. */
  consumed (bytes: number): void {
    this.#consumedBytes += bytes
    this.#creditWhenDue()
  }

  /** Of the bytes that are being consumed, so many are credited only after so long. */
  keepBack (bytes: number, delayMs: number, nowMs: number): void {
    const last = this.#kept.at(-1)
    const untilMs = nowMs + delayMs
    if (last !== undefined && untilMs < last.untilMs + STEP_MS) {
      last.bytes += bytes
    } else {
      this.#kept.push({ untilMs, bytes })
    }
    this.#keptBytes += bytes
    if (!this.#isStopped) {
      this.#timer ??= setTimeout(() => { this.#release() }, this.#kept[0].untilMs - nowMs)
    }
  }

  stop (): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** The end of the tick. */
  flush (): void {
    this.#waitsForFlush = false
    this.#creditedBytes = this.#consumedBytes - this.#keptBytes
    this.#init.send(encodeCredit(this.#creditedBytes))
  }

  #creditWhenDue (): void {
    if (!this.#waitsForFlush && this.#consumedBytes - this.#keptBytes - this.#creditedBytes >= CREDIT_STEP_BYTES - LINK_CONTROL_BYTES) {
      this.#waitsForFlush = true
      this.#init.endOfTick.add(this)
    }
  }

  #release (): void {
    const nowMs = this.#init.now()
    while (this.#kept.length > 0 && this.#kept[0].untilMs <= nowMs) {
      this.#keptBytes -= this.#kept[0].bytes
      this.#kept.shift()
    }
    this.#timer = this.#kept.length === 0 ? undefined : setTimeout(() => { this.#release() }, this.#kept[0].untilMs - nowMs)
    this.#creditWhenDue()
  }
}
