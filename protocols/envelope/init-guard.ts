// Stands before `acceptInit`: the same init, come again because its response was lost, because it took two paths or because somebody
// replays it, never makes a second session, and a flood of inits costs a bounded share of a core.
import { sha256 } from '@noble/hashes/sha2.js'
import { toString } from 'uint8arrays/to-string'
import {
  DEFAULT_MAX_INITS_PER_SECOND, DEFAULT_MAX_REMEMBERED_INITS, INIT_MEMORY_MS, MAX_RESPONSE_REPEATS, RESPONSE_MEMORY_MS
} from './constants.ts'
import { HandshakeError } from './errors.ts'
import { acceptInit, checkInit } from './handshake.ts'
import type { Session } from './session.ts'
import type { AcceptInitOptions } from './handshake.ts'

export interface InitGuardInit {
  /** Wall clock, the one that timestamps are made with. */
  nowMs: () => number
  /** Also the largest burst. */
  maxInitsPerSecond?: number
  maxRememberedInits?: number
}

export interface GuardedInit {
  /** The response to send. */
  message: Uint8Array
  /** Only the first time: a repeated init finds its session established already. */
  session?: Session
}

interface Remembered {
  forgetAtMs: number
  repeatUntilMs: number
  repeats: number
  /** The response alone: the session and its keys are not kept alive from here. */
  response: Promise<Uint8Array>
}

/**
 * Remembers inits by the hash of all their bytes: a copy altered on the way is another init, and can neither displace the true one nor
 * be answered with its response. Bounded by `maxRememberedInits`; full, it refuses rather than forgets.
 */
export class InitGuard {
  readonly #nowMs: () => number
  readonly #maxInitsPerSecond: number
  readonly #maxRememberedInits: number
  /** In order of insertion, which is the order of forgetting. */
  readonly #remembered = new Map<string, Remembered>()
  #tokens: number
  #refilledAtMs: number

  constructor (init: InitGuardInit) {
    this.#nowMs = init.nowMs
    this.#maxInitsPerSecond = init.maxInitsPerSecond ?? DEFAULT_MAX_INITS_PER_SECOND
    this.#maxRememberedInits = init.maxRememberedInits ?? DEFAULT_MAX_REMEMBERED_INITS
    this.#tokens = this.#maxInitsPerSecond
    this.#refilledAtMs = init.nowMs()
  }

  /**
   * Answers an init once, and repeats the answer for 10 s. Throws what `acceptInit` throws, and HandshakeError (replayed, rate-limited,
   * memory-full).
   */
  async accept (message: Uint8Array, options: Omit<AcceptInitOptions, 'nowMs'>): Promise<GuardedInit> {
    const nowMs = this.#nowMs()
    this.#forget(nowMs)
    checkInit(message, { ...options, nowMs })
    const key = toString(sha256(message), 'base64')
    const known = this.#remembered.get(key)
    if (known !== undefined) {
      return { message: await this.#repeat(known, nowMs) }
    }
    this.#admit(nowMs)
    return this.#acceptNew(key, message, { ...options, nowMs })
  }

  async #acceptNew (key: string, message: Uint8Array, options: AcceptInitOptions): Promise<GuardedInit> {
    const { nowMs } = options
    const accepted = acceptInit(message, options)
    const response = accepted.then(({ message }) => message)
    // A failure reaches the caller below, whether or not a copy of the init waits for it too.
    response.catch(() => {})
    // Remembered before the signature is known to be good: a copy over another path may arrive while it is being verified.
    this.#remembered.set(key, { forgetAtMs: nowMs + INIT_MEMORY_MS, repeatUntilMs: nowMs + RESPONSE_MEMORY_MS, repeats: 0, response })
    try {
      return await accepted
    } catch (err) {
      this.#remembered.delete(key)
      throw err
    }
  }

  async #repeat (known: Remembered, nowMs: number): Promise<Uint8Array> {
    known.repeats++
    if (nowMs > known.repeatUntilMs || known.repeats > MAX_RESPONSE_REPEATS) {
      throw new HandshakeError('replayed', 'the init was answered before; its initiator has to make a new one')
    }
    return known.response
  }

  #admit (nowMs: number): void {
    if (this.#remembered.size >= this.#maxRememberedInits) {
      throw new HandshakeError('memory-full', `${this.#maxRememberedInits} inits are remembered already; try again in a minute`)
    }
    const elapsedMs = Math.max(0, nowMs - this.#refilledAtMs)
    this.#tokens = Math.min(this.#maxInitsPerSecond, this.#tokens + elapsedMs * this.#maxInitsPerSecond / 1000)
    this.#refilledAtMs = nowMs
    if (this.#tokens < 1) {
      throw new HandshakeError('rate-limited', `more than ${this.#maxInitsPerSecond} inits per second; try again in a second`)
    }
    this.#tokens--
  }

  #forget (nowMs: number): void {
    for (const [key, { forgetAtMs }] of this.#remembered) {
      // what is from a clock that was set back since then is not of our time any more: its timestamp is refused
      if (forgetAtMs >= nowMs && forgetAtMs <= nowMs + 2 * INIT_MEMORY_MS) {
        return
      }
      this.#remembered.delete(key)
    }
  }
}
