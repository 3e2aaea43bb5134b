// How fast something grows, from readings that jump about: the Theil–Sen estimator, the median of the slopes between all pairs of readings
// (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968). A third of the readings may be anything.
import { median } from '../statistics.ts'

export interface Reading {
  atMs: number
  value: number
}

/** Per ms. The interval holds the slope with 95 % where readings are independent of each other; where neighbours are alike it is too narrow. */
export interface Slope {
  slope: number
  low: number
  high: number
}

/** Two-sided, 95 %. */
const NORMAL_QUANTILE = 1.96

/** Undefined for less than three readings, which say nothing. */
export function robustSlope (readings: readonly Reading[]): Slope | undefined {
  const count = readings.length
  if (count < 3) {
    return undefined
  }
  const slopes = readings
    .flatMap((later, i) => readings.slice(0, i).map((earlier) => (later.value - earlier.value) / (later.atMs - earlier.atMs)))
    .sort((a, b) => a - b)
  // variance of Kendall's S where there is no trend and no ties
  const spread = NORMAL_QUANTILE * Math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
  const at = (rank: number): number => slopes[Math.max(0, Math.min(slopes.length - 1, Math.round(rank)))]
  return { slope: median(slopes), low: at((slopes.length - spread) / 2 - 1), high: at((slopes.length + spread) / 2) }
}
