/**
 * Cookies: proof that a source has heard from this node lately, through this caller, so that it is not made up. Nothing is kept: a cookie is
 * a time and a MAC over it, the source and the caller, as in DTLS (RFC 9147, section 5.1).
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { NODE_ID_BYTES } from '../../protocols/forward/constants.ts'
import { COOKIE_BYTES } from '../../protocols/setup/constants.ts'

/** Long enough for the slowest puzzle; a host can use it for the next orders too. Also the life of a secret. */
export const COOKIE_LIFE_MS = 120_000

const SECRET_BYTES = 32
const TIME_BYTES = 4
const LIFE_SECONDS = COOKIE_LIFE_MS / 1_000

/** Keyed once: cloning it saves two of the four hash blocks of an HMAC. */
type Keyed = ReturnType<typeof hmac.create>

/** The clock is in ms, monotonic and not negative: a node's own, so nobody else's has to agree. */
export class Cookies {
  readonly #random: (bytes: number) => Uint8Array
  #period = -1
  #current: Keyed
  #previous: Keyed

  constructor (random: (bytes: number) => Uint8Array) {
    this.#random = random
    this.#current = this.#newSecret()
    this.#previous = this.#newSecret()
  }

  /** 20 bytes for this source, when it comes again through this caller; both are node ids (16 bytes). */
  make (source: Uint8Array, caller: Uint8Array, nowMs: number): Uint8Array {
    const seconds = this.#turn(nowMs)
    return authenticated(this.#current, seconds, source, caller)
  }

  /** Whether this is a cookie of the last 120 s, made here for this source and caller. The dear part comes last. */
  isGood (cookie: Uint8Array, source: Uint8Array, caller: Uint8Array, nowMs: number): boolean {
    if (cookie.length !== COOKIE_BYTES) {
      return false
    }
    const seconds = this.#turn(nowMs)
    const made = new DataView(cookie.buffer, cookie.byteOffset, TIME_BYTES).getUint32(0)
    if (made > seconds || seconds - made > LIFE_SECONDS) {
      return false
    }
    const secret = periodOf(made) === this.#period ? this.#current : this.#previous
    return isEqual(cookie, authenticated(secret, made, source, caller))
  }

  /** Makes the secrets those of this time; returns it in seconds. A clock that steps backwards leaves them. */
  #turn (nowMs: number): number {
    const seconds = Math.floor(nowMs / 1_000)
    const period = periodOf(seconds)
    if (period > this.#period) {
      this.#previous = period === this.#period + 1 ? this.#current : this.#newSecret()
      this.#current = this.#newSecret()
      this.#period = period
    }
    return seconds
  }

  #newSecret (): Keyed {
    return hmac.create(sha256, this.#random(SECRET_BYTES))
  }
}

function periodOf (seconds: number): number {
  return Math.floor(seconds / LIFE_SECONDS)
}

function authenticated (secret: Keyed, seconds: number, source: Uint8Array, caller: Uint8Array): Uint8Array {
  if (source.length !== NODE_ID_BYTES || caller.length !== NODE_ID_BYTES) {
    throw new RangeError(`a cookie is for node ids of ${NODE_ID_BYTES} bytes, not ${source.length} and ${caller.length}`)
  }
  const cookie = new Uint8Array(COOKIE_BYTES)
  new DataView(cookie.buffer).setUint32(0, seconds)
  const mac = secret.clone().update(cookie.subarray(0, TIME_BYTES)).update(source).update(caller).digest()
  cookie.set(mac.subarray(0, COOKIE_BYTES - TIME_BYTES), TIME_BYTES)
  return cookie
}

/** In a time that does not tell how much of a forgery was right. */
function isEqual (one: Uint8Array, other: Uint8Array): boolean {
  let difference = 0
  for (let i = 0; i < one.length; i++) {
    difference |= one[i] ^ other[i]
  }
  return difference === 0
}
