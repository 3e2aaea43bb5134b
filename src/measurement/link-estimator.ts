// What a forwarder knows of one link it watches, from the probes it sends over it: the estimate that its reports carry,
// and when that has changed enough to be reported before the next heartbeat.
import { SampleRing } from './sample-ring.ts'

export interface LinkReading {
  state: 'unknown' | 'up' | 'down'
  /** Undefined while no probe has come back. */
  rttUs: number | undefined
  /** Mean absolute deviation of the samples from their median; 0 while there is none. */
  jitterUs: number
  /** Share of the last probes that were lost or late, in millionths; 0 while none was sent. */
  lossPpm: number
  /** Round-trip times behind rttUs and jitterUs. */
  samples: number
  /** Probes behind lossPpm: one lost probe of few is a large share, so weigh it with this. */
  outcomes: number
}

/** A median over it has a standard error of a third of the jitter, and at a probe a second it spans what an RSP plans for. */
const SAMPLES_KEPT = 16
/** One lost probe of a full ring counts 1.6 %. */
const OUTCOMES_KEPT = 64
/** Three of five make the median: a new level shows with its third sample, and two stray samples in a row do not. */
const RECENT_SAMPLES = 5
const SAMPLES_OF_A_LEVEL = 3
/** The median of five strays by 0.7 of the jitter, so a difference of three times the jitter is hardly chance. */
const SHIFT_IN_JITTERS = 3
/** A link on which nothing came back for so many probes in a row is down; at 10 % loss that happens by chance once in 10,000. */
const LOST_IN_A_ROW_IF_DOWN = 4

/** An RTT that moved by less than both of these is the same to whoever plans with it. */
const SIGNIFICANT_RTT_SHARE = 0.05
const SIGNIFICANT_RTT_US = 1000
const SIGNIFICANT_LOSS_PPM = 10_000

export class LinkEstimator {
  readonly #samples = new SampleRing(SAMPLES_KEPT)
  /** 1 for a lost probe. */
  readonly #outcomes = new Uint8Array(OUTCOMES_KEPT)
  #outcomesTaken = 0
  #lostKept = 0
  #lostInARow = 0
  #sampledAtMs = Number.NEGATIVE_INFINITY

  /** A probe came back. Throws InvalidSampleError. */
  sample (rttUs: number, nowMs: number): void {
    this.#samples.push(rttUs)
    this.#sampledAtMs = nowMs
    this.#lostInARow = 0
    this.#addOutcome(0)
    if (this.#hasShifted()) {
      this.#samples.keepNewest(SAMPLES_OF_A_LEVEL)
    }
  }

  /** A probe did not come back in time. */
  lost (): void {
    this.#lostInARow++
    this.#addOutcome(1)
  }

  get state (): LinkReading['state'] {
    if (this.#lostInARow >= LOST_IN_A_ROW_IF_DOWN) {
      return 'down'
    }
    return this.#samples.size === 0 ? 'unknown' : 'up'
  }

  get rttUs (): number | undefined {
    return this.#samples.size === 0 ? undefined : this.#samples.medianUs()
  }

  /**
   * What the way itself takes: a process that is busy for a while, at either end, only adds, and three quarters of the
   * samples may be spoilt by it. Promises are made of this; undefined before the first sample.
   */
  get quietRttUs (): number | undefined {
    return this.#samples.size === 0 ? undefined : this.#samples.lowerQuartileUs()
  }

  /** Standard error of rttUs; 0 while there is no sample. */
  get rttErrorUs (): number {
    return this.#samples.size === 0 ? 0 : this.#samples.quantileErrorUs(0.5)
  }

  /** Standard error of quietRttUs; 0 while there is no sample. */
  get quietRttErrorUs (): number {
    return this.#samples.size === 0 ? 0 : this.#samples.quantileErrorUs(0.25)
  }

  get jitterUs (): number {
    return this.#samples.size === 0 ? 0 : this.#samples.meanDeviationUs()
  }

  get lossPpm (): number {
    return this.outcomes === 0 ? 0 : Math.round(this.#lostKept / this.outcomes * 1e6)
  }

  get samples (): number {
    return this.#samples.size
  }

  get outcomes (): number {
    return Math.min(this.#outcomesTaken, OUTCOMES_KEPT)
  }

  /** Since the last probe that came back; Infinity when none has. */
  ageMs (nowMs: number): number {
    return nowMs - this.#sampledAtMs
  }

  reading (): LinkReading {
    return { state: this.state, rttUs: this.rttUs, jitterUs: this.jitterUs, lossPpm: this.lossPpm, samples: this.samples, outcomes: this.outcomes }
  }

  /**
   * True when the recent samples are on another level than those before them, which would only hold the median back and
   * pass for jitter.
   */
  #hasShifted (): boolean {
    if (this.#samples.size < RECENT_SAMPLES + SAMPLES_OF_A_LEVEL) {
      return false
    }
    const beforeUs = this.#samples.medianUs(RECENT_SAMPLES)
    const differenceUs = Math.abs(this.#samples.medianUs(0, RECENT_SAMPLES) - beforeUs)
    return isSignificantRtt(differenceUs, beforeUs) && differenceUs > SHIFT_IN_JITTERS * this.#samples.meanDeviationUs(RECENT_SAMPLES)
  }

  #addOutcome (lost: 0 | 1): void {
    const position = this.#outcomesTaken % OUTCOMES_KEPT
    this.#lostKept += lost - this.#outcomes[position]
    this.#outcomes[position] = lost
    this.#outcomesTaken++
  }
}

/**
 * True when whoever has the previous reading should be told the current one at once: the RTT moved by more than 5 % and
 * more than 1 ms, the loss by a percentage point or more, or the link came up or went down.
 */
export function movedSignificantly (previous: LinkReading, current: LinkReading): boolean {
  if (previous.state !== current.state || Math.abs(current.lossPpm - previous.lossPpm) >= SIGNIFICANT_LOSS_PPM) {
    return true
  }
  if (previous.rttUs === undefined || current.rttUs === undefined) {
    return previous.rttUs !== current.rttUs
  }
  return isSignificantRtt(Math.abs(current.rttUs - previous.rttUs), previous.rttUs)
}

function isSignificantRtt (differenceUs: number, rttUs: number): boolean {
  return differenceUs > Math.max(SIGNIFICANT_RTT_SHARE * rttUs, SIGNIFICANT_RTT_US)
}
