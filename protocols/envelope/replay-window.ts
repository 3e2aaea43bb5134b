// Which sequence numbers of one direction were seen: a bit ring behind the highest number, as in RFC 6479, so that moving the
// window clears whole words and shifts nothing.
import { REPLAY_WINDOW } from './constants.ts'

const WORD_BITS = 32

/**
 * Accepts each sequence number once. Numbers up to `size - 1` behind the highest accepted one are told apart exactly; older ones are
 * refused. Memory is fixed: one bit per number, doubled.
 */
export class ReplayWindow {
  readonly #size: number
  readonly #words: Uint32Array
  #highest = -1

  /** `size` is a power of two, at least 32: the ring is twice as long so that the word being cleared is never inside the window. */
  constructor (size: number = REPLAY_WINDOW) {
    if (!Number.isInteger(Math.log2(size)) || size < WORD_BITS) {
      throw new RangeError(`a replay window is a power of two of at least ${WORD_BITS}, not ${size}`)
    }
    this.#size = size
    this.#words = new Uint32Array(2 * size / WORD_BITS)
  }

  /** The highest accepted number, -1 before the first. */
  get highest (): number {
    return this.#highest
  }

  /** Judges without changing anything: call it before paying for decryption, and `accept` only after the tag was right. */
  check (sequence: number): 'new' | 'seen' | 'too-old' {
    if (sequence > this.#highest) {
      return 'new'
    }
    if (sequence <= this.#highest - this.#size) {
      return 'too-old'
    }
    const word = this.#words[this.#wordOf(sequence)]
    return (word & this.#bitOf(sequence)) === 0 ? 'new' : 'seen'
  }

  /** Marks an authenticated sequence number as seen and moves the window when it is the highest. */
  accept (sequence: number): void {
    if (sequence > this.#highest) {
      this.#clearUpTo(sequence)
      this.#highest = sequence
    }
    this.#words[this.#wordOf(sequence)] |= this.#bitOf(sequence)
  }

  #clearUpTo (sequence: number): void {
    const from = Math.floor(this.#highest / WORD_BITS)
    const words = Math.min(Math.floor(sequence / WORD_BITS) - from, this.#words.length)
    for (let i = 1; i <= words; i++) {
      this.#words[(from + i) % this.#words.length] = 0
    }
  }

  // Sequence numbers exceed 32 bits, so the word is found by division; the bit within it by the low bits, which `%` keeps exact.
  #wordOf (sequence: number): number {
    return Math.floor(sequence / WORD_BITS) % this.#words.length
  }

  #bitOf (sequence: number): number {
    return (1 << (sequence % WORD_BITS)) >>> 0
  }
}
