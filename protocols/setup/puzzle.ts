/**
 * Client puzzles (hashcash; Dean and Stubblefield 2001): under load, whoever wants a signature checked shows that it has worked for it.
 * Making one costs 2^bits hashes, checking it costs one, and the cookie in it makes it good for one node and two minutes.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { BywayError, CancelledError, OverQuotaError } from '../errors.ts'
import { MAX_PUZZLE_BITS, PUZZLE_DOMAIN, SOLUTION_BYTES } from './constants.ts'

/** Between two looks at the clock: about a tenth of a millisecond. */
const HASHES_PER_LOOK = 64
/** Half a frame of a browser: what else a host does goes on in between. */
const DEFAULT_SLICE_MS = 8

const DOMAIN = fromString(PUZZLE_DOMAIN)

export interface SolvePuzzleOptions {
  /** Its reason is thrown if it is a BywayError, else CancelledError */
  signal?: AbortSignal
  /** For how long the event loop is held at a time */
  sliceMs?: number
  /** Any monotonic clock, in ms */
  now?: () => number
}

/** How many bits of the hash are 0 before the first 1. */
export function leadingZeroBits (hash: Uint8Array): number {
  let bits = 0
  for (const byte of hash) {
    if (byte !== 0) {
      return bits + Math.clz32(byte) - 24
    }
    bits += 8
  }
  return bits
}

/** Leading zero bits of the puzzle's hash: how hard somebody has worked. */
export function effortOf (cookie: Uint8Array, orderId: Uint8Array, solution: Uint8Array): number {
  return leadingZeroBits(sha256(concat([DOMAIN, cookie, orderId, solution])))
}

/**
 * A solution of at least `bits`, found in slices between which the event loop runs. Throws OverQuotaError when more is asked for
 * than the specification allows: a node must not be able to keep a host busy. Throws what `options.signal` says.
 */
export async function solvePuzzle (
  cookie: Uint8Array, orderId: Uint8Array, bits: number,
  { signal, sliceMs = DEFAULT_SLICE_MS, now = () => performance.now() }: SolvePuzzleOptions = {}
): Promise<Uint8Array> {
  if (!Number.isInteger(bits) || bits < 0 || bits > MAX_PUZZLE_BITS) {
    throw new OverQuotaError(`the node asks for too much: a puzzle of ${bits} bits where at most ${MAX_PUZZLE_BITS} are allowed`)
  }
  const attempt = concat([DOMAIN, cookie, orderId, new Uint8Array(SOLUTION_BYTES)])
  for (;;) {
    throwIfAborted(signal)
    if (searchUntil(attempt, bits, now() + sliceMs, now)) {
      return new Uint8Array(attempt.subarray(-SOLUTION_BYTES))
    }
    await new Promise(resolve => { setTimeout(resolve, 0) })
  }
}

/** Tries on from the solution at the end of `attempt` and leaves the last one there. */
function searchUntil (attempt: Uint8Array, bits: number, endMs: number, now: () => number): boolean {
  do {
    for (let i = 0; i < HASHES_PER_LOOK; i++) {
      if (leadingZeroBits(sha256(attempt)) >= bits) {
        return true
      }
      countUp(attempt)
    }
  } while (now() < endMs)
  return false
}

/** The last bytes as a big-endian number; 2^64 attempts do not happen. */
function countUp (attempt: Uint8Array): void {
  for (let at = attempt.length - 1; ; at--) {
    attempt[at]++
    if (attempt[at] !== 0) {
      return
    }
  }
}

function throwIfAborted (signal?: AbortSignal): void {
  if (signal?.aborted === true) {
    throw signal.reason instanceof BywayError ? signal.reason : new CancelledError('cancelled by the caller', { cause: signal.reason })
  }
}
