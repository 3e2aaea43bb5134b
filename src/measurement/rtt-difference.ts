// How an RSP measures links without the forwarders' help (section 3.2 of the paper): a turn-around probe R→Ni→Nj→Ni→R
// takes the round trip over the link Ni–Nj longer than a probe R→Ni→R. Both come back noisy, and noise only adds; so the
// difference is taken between the lower quartiles of recent probes: what is a spell of noise in either kind must not pass for
// the link's.
import { DEFAULT_MAX_NODES } from '../topology/limits.ts'
import { SampleRing } from './sample-ring.ts'

export interface RttDifferenceInit {
  /** Forwarders whose near probes are kept; beyond it the one probed longest ago is forgotten. */
  maxForwarders?: number
  /** Directed pairs of forwarders whose far probes are kept; beyond it the one probed longest ago is forgotten. */
  maxLinks?: number
}

export interface LinkDifference {
  /** Round-trip time over the link, never negative. */
  rttUs: number
  /** Mean deviation of both kinds of probes, combined as of independent quantities: what the estimate may well be off by. */
  spreadUs: number
  /** Probes behind it, of the kind of which there are fewer. */
  samples: number
  /** The end through which it was measured. */
  via: string
}

/** Sixteen links for each of the most forwarders. Costs about 15 MB when full. */
const DEFAULT_MAX_LINKS = 65_536
/** A new level shows with its second probe if it is lower, with its fourth if it is higher. */
const SAMPLES_KEPT = 5
/** A quartile of fewer is at the mercy of one late probe. */
const SAMPLES_NEEDED = 3
/** Ends whose spreads are this close are equally steady: of a few probes the spread is no better known. */
const EQUAL_SPREAD_US = 250

/**
 * Forwarders are named by any stable key. A near probe serves all links measured through its forwarder: repeat it as
 * often as the far ones, or a change of the way to the forwarder will look like a change of its links.
 */
export class RttDifference {
  readonly #near: RecentRings
  readonly #far: RecentRings

  constructor (init: RttDifferenceInit = {}) {
    this.#near = new RecentRings(init.maxForwarders ?? DEFAULT_MAX_NODES)
    this.#far = new RecentRings(init.maxLinks ?? DEFAULT_MAX_LINKS)
  }

  /** A probe R→via→R came back. Throws InvalidSampleError. */
  sampleNear (via: string, rttUs: number): void {
    this.#near.push(via, rttUs)
  }

  /** A probe R→via→other→via→R came back. Throws InvalidSampleError. */
  sampleFar (via: string, other: string, rttUs: number): void {
    this.#far.push(pairKey(via, other), rttUs)
  }

  /** The link's estimate through its better end; undefined while neither end has enough probes. */
  estimate (a: string, b: string): LinkDifference | undefined {
    const viaA = this.#estimateVia(a, b)
    const viaB = this.#estimateVia(b, a)
    if (viaA === undefined || viaB === undefined) {
      return viaA ?? viaB
    }
    if (Math.abs(viaA.spreadUs - viaB.spreadUs) > EQUAL_SPREAD_US) {
      return viaA.spreadUs < viaB.spreadUs ? viaA : viaB
    }
    return this.betterEnd(a, b) === b ? viaB : viaA
  }

  /**
   * The end of a link to measure it through: the steadier one, of two equally steady ones the nearer. Undefined while
   * neither has enough near probes.
   */
  betterEnd (a: string, b: string): string | undefined {
    const nearA = this.#enough(this.#near.get(a))
    const nearB = this.#enough(this.#near.get(b))
    if (nearA === undefined || nearB === undefined) {
      return nearA !== undefined ? a : nearB !== undefined ? b : undefined
    }
    const differenceUs = nearA.meanDeviationUs() - nearB.meanDeviationUs()
    if (Math.abs(differenceUs) > EQUAL_SPREAD_US) {
      return differenceUs < 0 ? a : b
    }
    return nearA.lowerQuartileUs() <= nearB.lowerQuartileUs() ? a : b
  }

  /** What a probe takes as a rule: to `via` and back, or over its link to `other`. Undefined while there are too few. */
  usualUs (via: string, other?: string): number | undefined {
    return this.#enough(other === undefined ? this.#near.get(via) : this.#far.get(pairKey(via, other)))?.lowerQuartileUs()
  }

  /** How many more probes of each kind an estimate through this end needs. */
  missing (via: string, other: string): { near: number, far: number } {
    return {
      near: Math.max(0, SAMPLES_NEEDED - (this.#near.get(via)?.size ?? 0)),
      far: Math.max(0, SAMPLES_NEEDED - (this.#far.get(pairKey(via, other))?.size ?? 0))
    }
  }

  /** Forgets what was measured of a link, through either end: it is down or not wanted any more. */
  removeLink (a: string, b: string): void {
    this.#far.delete(pairKey(a, b))
    this.#far.delete(pairKey(b, a))
  }

  /** Forgets a forwarder's near probes, and with them every estimate through it. */
  removeForwarder (via: string): void {
    this.#near.delete(via)
  }

  #estimateVia (via: string, other: string): LinkDifference | undefined {
    const near = this.#enough(this.#near.get(via))
    const far = this.#enough(this.#far.get(pairKey(via, other)))
    if (near === undefined || far === undefined) {
      return undefined
    }
    return {
      rttUs: Math.max(0, far.lowerQuartileUs() - near.lowerQuartileUs()),
      spreadUs: Math.hypot(far.meanDeviationUs(), near.meanDeviationUs()),
      samples: Math.min(near.size, far.size),
      via
    }
  }

  #enough (ring: SampleRing | undefined): SampleRing | undefined {
    return ring !== undefined && ring.size >= SAMPLES_NEEDED ? ring : undefined
  }
}

/** Rings by key, in the order in which they were last fed. */
class RecentRings {
  readonly #limit: number
  readonly #rings = new Map<string, SampleRing>()

  constructor (limit: number) {
    this.#limit = limit
  }

  get (key: string): SampleRing | undefined {
    return this.#rings.get(key)
  }

  push (key: string, rttUs: number): void {
    const ring = this.#rings.get(key) ?? new SampleRing(SAMPLES_KEPT)
    ring.push(rttUs)
    this.#rings.delete(key)
    this.#rings.set(key, ring)
    if (this.#rings.size > this.#limit) {
      this.#rings.delete(this.#rings.keys().next().value as string)
    }
  }

  delete (key: string): void {
    this.#rings.delete(key)
  }
}

/** The length keeps two pairs apart whose keys run together to the same text. */
function pairKey (via: string, other: string): string {
  return `${via.length}:${via}${other}`
}
