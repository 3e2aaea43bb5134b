// Rates in one byte: what a source-routed packet says of the rate that its authenticators were made for. A step is a semitone,
// twelve to the octave, so that the class of a rate is at most 6 % below it.
import { MalformedMessageError } from '../errors.ts'

/** No rate of its own; the forwarder's caps hold all the same. */
export const NO_RATE_CLASS = 0
export const MAX_RATE_CLASS = 255
/** Class 1. */
export const LOWEST_RATE = 1_000

const STEPS_PER_OCTAVE = 12

/** Whole bytes per second of each class, so that all nodes compare the same numbers. */
const RATES = Float64Array.from({ length: MAX_RATE_CLASS + 1 }, (_, rateClass) =>
  rateClass === NO_RATE_CLASS ? Infinity : Math.floor(LOWEST_RATE * 2 ** ((rateClass - 1) / STEPS_PER_OCTAVE)))

/** Bytes per second; Infinity for class 0. */
export function bytesPerSecondOf (rateClass: number): number {
  return RATES[rateClass]
}

/**
 * The highest class that is not above the rate of a path. A rate of 0 is none, as in an offer, and has class 0.
 *
 * @throws MalformedMessageError for a rate below the lowest class: such a path can only be set up with labels
 */
export function rateClassOf (bytesPerSecond: number | bigint): number {
  const rate = Number(bytesPerSecond)
  if (rate === 0) {
    return NO_RATE_CLASS
  }
  if (!(rate >= LOWEST_RATE)) {
    throw new MalformedMessageError(`a path of ${rate} bytes per second has no rate class, the lowest is ${LOWEST_RATE}: set it up with labels`)
  }
  let below = 1
  let above = MAX_RATE_CLASS + 1
  while (above - below > 1) {
    const middle = (below + above) >>> 1
    if (RATES[middle] <= rate) {
      below = middle
    } else {
      above = middle
    }
  }
  return below
}
