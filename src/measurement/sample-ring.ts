// The last few round-trip times of one thing that is measured, and what is robust to say of them.

/** Half the width of the interval of order statistics that a standard error is read from: 95 %. */
const ERRORS_WIDE = 1.96

/** Kept for as long as it matters: a new sample takes the place of the oldest. */
export class SampleRing {
  readonly capacity: number
  readonly #samplesUs: Float64Array
  /** Samples ever taken; the newest stands at (#taken - 1) mod capacity. */
  #taken = 0
  #size = 0

  constructor (capacity: number) {
    this.capacity = capacity
    this.#samplesUs = new Float64Array(capacity)
  }

  get size (): number {
    return this.#size
  }

  /** Throws InvalidSampleError, and then keeps what it has. */
  push (rttUs: number): void {
    if (!(rttUs >= 0 && Number.isFinite(rttUs))) {
      throw new InvalidSampleError(rttUs)
    }
    this.#samplesUs[this.#taken % this.capacity] = rttUs
    this.#taken++
    this.#size = Math.min(this.#size + 1, this.capacity)
  }

  /** Forgets all but the newest. */
  keepNewest (count: number): void {
    this.#size = Math.min(this.#size, count)
  }

  /** The median of all samples but the newest so many, or of the newest count of what is left; NaN when none is left. */
  medianUs (skip: number = 0, count: number = this.#size): number {
    const sorted = this.#newest(skip, count).sort()
    const middle = sorted.length >> 1
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /** A quarter of all samples are at most this; NaN when there is none. */
  lowerQuartileUs (): number {
    const sorted = this.#newest(0, this.#size).sort()
    return sorted[(sorted.length - 1) >> 2] ?? NaN
  }

  /**
   * Standard error of the quantile, from the samples around it (McKean and Schrader, Communications in Statistics B 13, 1984): a few that are
   * far out do not add to it. NaN when there is none.
   */
  quantileErrorUs (share: number): number {
    const sorted = this.#newest(0, this.#size).sort()
    const reach = ERRORS_WIDE * Math.sqrt(share * (1 - share) / sorted.length)
    const middleUs = quantileOf(sorted, share)
    return Math.max(quantileOf(sorted, share + reach) - middleUs, middleUs - quantileOf(sorted, share - reach)) / ERRORS_WIDE
  }

  /** How far the samples but the newest so many are from their median on average; NaN when none is left. */
  meanDeviationUs (skip: number = 0): number {
    const medianUs = this.medianUs(skip)
    const samplesUs = this.#newest(skip, this.#size)
    return samplesUs.reduce((sumUs, rttUs) => sumUs + Math.abs(rttUs - medianUs), 0) / samplesUs.length
  }

  /** A copy, newest first. */
  #newest (skip: number, count: number): Float64Array {
    const samplesUs = new Float64Array(Math.max(0, Math.min(count, this.#size - skip)))
    for (let position = 0; position < samplesUs.length; position++) {
      samplesUs[position] = this.#samplesUs[(this.#taken - 1 - skip - position) % this.capacity]
    }
    return samplesUs
  }
}

function quantileOf (sorted: Float64Array, share: number): number {
  const position = Math.max(0, Math.min(1, share)) * (sorted.length - 1)
  const below = Math.floor(position)
  return sorted[below] + (position - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below])
}

/** A round-trip time that no monotonic clock gives. */
export class InvalidSampleError extends Error {
  override readonly name = 'InvalidSampleError'
  readonly rttUs: number

  constructor (rttUs: number) {
    super(`A round-trip time is ${rttUs} µs: take both times from one monotonic clock.`)
    this.rttUs = rttUs
  }
}
