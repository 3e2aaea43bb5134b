// What the queues before all links of a node did with packets, and how long these waited.

/** Upper ends of the ranges in which waits are counted, ms; the last range has none. */
export const WAIT_BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100] as const

export class QueueCounters {
  /** Dropped, since a queue was full. */
  full = 0
  /** Dropped, since they had waited for too long, or for long while others did too (CoDel). */
  late = 0
  /** Dropped, since the link was down. */
  down = 0
  /** Got the congestion mark here. */
  marked = 0
  /** By range: packets that had to wait for credit. */
  readonly waits = new Float64Array(WAIT_BOUNDS_MS.length + 1)

  get dropped (): number {
    return this.full + this.late + this.down
  }

  /** How many have waited no longer than each of the bounds, by the bound in ms; under `Infinity` all. */
  get waitsByBound (): Record<string, number> {
    let sum = 0
    return Object.fromEntries([...WAIT_BOUNDS_MS, Infinity].map((bound, range) => [String(bound), sum += this.waits[range]]))
  }

  /** Those of another queue as well. */
  add (other: QueueCounters): void {
    this.full += other.full
    this.late += other.late
    this.down += other.down
    this.marked += other.marked
    other.waits.forEach((packets, range) => { this.waits[range] += packets })
  }

  /** A packet that has waited leaves now. */
  waited (ms: number): void {
    let range = 0
    while (range < WAIT_BOUNDS_MS.length && ms > WAIT_BOUNDS_MS[range]) {
      range++
    }
    this.waits[range]++
  }
}
