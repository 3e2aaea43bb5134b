// What a host knows of one RSP: what came of its promises, whether and how fast it answers, and what it asks. Pure.
//
// A newcomer is believed a little less than its word, and counts as neither good nor bad: it gets tried. An RSP that breaks its promises is
// distrusted: it gets tried again only now and then, until what it did has faded. One that mostly does not answer is failing, and left alone for a while.
import { ForgettingShare } from './forgetting-share.ts'
import { PromiseError } from './promise-error.ts'
import { isLossKept, isRttKept, rttErrorOf } from './promise-outcome.ts'
import type { ErrorEstimate } from './promise-error.ts'
import type { PromiseOutcome } from './promise-outcome.ts'
import type { ScoreRecord } from './score-record.ts'

/** Natural logarithm of measured over promised. Who errs on purpose errs to its own good: a stranger's word is taken with a tenth on top. */
const RTT_BELIEF = { bias: 0.1, spread: 0.3 }
/** Measured less promised, as a share. */
const LOSS_BELIEF = { bias: 0, spread: 0.01 }
/** One broken promise makes nobody a liar: measurements go wrong too. Two of two do. */
const KEPT_BELIEF = { yes: 3, no: 1 }
const TRUSTED_SHARE = 0.6
/** Intervals are to hold in four fifths of all cases (rsp/calibration.ts). */
const COVERED_BELIEF = { yes: 1.6, no: 0.4 }
const ANSWERED_BELIEF = { yes: 2, no: 0.5 }
const FAILING_SHARE = 0.5
/** Outages end: who was failing is asked again after so long; and when the clock was set back by more, for nobody knows then when it was. */
const LEFT_ALONE_MS = 300_000
/** From so many judged answers on an RSP is no newcomer any more. */
const KNOWN_CASES = 0.9
/** Where nothing is known of how fast it answers. */
const FIRST_LATENCY_MS = 300
const FIRST_DEVIATION_MS = 150
/** Gains and factor of RFC 6298, section 2. */
const MEAN_GAIN = 1 / 8
const DEVIATION_GAIN = 1 / 4
const DEVIATIONS = 4

export type Standing = 'new' | 'trusted' | 'failing' | 'distrusted'

/** For people and programs: `byway rsps`. */
export interface ProviderStatus {
  standing: Standing
  /** Expected share of promises that are kept, 0–1. */
  kept: number
  /** Promises that were judged, and those of them that were broken, since the RSP is known. */
  promises: number
  broken: number
  /** Expected share of measured round trips that are within the promised interval. */
  covered: number
  /** By how much round trips are measured longer (> 0) or shorter than promised, as a share of what was promised; null before the first. */
  rttBias: number | null
  rttSpread: number | null
  /** Measured less promised, as a share; null before the first. */
  lossBias: number | null
  /** Expected share of queries that it answers. */
  available: number
  answers: number
  failures: number
  /** How long it takes to answer; null before the first. */
  latencyMs: number | null
  /** Of an answer, in millionths of its operator's unit; null: not known. */
  priceMicro: number | null
  /** Unix time, ms: when it was last asked or judged. */
  seenAtMs: number
}

export class ProviderScore {
  readonly #rtt = new PromiseError(RTT_BELIEF)
  readonly #loss = new PromiseError(LOSS_BELIEF)
  readonly #kept = new ForgettingShare(KEPT_BELIEF)
  readonly #covered = new ForgettingShare(COVERED_BELIEF)
  readonly #answered = new ForgettingShare(ANSWERED_BELIEF)
  #latencyMs: number | undefined
  #deviationMs = 0
  #priceMicro: number | undefined
  #answers = 0
  #failures = 0
  #promises = 0
  #broken = 0
  #seenAtMs = 0

  constructor (record?: ScoreRecord) {
    if (record !== undefined) {
      this.#restore(record)
    }
  }

  get seenAtMs (): number {
    return this.#seenAtMs
  }

  /** Promises that were judged since it is known. */
  get promises (): number {
    return this.#promises
  }

  get priceMicro (): number | undefined {
    return this.#priceMicro
  }

  /** Times are Unix time, ms. */
  answered (latencyMs: number, priceMicro: number, nowMs: number): void {
    this.#answered.add(true, nowMs)
    const deviationMs = Math.abs(latencyMs - (this.#latencyMs ?? latencyMs))
    this.#deviationMs = this.#latencyMs === undefined ? latencyMs / 2 : this.#deviationMs + DEVIATION_GAIN * (deviationMs - this.#deviationMs)
    this.#latencyMs = this.#latencyMs === undefined ? latencyMs : this.#latencyMs + MEAN_GAIN * (latencyMs - this.#latencyMs)
    this.#priceMicro = priceMicro
    this.#answers++
    this.#seenAtMs = nowMs
  }

  /** It did not answer, or with what does not hold. */
  failed (nowMs: number): void {
    this.#answered.add(false, nowMs)
    this.#failures++
    this.#seenAtMs = nowMs
  }

  judge ({ rttMs, loss, isUseless, weight, isTaken }: PromiseOutcome, nowMs: number): void {
    if (!isTaken && this.standing(nowMs) === 'distrusted') {
      // what rivals offer too is the best of what it offers: it shows nothing of the rest
      return
    }
    this.#seenAtMs = nowMs
    if (isUseless === true) {
      this.#keeps(false, weight, nowMs)
    }
    if (rttMs !== undefined) {
      this.#rtt.add(rttErrorOf(rttMs), nowMs, weight)
      this.#covered.add(Math.abs(rttMs.measured - rttMs.promised) <= rttMs.margin, nowMs, weight)
      this.#keeps(isRttKept(rttMs), weight, nowMs)
    }
    if (loss !== undefined) {
      this.#loss.add(loss.measured - loss.promised, nowMs, weight)
      if (!isLossKept(loss)) {
        // few paths lose anything: that one loses nothing makes good no other promise
        this.#keeps(false, weight, nowMs)
      }
    }
  }

  /** Error of promised round trips: ln(measured / promised). */
  rttError (nowMs: number): ErrorEstimate {
    return this.#rtt.estimate(nowMs)
  }

  /** Error of promised losses: measured less promised, shares. */
  lossError (nowMs: number): ErrorEstimate {
    return this.#loss.estimate(nowMs)
  }

  /** Expected share of promises that are kept, 0–1. */
  kept (nowMs: number): number {
    return this.#kept.share(nowMs)
  }

  /** Expected share of queries that it answers, 0–1. */
  available (nowMs: number): number {
    return this.#answered.share(nowMs)
  }

  standing (nowMs: number): Standing {
    if (this.#kept.share(nowMs) < TRUSTED_SHARE) {
      return 'distrusted'
    }
    if (this.#answered.share(nowMs) < FAILING_SHARE && Math.abs(nowMs - this.#seenAtMs) < LEFT_ALONE_MS) {
      return 'failing'
    }
    return this.#kept.cases(nowMs) < KNOWN_CASES ? 'new' : 'trusted'
  }

  /** An answer that takes longer is late, by the RSP's own measure. */
  get usualMs (): number {
    return this.#latencyMs === undefined ? FIRST_LATENCY_MS + DEVIATIONS * FIRST_DEVIATION_MS : this.#latencyMs + DEVIATIONS * this.#deviationMs
  }

  status (nowMs: number): ProviderStatus {
    const rtt = this.rttError(nowMs)
    const isJudged = this.#rtt.record.length > 0
    return {
      standing: this.standing(nowMs),
      kept: this.kept(nowMs),
      promises: this.#promises,
      broken: this.#broken,
      covered: this.#covered.share(nowMs),
      rttBias: isJudged ? Math.exp(rtt.bias) - 1 : null,
      rttSpread: isJudged ? rtt.spread : null,
      lossBias: this.#loss.record.length > 0 ? this.lossError(nowMs).bias : null,
      available: this.available(nowMs),
      answers: this.#answers,
      failures: this.#failures,
      latencyMs: this.#latencyMs ?? null,
      priceMicro: this.#priceMicro ?? null,
      seenAtMs: this.#seenAtMs
    }
  }

  get record (): ScoreRecord {
    return {
      rtt: this.#rtt.record,
      loss: this.#loss.record,
      kept: this.#kept.record,
      covered: this.#covered.record,
      answered: this.#answered.record,
      latencyMs: this.#latencyMs === undefined ? null : [this.#latencyMs, this.#deviationMs],
      priceMicro: this.#priceMicro ?? null,
      answers: this.#answers,
      failures: this.#failures,
      promises: this.#promises,
      broken: this.#broken,
      seenAtMs: this.#seenAtMs
    }
  }

  #restore (record: ScoreRecord): void {
    this.#rtt.restore(record.rtt)
    this.#loss.restore(record.loss)
    this.#kept.restore(record.kept)
    this.#covered.restore(record.covered)
    this.#answered.restore(record.answered)
    this.#latencyMs = record.latencyMs?.[0]
    this.#deviationMs = record.latencyMs?.[1] ?? 0
    this.#priceMicro = record.priceMicro ?? undefined
    this.#answers = record.answers
    this.#failures = record.failures
    this.#promises = record.promises
    this.#broken = record.broken
    this.#seenAtMs = record.seenAtMs
  }

  #keeps (isKept: boolean, weight: number, nowMs: number): void {
    this.#kept.add(isKept, nowMs, weight)
    this.#promises++
    this.#broken += isKept ? 0 : 1
  }
}
