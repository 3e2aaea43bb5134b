// What an RSP promises of a path: each value with half the width of its interval, and how sure it is of them. It keeps some of its
// promises, and when the links have been measured anew it looks what has become of them (calibration.ts).
import { Calibration } from './calibration.ts'
import { PromiseLedger } from './promise-ledger.ts'
import type { Graph } from '../topology/graph.ts'
import type { PathMetrics } from '../topology/path.ts'
import type { PromiseLedgerInit } from './promise-ledger.ts'
import type { FoundPath } from '../path-finding/path-finder.ts'
import type { Prediction } from '../../protocols/route/prediction.ts'
import { MAX_RTT_US } from '../../protocols/route/constants.ts'

/** Paths of more links count as of so many: errors add up, but links fail together. */
const MOST_LINKS = 4
/** How far a path's round trip is off by besides what its links are known to vary: a shape, whose size is calibrated. */
const BASE_SCALE_US = 1_000
const SCALE_PER_RTT = 0.02
/** Promises of steady paths, of those that move, and of flaky ones are kept in different shares (section 2.2.1 of the paper). */
const UNREST = [0.3, 1]
/** Access legs are measured by the hosts; a promise cannot be more exact than their measurements are. */
const MIN_RTT_MARGIN_US = 500
/** A lost probe of the 64 that a forwarder remembers. */
const LOSS_STEP_PPM = 15_625
const SCALE_PER_RATE = 0.1
/**
 * Values of this age are half as sure, so that what a restarted RSP remembers loses to what another has just measured: paths chosen
 * on values of hours ago still keep about 80 % of the gain, but what a single one promises is less and less true.
 */
const HALF_CONFIDENCE_AGE_MS = 600_000
/** What is older than a link may be silent grows uncertain with the root of its age, as a random walk does. */
const FRESH_MS = 180_000

const FIRST_FACTORS = { rtt: 1.5, loss: 1, rate: 2 }

export interface CalibrationStatus {
  /** Promises of round trips that were checked, of paths of 1, 2, 3 and more links: the share that was kept, 0 to 1. */
  rtt: Array<{ checks: number, coverage: number }>
}

/** What of a found path counts. */
export type PromisedPath = Omit<FoundPath, 'cost' | 'costGap'>

export class Predictor {
  /** By number of links: how wide. */
  readonly #rtt = Array.from({ length: MOST_LINKS }, () => new Calibration(FIRST_FACTORS.rtt))
  /** By unrest of the links: how sure. */
  readonly #surety = Array.from({ length: UNREST.length + 1 }, () => new Calibration(FIRST_FACTORS.rtt))
  readonly #loss = new Calibration(FIRST_FACTORS.loss)
  readonly #rate = new Calibration(FIRST_FACTORS.rate)
  readonly #ledger: PromiseLedger

  constructor (init: PromiseLedgerInit = {}) {
    this.#ledger = new PromiseLedger(init)
  }

  get status (): CalibrationStatus {
    return { rtt: this.#rtt.map(({ checks, coverage }) => ({ checks, coverage })) }
  }

  /** A value that is not known of every link is not promised. What forwarders report bounds no margin, and a promise must fit into its message. */
  predict (path: PromisedPath, nowMs: number): Prediction {
    const dataAgeMs = dataAgeMsOf(path, nowMs)
    const staleness = stalenessOf(dataAgeMs)
    return {
      rttUs: Math.round(path.rttUs),
      rttMarginUs: this.#rttMarginUs(path, staleness),
      lossPpm: Math.round(path.lossPpm),
      lossMarginPpm: Math.min(1e6, Math.round(staleness * this.#loss.factor * lossScalePpm(path))),
      jitterUs: Math.min(MAX_RTT_US, Math.round(path.jitterUs)),
      confidence: this.#surety[unrestOf(path)].coverage / (1 + dataAgeMs / HALF_CONFIDENCE_AGE_MS),
      dataAgeMs: Math.round(dataAgeMs),
      ...this.#rateOf(path, staleness),
      ...(path.loadPpm === undefined ? {} : { loadPpm: Math.round(path.loadPpm) }),
      ...(path.price === undefined ? {} : { price: Math.round(path.price) })
    }
  }

  /** Keeps what `predict` promises of a path of the graph, now and then. */
  note (graph: Graph, path: PromisedPath, nowMs: number): void {
    this.#ledger.note(graph, path.nodes, this.#rttMarginUs(path, stalenessOf(dataAgeMsOf(path, nowMs))), nowMs)
  }

  /** Looks what has become of promises, by what is known of the links now. */
  check (graph: Graph): void {
    for (const { links, rttMarginUs, then, now } of this.#ledger.due(graph)) {
      const [errorUs, scaleUs] = [now.rttUs - then.rttUs, rttScaleUs(then)]
      this.#surety[unrestOf(then)].observe(errorUs, scaleUs, rttMarginUs)
      this.#rttOf(links).observe(errorUs, scaleUs, rttMarginUs)
      observe(this.#loss, now.lossPpm - then.lossPpm, lossScalePpm(then))
      if (then.bytesPerSecond !== undefined && now.bytesPerSecond !== undefined) {
        observe(this.#rate, now.bytesPerSecond - then.bytesPerSecond, rateScale(then.bytesPerSecond))
      }
    }
  }

  /** The number goes to another node, or to none. */
  removeNode (node: number): void {
    this.#ledger.removeNode(node)
  }

  #rttMarginUs (path: PromisedPath, staleness: number): number {
    const { factor } = this.#rttOf(path.nodes.length - 1)
    return Math.min(MAX_RTT_US, Math.round(Math.max(MIN_RTT_MARGIN_US, staleness * factor * rttScaleUs(path))))
  }

  #rttOf (links: number): Calibration {
    return this.#rtt[Math.max(1, Math.min(MOST_LINKS, links)) - 1]
  }

  #rateOf ({ bytesPerSecond }: PathMetrics, staleness: number): Pick<Prediction, 'bytesPerSecond' | 'rateMarginBytesPerSecond'> {
    return bytesPerSecond === undefined
      ? {}
      : { bytesPerSecond: Math.round(bytesPerSecond), rateMarginBytesPerSecond: Math.min(Number.MAX_SAFE_INTEGER, Math.round(staleness * this.#rate.factor * rateScale(bytesPerSecond))) }
  }
}

function dataAgeMsOf ({ oldestMs }: PromisedPath, nowMs: number): number {
  return Number.isFinite(oldestMs) ? Math.max(0, nowMs - oldestMs) : 0
}

/** How many times wider the interval is for it. */
function stalenessOf (dataAgeMs: number): number {
  return Math.sqrt(Math.max(1, dataAgeMs / FRESH_MS))
}

function observe (calibration: Calibration, error: number, scale: number): void {
  calibration.observe(error, scale, calibration.factor * scale)
}

/** The class of a path by how much its links are known to move, against what any path may. */
function unrestOf ({ rttUs, delayVarianceUs2 = 0 }: PathMetrics): number {
  const unrest = Math.sqrt(delayVarianceUs2) / baseScaleUs(rttUs)
  return UNREST.filter((least) => unrest >= least).length
}

function baseScaleUs (rttUs: number): number {
  return BASE_SCALE_US + SCALE_PER_RTT * rttUs
}

function rttScaleUs ({ rttUs, delayVarianceUs2 = 0 }: PathMetrics): number {
  return Math.hypot(Math.sqrt(delayVarianceUs2), baseScaleUs(rttUs))
}

/** Of a share that was counted in so few probes. */
function lossScalePpm ({ lossPpm }: PathMetrics): number {
  return Math.hypot(LOSS_STEP_PPM / 4, Math.sqrt(lossPpm * LOSS_STEP_PPM))
}

function rateScale (bytesPerSecond: number): number {
  return 1 + SCALE_PER_RATE * bytesPerSecond
}
