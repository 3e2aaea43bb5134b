// Answers route queries: from the map, by the finder, as signed offers. Knows neither how the map is filled nor how paths
// are found.
import { NotFoundError } from '../../protocols/errors.ts'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { AnswerSigner } from './answer-signer.ts'
import type { OfferedLinks } from './offered-links.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { AccessPoint, FoundPath, PathFinder } from '../path-finding/path-finder.ts'
import type { DigestedQuery, RouteQuery } from '../../protocols/route/codec.ts'
import type { PathInit, SignedOffers } from '../../protocols/route/offer.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const MAX_FORWARDERS = 8
/** What a relay costs besides its links; keeps detours out that would win by noise alone. */
export const RELAY_COST_US = 500
/** A host asks again before an offer ends; by then the map may have changed. */
const OFFER_LIFE_MS = 300_000
/** Paths chosen on values of hours ago still keep about 80 % of the gain, but what a single one promises is less and less true. */
const HALF_CONFIDENCE_AGE_MS = 600_000
/** 50 Mbit/s: what a path may carry until forwarders sell more. */
const MAX_BYTES_PER_SECOND = 6_250_000n

export interface RouteServiceInit {
  map: PerformanceMap
  finder: PathFinder
  privateKey: PrivateKey
  /** Hears of the links that offers are made of. */
  offered?: OfferedLinks
  /** Unix time, ms. */
  now: () => number
}

export class RouteService {
  readonly #init: RouteServiceInit
  readonly #self: PeerId
  readonly #signer: AnswerSigner
  #pathNumber = crypto.getRandomValues(new Uint32Array(1))[0]
  /** Queries answered with at least one path. */
  answered = 0
  unanswered = 0

  constructor (init: RouteServiceInit) {
    this.#init = init
    this.#self = peerIdFromPrivateKey(init.privateKey)
    this.#signer = new AnswerSigner({ privateKey: init.privateKey, now: init.now })
  }

  /** @throws NotFoundError when the map has no path between the two ends */
  async answer (query: DigestedQuery): Promise<SignedOffers> {
    const nowMs = this.#init.now()
    const found = this.#find(query, nowMs)
    if (found.length === 0) {
      this.unanswered++
      throw new NotFoundError('no path is known between the given forwarders: name more of them, or ask again when the map is fuller')
    }
    this.answered++
    for (const { nodes } of found) {
      this.#init.offered?.add(nodes, nowMs + OFFER_LIFE_MS)
    }
    return this.#signer.sign({
      paths: found.map((path) => this.#toOffer(path, nowMs)),
      queryDigest: query.digest,
      sourceCommitment: query.sourceCommitment,
      destinationCommitment: query.destinationCommitment
    })
  }

  #find (query: RouteQuery, nowMs: number): FoundPath[] {
    const { map, finder } = this.#init
    const points = (access: RouteQuery['source']): AccessPoint[] => access.flatMap(({ forwarder, rttUs }) => {
      const node = map.indexOf(forwarder.toString())
      return node === undefined ? [] : [{ node, rttUs }]
    })
    // a path over a forwarder that does not take ours could not be set up
    const avoid = new Set([
      ...query.avoid.map((peer) => map.indexOf(peer.toString())).filter((node) => node !== undefined),
      ...map.unwilling(this.#self)
    ])
    return finder.find(map.snapshot(nowMs), {
      source: points(query.source),
      destination: points(query.destination),
      weights: query.weights,
      paths: query.paths,
      avoid,
      maxForwarders: MAX_FORWARDERS,
      relayCostUs: RELAY_COST_US
    })
  }

  #toOffer (path: FoundPath, nowMs: number): PathInit {
    const dataAgeMs = Number.isFinite(path.oldestMs) ? Math.max(0, nowMs - path.oldestMs) : 0
    this.#pathNumber = (this.#pathNumber + 1) >>> 0
    return {
      forwarders: path.nodes.map((node) => peerIdFromString(this.#init.map.keyOf(node))),
      pathNumber: this.#pathNumber,
      notBeforeMs: nowMs,
      expiresAtMs: nowMs + OFFER_LIFE_MS,
      maxBytesPerSecond: MAX_BYTES_PER_SECOND,
      prediction: {
        rttUs: Math.round(path.rttUs),
        rttMarginUs: Math.round(Math.max(1_000, 0.03 * path.rttUs + 2 * path.jitterUs)),
        lossPpm: Math.round(path.lossPpm),
        confidence: confidence(path, dataAgeMs),
        dataAgeMs: Math.round(dataAgeMs)
      }
    }
  }
}

/**
 * Falls with the number of links and with unrest and, the older the oldest value is, towards nothing: half at ten minutes, a
 * quarter at half an hour. So what a restarted RSP remembers is offered when nothing newer is known, and loses to what
 * another RSP has just measured. The host measures before it moves. To be calibrated against what happens.
 */
function confidence (path: FoundPath, dataAgeMs: number): number {
  const unrest = path.rttUs > 0 ? path.jitterUs / path.rttUs : 0
  const whenFresh = Math.max(0.5, Math.min(0.99, 0.97 - 0.01 * path.nodes.length - 0.5 * unrest))
  return whenFresh / (1 + dataAgeMs / HALF_CONFIDENCE_AGE_MS)
}
