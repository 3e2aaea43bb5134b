// What the measurement plan remembers of each link between two forwarders: what was measured last, a mean over the
// rounds, and when. A round trip is the same from both ends, so a link is a pair, and a pair has one number.

/** 2,048 nodes are 2 million pairs and some 100 MB of memory; beyond that an RSP keeps a plan per domain. */
export const MAX_NODES = 2_048

/** Half of the difference to the mean is believed at each look: the study's best weight for what is chosen from old values. */
const MEAN_WEIGHT = 0.5

/** A link that did not answer is not asked for so many rounds. */
const BARRED_ROUNDS = 4

/** Two different nodes, in either order. */
export type LinkPair = readonly [a: number, b: number]

/** What a look at a link gave; no round trip when it did not answer. */
export interface Measurement {
  a: number
  b: number
  rttMs: number | undefined
}

/** Links by their pair numbers, with a round trip each; the columns are of one length. */
export interface Links {
  pairs: Int32Array
  rttMs: Float64Array
}

export class LinkMemory {
  readonly nodeCount: number
  #round = 0
  #known = 0
  readonly #lastMs: Float64Array
  readonly #meanMs: Float64Array
  /** 0: never measured. */
  readonly #lastRound: Uint32Array
  readonly #barredUntil: Uint32Array

  /** Throws RangeError for a number of nodes that is not from 0 to MAX_NODES. */
  constructor (nodeCount: number) {
    if (!Number.isInteger(nodeCount) || nodeCount < 0 || nodeCount > MAX_NODES) {
      throw new RangeError(`A measurement plan cannot have ${nodeCount} nodes: give a whole number from 0 to ${MAX_NODES}`)
    }
    this.nodeCount = nodeCount
    this.#lastMs = new Float64Array(nodeCount * nodeCount)
    this.#meanMs = new Float64Array(nodeCount * nodeCount)
    this.#lastRound = new Uint32Array(nodeCount * nodeCount)
    this.#barredUntil = new Uint32Array(nodeCount * nodeCount)
  }

  /** From 1; 0 before the first round. */
  get round (): number {
    return this.#round
  }

  get pairCount (): number {
    return this.nodeCount * (this.nodeCount - 1) / 2
  }

  /** Share of all pairs of which a round trip is known, 0 to 1. */
  get knownShare (): number {
    return this.pairCount === 0 ? 1 : this.#known / this.pairCount
  }

  beginRound (): void {
    this.#round++
  }

  pairOf (a: number, b: number): number {
    return a < b ? a * this.nodeCount + b : b * this.nodeCount + a
  }

  endsOf (pair: number): LinkPair {
    return [Math.floor(pair / this.nodeCount), pair % this.nodeCount]
  }

  record ({ a, b, rttMs }: Measurement): void {
    const pair = this.pairOf(a, b)
    if (rttMs === undefined) {
      this.#known -= this.isKnown(pair) ? 1 : 0
      this.#lastRound[pair] = 0
      this.#barredUntil[pair] = this.#round + BARRED_ROUNDS
      return
    }
    if (this.isKnown(pair)) {
      this.#meanMs[pair] += MEAN_WEIGHT * (rttMs - this.#meanMs[pair])
    } else {
      this.#meanMs[pair] = rttMs
      this.#known++
    }
    this.#lastMs[pair] = rttMs
    this.#lastRound[pair] = this.#round
  }

  isKnown (pair: number): boolean {
    return this.#lastRound[pair] > 0
  }

  isMeasured (pair: number): boolean {
    return this.#lastRound[pair] === this.#round && this.#round > 0
  }

  /** The link did not answer in this round, or not long ago. */
  isBarred (pair: number): boolean {
    return this.#barredUntil[pair] > this.#round
  }

  /** Of a known pair: what this round has measured, or else the mean of earlier ones. */
  rttMs (pair: number): number {
    return this.isMeasured(pair) ? this.#lastMs[pair] : this.#meanMs[pair]
  }

  /** Over the rounds that have measured it, the last one too; of a known pair. */
  meanMs (pair: number): number {
    return this.#meanMs[pair]
  }

  known (): Links {
    return this.#linksWhere((pair) => this.isKnown(pair))
  }

  measured (): Links {
    return this.#linksWhere((pair) => this.isMeasured(pair))
  }

  /** How many rounds ago a known pair was measured. */
  age (pair: number): number {
    return this.#round - this.#lastRound[pair]
  }

  /** The same memory for other nodes: node i was previous[i] until now, or -1 where it is new. */
  renumbered (previous: readonly number[]): LinkMemory {
    const next = new LinkMemory(previous.length)
    next.#round = this.#round
    for (let b = 0; b < previous.length; b++) {
      for (let a = 0; a < b; a++) {
        if (previous[a] !== -1 && previous[b] !== -1) {
          next.#copy(next.pairOf(a, b), this, this.pairOf(previous[a], previous[b]))
        }
      }
    }
    return next
  }

  #copy (pair: number, from: LinkMemory, old: number): void {
    this.#lastMs[pair] = from.#lastMs[old]
    this.#meanMs[pair] = from.#meanMs[old]
    this.#lastRound[pair] = from.#lastRound[old]
    this.#barredUntil[pair] = from.#barredUntil[old]
    this.#known += this.isKnown(pair) ? 1 : 0
  }

  #linksWhere (holds: (pair: number) => boolean): Links {
    const pairs: number[] = []
    for (let a = 0; a < this.nodeCount; a++) {
      for (let pair = a * this.nodeCount + a + 1; pair < (a + 1) * this.nodeCount; pair++) {
        if (holds(pair)) {
          pairs.push(pair)
        }
      }
    }
    return { pairs: Int32Array.from(pairs), rttMs: Float64Array.from(pairs, (pair) => this.rttMs(pair)) }
  }
}
