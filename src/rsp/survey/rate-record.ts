// What the last looks at a link's bandwidth have found, as one value. A busy event loop anywhere on the way makes one look too low, chunks that pile up make one
// too high; so it is the median.
import type { FoundRate } from '../../measurement/rate-search.ts'

const LOOKS_KEPT = 5
/** In a large overlay it takes so long until a link's turn comes again. */
const HOLDS_MS = 1_800_000
/** So many floors in a row: the link is not what limits any more. */
const FLOORS_INSTEAD = 3
/** A floor so much above what was found: it is more now. */
const CLEARLY_MORE = 1.25

export class RateRecord {
  #rates: number[] = []
  #floors: number[] = []
  /** When a look ended last, and when one last found something, monotonic ms; undefined before the first. */
  lookedAtMs: number | undefined
  #foundAtMs: number | undefined

  add (found: FoundRate | undefined, nowMs: number): void {
    this.lookedAtMs = nowMs
    if (found === undefined) {
      return
    }
    this.#foundAtMs = nowMs
    if (!found.isFloor) {
      this.#floors = []
      push(this.#rates, found.bytesPerSecond)
      return
    }
    push(this.#floors, found.bytesPerSecond)
    if (this.#floors.length >= FLOORS_INSTEAD || found.bytesPerSecond > CLEARLY_MORE * median(this.#rates)) {
      this.#rates = []
    }
  }

  /** Undefined before something was found, and when that is too long ago. */
  found (nowMs: number): FoundRate | undefined {
    if (this.#foundAtMs === undefined || nowMs - this.#foundAtMs > HOLDS_MS) {
      return undefined
    }
    if (this.#rates.length > 0) {
      return { bytesPerSecond: Math.round(median(this.#rates)), isFloor: false }
    }
    return this.#floors.length === 0 ? undefined : { bytesPerSecond: Math.round(median(this.#floors)), isFloor: true }
  }

  /** What was found does not hold any more. The link's turn comes no sooner for that: one that comes and goes would take all turns. */
  forget (): void {
    this.#rates = []
    this.#floors = []
    this.#foundAtMs = undefined
  }
}

function push (values: number[], value: number): void {
  values.push(value)
  if (values.length > LOOKS_KEPT) {
    values.shift()
  }
}

/** NaN of none. */
function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}
