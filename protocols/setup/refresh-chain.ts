/**
 * Refresh chains (Lamport 1981, as in S/KEY): values of which each is the hash of the next one shown. Who holds the chain can go on;
 * who saw a value can check the next with a hash, and cannot make it.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { CHAIN_BYTES, DEFAULT_CHAIN, MAX_CHAIN, MAX_CHAIN_STEPS } from './constants.ts'

/** The source's side: x0 … xn, of which xn is the anchor and the others are shown from the last to the first. */
export class RefreshChain {
  readonly #values: Uint8Array[]
  #shown: number

  /** `seed` is x0, 16 secret random bytes; `length` is the number of refreshes, 1 to 4,096. Throws RangeError. */
  constructor (seed: Uint8Array, length = DEFAULT_CHAIN) {
    if (seed.length !== CHAIN_BYTES) {
      throw new RangeError(`the seed of a refresh chain has ${CHAIN_BYTES} random bytes, not ${seed.length}`)
    }
    if (!Number.isInteger(length) || length < 1 || length > MAX_CHAIN) {
      throw new RangeError(`a refresh chain has 1 to ${MAX_CHAIN} values, not ${length}`)
    }
    this.#values = [new Uint8Array(seed)]
    for (let i = 0; i < length; i++) {
      this.#values.push(chainHash(this.#values[i]))
    }
    this.#shown = length
  }

  /** Goes into the order: what the first refresh hashes to. */
  get anchor (): Uint8Array {
    return this.#values[this.#values.length - 1]
  }

  /** Refreshes that are left. */
  get left (): number {
    return this.#shown
  }

  /** What the next refresh shows, or undefined when all has been shown: a new order is needed then. */
  next (): Uint8Array | undefined {
    return this.#shown === 0 ? undefined : this.#values[--this.#shown]
  }
}

/** Does `shown` hash to what was shown last (at first: the anchor) in 1 to `maxSteps` steps? Takes hostile input. */
export function followsInChain (shown: Uint8Array, last: Uint8Array, maxSteps = MAX_CHAIN_STEPS): boolean {
  if (shown.length !== CHAIN_BYTES || last.length !== CHAIN_BYTES) {
    return false
  }
  let hash = shown
  for (let step = 0; step < maxSteps; step++) {
    hash = chainHash(hash)
    if (isSame(hash, last)) {
      return true
    }
  }
  return false
}

function chainHash (value: Uint8Array): Uint8Array {
  return sha256(value).subarray(0, CHAIN_BYTES)
}

/** Nothing here is secret any more, so that the time may tell where two values differ. */
function isSame (a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < CHAIN_BYTES; i++) {
    if (a[i] !== b[i]) {
      return false
    }
  }
  return true
}
