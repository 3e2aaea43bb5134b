// The few numbers that are made of many.

export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** @param share - from 0 to 1 */
export function percentile (values: Iterable<number>, share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Median of the percentiles of neighbours: whatever comes to fewer than half of the windows leaves no mark. A rest shorter than a window is left out. */
export function windowedPercentile (values: Float64Array, share: number, windowLength: number): number {
  if (values.length <= windowLength) {
    return percentile(values, share)
  }
  const windows = Math.floor(values.length / windowLength)
  return median(Array.from({ length: windows }, (_, index) => percentile(values.subarray(index * windowLength, (index + 1) * windowLength), share)))
}

export function rounded (value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}
