// What a link costs under a query's weights, as a whole number of small units: sums of whole numbers are exact, so that a
// search from the source, one from the destination, and a sum along the path all agree.
import { UNKNOWN } from '../topology/link-columns.ts'
import type { Graph } from '../topology/graph.ts'
import { checkNotNegative } from './query-errors.ts'

/** All ≥ 0; what is not given counts nothing. */
export interface Weights {
  /** Per millisecond of round trip. */
  delay: number
  /** Per percent of loss, link by link. */
  loss: number
  /** Per millisecond of jitter, link by link. */
  jitter?: number
  /** Per percent of load, link by link. */
  load?: number
  price?: number
  /** Per millisecond that 1,000 bytes take at each link's rate. */
  transfer?: number
  /** Per forwarder on the path. */
  hops?: number
}

/** Units per 1 of cost where the largest weight is 1 to 10, and values are as those of delay: a microsecond of it is a million or more. */
const UNITS = 1e9

/** What a link can have of each at most, in the units of the weights: a minute, all, the price that a map can hold, and 1,000 bytes at a byte per second. */
const LARGEST = { delay: 60_000, loss: 100, jitter: 60_000, load: 100, price: 2 ** 31 - 1, transfer: 1e6 }
/** Of a path: the links between 16 forwarders, and the ways from both ends to them. */
const MAX_LEGS = 17

export class Weighting {
  readonly weights: Required<Weights>
  readonly relayCostUs: number
  /** Units per 1 of cost; fewer where weights are large, or what they weigh, so that the cost of the dearest path is still exact, and more where all are small. */
  readonly units: number
  readonly unitsPerDelayUs: number
  /** Of the forwarder that a link leads to. */
  readonly unitsPerForwarder: number
  /** The same for equal weightings. */
  readonly key: string

  /** Throws InvalidPathQueryError. */
  constructor (weights: Weights, relayCostUs: number) {
    const { delay, loss, jitter = 0, load = 0, price = 0, transfer = 0, hops = 0 } = weights
    this.weights = { delay, loss, jitter, load, price, transfer, hops }
    for (const [name, weight] of Object.entries(this.weights)) {
      checkNotNegative(`weights.${name}`, weight)
    }
    checkNotNegative('relayCostUs', relayCostUs)
    this.relayCostUs = relayCostUs
    const largest = Math.max(...Object.values(this.weights))
    const wanted = largest > 0 ? UNITS / 10 ** Math.floor(Math.log10(largest)) : UNITS
    this.units = Math.min(wanted, mostUnits(this.weights, relayCostUs))
    this.unitsPerDelayUs = delay / 1000 * this.units
    this.unitsPerForwarder = Math.round(relayCostUs * this.unitsPerDelayUs + hops * this.units)
    this.key = [...Object.values(this.weights), relayCostUs].join()
  }

  /** True where it is the weighting of these. */
  isOf (weights: Weights, relayCostUs: number): boolean {
    const { delay, loss, jitter, load, price, transfer, hops } = this.weights
    return delay === weights.delay && loss === weights.loss && jitter === (weights.jitter ?? 0) && load === (weights.load ?? 0) &&
      price === (weights.price ?? 0) && transfer === (weights.transfer ?? 0) && hops === (weights.hops ?? 0) && relayCostUs === this.relayCostUs
  }

  /** True where cost is nothing but delay, so that paths of equal cost are equal in all that is compared. */
  get isDelayOnly (): boolean {
    const { delay, ...others } = this.weights
    return delay > 0 && Object.values(others).every(weight => weight === 0)
  }

  /** Of the link and the forwarder at its end; Infinity where a value that counts is not known. */
  linkUnits (graph: Graph, link: number): number {
    const { loss, jitter, load, price, transfer } = this.weights
    let cost = graph.delayUs[link] * this.unitsPerDelayUs + graph.lossPpm[link] * (loss / 10_000 * this.units)
    if (jitter > 0) {
      cost += graph.jitterUs[link] * (jitter / 1000 * this.units)
    }
    if (load > 0) {
      cost += known(graph.loadPpm, link) * (load / 10_000 * this.units)
    }
    if (price > 0) {
      cost += known(graph.price, link) * (price * this.units)
    }
    if (transfer > 0) {
      cost += 1e6 / rate(graph, link) * (transfer * this.units)
    }
    return Math.round(cost) + this.unitsPerForwarder
  }

  /** Of a way between an end of the flow and its first or last forwarder. */
  accessUnits (rttUs: number): number {
    return Math.round(rttUs * this.unitsPerDelayUs)
  }
}

/** The power of ten that keeps the sum over the dearest path below 2^53. */
function mostUnits ({ delay, loss, jitter, load, price, transfer, hops }: Required<Weights>, relayCostUs: number): number {
  const link = delay * LARGEST.delay + loss * LARGEST.loss + jitter * LARGEST.jitter + load * LARGEST.load + price * LARGEST.price + transfer * LARGEST.transfer
  const forwarder = delay * relayCostUs / 1_000 + hops
  return 10 ** Math.floor(Math.log10(Number.MAX_SAFE_INTEGER / (MAX_LEGS * (link + forwarder))))
}

function known (column: Int32Array | undefined, link: number): number {
  const value = column?.[link] ?? UNKNOWN
  return value === UNKNOWN ? Number.POSITIVE_INFINITY : value
}

/** Nothing where it is not known. */
function rate (graph: Graph, link: number): number {
  return Math.max(0, graph.bytesPerSecond?.[link] ?? 0)
}
