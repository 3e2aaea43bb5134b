// What one end of a link says of it, and how far that can be trusted to stay so: each new value is compared with the one
// before, so that a link whose values wander is told from one that only jitters.
import { directionOf, NOT_SAID } from './link-direction.ts'
import type { DirectionEstimate, TrafficView } from './link-direction.ts'

/** One side's view of a link. What is not given was not said. */
export interface LinkView {
  /** Round trip over the link. */
  rttUs: number
  jitterUs: number
  lossPpm: number
  /** When it was measured, Unix time in ms. */
  measuredAtMs: number
  /** By how much that may be off from one view of a measurement to the next, ms. Default 0: what is newer at all is another measurement. */
  measuredAtErrorMs?: number
  /** Probes behind it. */
  samples?: number
  /** The most that was delivered to the other end lately; 0: not known. */
  bytesPerSecond?: number
  /** The link was never full meanwhile. */
  rateIsFloor?: boolean
  /** Sent to the other end now. */
  loadBytesPerSecond?: number
  /** Received from the other end now. */
  receivedBytesPerSecond?: number
  /** The most that was received from the other end lately; 0: nothing worth a rate. */
  mostReceivedBytesPerSecond?: number
  /** It may have been able to send more. Default true: who only receives does not know; a survey does, since it has filled both directions. */
  mostReceivedIsFloor?: boolean
}

/** What is believed of a link, from both ends. */
export interface LinkEstimate extends Pick<LinkView, 'rttUs' | 'jitterUs' | 'lossPpm' | 'measuredAtMs'> {
  /**
   * Of a round trip that is measured next, in µs²: the unrest within a report (jitter) and from report to report (movement)
   * added as of independent quantities.
   */
  varianceUs2: number
  /** Of the loss, in squared millionths; undefined where nobody says how many probes are behind it. */
  lossVariancePpm2: number | undefined
  /** Traffic in the direction that was asked for. */
  forth: DirectionEstimate
  /** And against it. */
  back: DirectionEstimate
}

/** Standard deviation of a normal distribution over its mean absolute deviation: √(π/2). */
const DEVIATION_PER_JITTER = 1.2533
/** Movement is averaged over about so many reports: quick to see unrest, not at the mercy of one step. */
const REPORTS_AVERAGED = 8

/**
 * What a link is taken to move by, as a share of its round trip, before it was seen twice; counts like one report. From one
 * slice of PlanetLab to the next six of seven links move by less.
 */
const FIRST_MOVEMENT_SHARE = 0.05

/** A view that is kept, updated in place: no report leaves garbage behind. */
export class KeptView implements LinkView, TrafficView {
  readonly from: string
  readonly to: string
  rttUs = 0
  jitterUs = 0
  lossPpm = 0
  measuredAtMs = Number.NEGATIVE_INFINITY
  samples = 0
  bytesPerSecond = 0
  rateIsFloor = false
  loadBytesPerSecond = NOT_SAID
  receivedBytesPerSecond = NOT_SAID
  mostReceivedBytesPerSecond = NOT_SAID
  mostReceivedIsFloor = true
  /**
   * Half of the mean squared difference of successive values: their variance, and unlike that about a mean not blown up by a
   * slow drift (von Neumann et al., The mean square successive difference, 1941).
   */
  movementUs2 = 0
  /** Measurements taken so far. */
  reports = 0
  /** From the store, or from before the clock was set, and nobody has confirmed it since. */
  isRemembered = false
  /** Waits in the list of changes. */
  isListed = false

  constructor (from: string, to: string) {
    this.from = from
    this.to = to
  }

  /**
   * A heartbeat that repeats a measurement does not make it a new one: a step of nothing would pass for steadiness. Of repeats the earliest
   * date counts, for what is in their way only makes them later.
   */
  update (view: LinkView): void {
    const isNew = this.reports === 0 || view.measuredAtMs > this.measuredAtMs + (view.measuredAtErrorMs ?? 0)
    if (isNew) {
      if (this.reports > 0) {
        const step = view.rttUs - this.rttUs
        this.movementUs2 += (step * step / 2 - this.movementUs2) / Math.min(this.reports + 1, REPORTS_AVERAGED)
      } else {
        this.movementUs2 = (FIRST_MOVEMENT_SHARE * view.rttUs) ** 2
      }
      this.reports++
    }
    this.rttUs = view.rttUs
    this.jitterUs = view.jitterUs
    this.lossPpm = view.lossPpm
    this.measuredAtMs = isNew ? view.measuredAtMs : Math.min(this.measuredAtMs, view.measuredAtMs)
    this.samples = view.samples ?? 0
    this.bytesPerSecond = view.bytesPerSecond ?? 0
    this.rateIsFloor = view.rateIsFloor ?? false
    this.loadBytesPerSecond = view.loadBytesPerSecond ?? NOT_SAID
    this.receivedBytesPerSecond = view.receivedBytesPerSecond ?? NOT_SAID
    this.mostReceivedBytesPerSecond = view.mostReceivedBytesPerSecond ?? NOT_SAID
    this.mostReceivedIsFloor = view.mostReceivedIsFloor ?? true
    this.isRemembered = false
  }

  /** It is from before, and to be confirmed. A clock that was set back must not make anything newer than now. */
  recall (nowMs: number): void {
    this.measuredAtMs = Math.min(this.measuredAtMs, nowMs)
    this.isRemembered = true
  }

  get varianceUs2 (): number {
    return (DEVIATION_PER_JITTER * this.jitterUs) ** 2 + this.movementUs2
  }

  /**
   * Of the share that is lost, when so many of the samples were and nothing was known before: of the posterior under a
   * uniform prior (Laplace), which is not zero where by chance nothing was lost.
   */
  get lossVariancePpm2 (): number | undefined {
    if (this.samples === 0) {
      return undefined
    }
    const lost = (this.lossPpm / 1e6 * this.samples + 1) / (this.samples + 2)
    return lost * (1 - lost) / (this.samples + 3) * 1e12
  }
}

/**
 * Of two views of one link, from its two ends, the worse value counts in each respect, and the older one for the age.
 * Undefined where there is neither.
 */
export function worseOf (a: KeptView | undefined, b: KeptView | undefined): LinkEstimate | undefined {
  const one = a ?? b
  if (one === undefined) {
    return undefined
  }
  const other = b ?? one
  return {
    rttUs: Math.max(one.rttUs, other.rttUs),
    jitterUs: Math.max(one.jitterUs, other.jitterUs),
    lossPpm: Math.max(one.lossPpm, other.lossPpm),
    measuredAtMs: Math.min(one.measuredAtMs, other.measuredAtMs),
    varianceUs2: Math.max(one.varianceUs2, other.varianceUs2),
    lossVariancePpm2: one.samples === 0 || other.samples === 0 ? undefined : Math.max(one.lossVariancePpm2 as number, other.lossVariancePpm2 as number),
    forth: directionOf(a, b),
    back: directionOf(b, a)
  }
}
