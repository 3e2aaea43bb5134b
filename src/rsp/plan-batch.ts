// The links of the measurement plan that are being measured now. A link has answered when its value in the map is fresh enough, whatever
// brought it there: reports or surveys.
//
// Ages are compared, not times of day: a clock that is set while a batch is under way costs it nothing.
import { HEARTBEAT_MS } from '../../protocols/report/constants.ts'
import type { LinkEstimate } from './link-view.ts'
import type { LinkPair, Measurement } from './measurement-plan/link-memory.ts'

/** Until a link that nobody has had is dialled, probed and reported. Few stragglers keep a batch no longer than that. */
const SOME_MISSING_MS = 5_000
const FEW = 0.1
/** What has not answered by then does not answer. */
export const BATCH_MS = 10_000
/** A value that was measured so shortly before it was asked for is a measurement too. */
const FRESH_MS = 10_000
/**
 * Of a link that is watched already forwarders say nothing while it does not move, but for a full report now and then: until the next one,
 * and the probe before it, the last value is that of now.
 */
const STEADY_MS = HEARTBEAT_MS + 5_000

export interface PlannedLink {
  pair: LinkPair
  a: string
  b: string
  /** It was watched before it was asked for. */
  wasWatched: boolean
}

interface BatchLink extends PlannedLink {
  rttMs?: number
}

export interface PlanBatchInit {
  links: readonly PlannedLink[]
  estimate: (a: string, b: string) => Pick<LinkEstimate, 'rttUs' | 'measuredAtMs'> | undefined
  /** Whether both ends are there still. */
  isThere: (a: string, b: string) => boolean
  /** Monotonic, ms. */
  clockMs: number
}

export class PlanBatch {
  readonly #init: PlanBatchInit
  readonly #links: readonly BatchLink[]
  readonly #missing: Set<BatchLink>

  constructor (init: PlanBatchInit) {
    this.#init = init
    this.#links = init.links.map((link) => ({ ...link }))
    this.#missing = new Set(this.#links)
  }

  /**
   * Takes the values that have come, and gives up links whose ends have gone.
   *
   * @param times - now: Unix time and monotonic, ms
   * @returns the links that have answered meanwhile
   */
  look ({ nowMs, clockMs }: { nowMs: number, clockMs: number }): Array<{ a: string, b: string, rttMs: number }> {
    const { estimate, isThere } = this.#init
    const answered: Array<{ a: string, b: string, rttMs: number }> = []
    for (const link of this.#missing) {
      const { a, b, wasWatched } = link
      const known = estimate(a, b)
      const oldestMs = clockMs - this.#init.clockMs + (wasWatched ? STEADY_MS : FRESH_MS)
      if (!isThere(a, b)) {
        this.#missing.delete(link)
      } else if (known !== undefined && nowMs - known.measuredAtMs <= oldestMs) {
        this.#missing.delete(link)
        link.rttMs = known.rttUs / 1_000
        answered.push({ a, b, rttMs: link.rttMs })
      }
    }
    return answered
  }

  isOver (clockMs: number): boolean {
    const elapsedMs = clockMs - this.#init.clockMs
    return this.#missing.size === 0 || elapsedMs >= BATCH_MS || (elapsedMs >= SOME_MISSING_MS && this.#missing.size <= FEW * this.#links.length)
  }

  /** What came of it. A link that has only an older value has neither answered nor failed to: nothing is said of it. */
  get results (): Measurement[] {
    const { estimate, isThere } = this.#init
    return this.#links
      .filter(({ a, b, rttMs }) => rttMs !== undefined || !isThere(a, b) || estimate(a, b) === undefined)
      .map(({ pair: [a, b], rttMs }) => ({ a, b, rttMs }))
  }
}
