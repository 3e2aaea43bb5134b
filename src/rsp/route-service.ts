// Answers route queries: from the map, by the finder, as signed offers. Knows neither how the map is filled nor how paths
// are found or judged.
import { NotFoundError } from '../../protocols/errors.ts'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { AnswerSigner } from './answer-signer.ts'
import type { Graph } from '../topology/graph.ts'
import type { OfferedLinks } from './offered-links.ts'
import type { PathRecommender } from './path-recommender.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { Predictor } from './predictor.ts'
import type { AccessPoint, FoundPath, PathFinder } from '../path-finding/path-finder.ts'
import type { DigestedQuery, RouteQuery } from '../../protocols/route/codec.ts'
import type { PathInit, SignedOffers } from '../../protocols/route/offer.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const MAX_FORWARDERS = 8
/** What a relay costs besides its links; keeps detours out that would win by noise alone. */
export const RELAY_COST_US = 500
/** A host asks again before an offer ends; by then the map may have changed. */
const OFFER_LIFE_MS = 300_000
/** 50 Mbit/s: what a path may carry until forwarders sell more. */
const MAX_BYTES_PER_SECOND = 6_250_000n

export interface RouteServiceInit {
  map: PerformanceMap
  finder: PathFinder
  /** What is promised of a path. */
  predictor: Pick<Predictor, 'predict' | 'note'>
  /** Which one is recommended; without it the cheapest. */
  recommender?: PathRecommender
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
  /** By node: who it is. A number can become another forwarder's, so the map's key stands beside it. */
  readonly #peers: Array<{ key: string, peer: PeerId } | undefined> = []
  #pathNumber = crypto.getRandomValues(new Uint32Array(1))[0]
  /** Queries answered with at least one path. */
  answered = 0
  unanswered = 0

  constructor (init: RouteServiceInit) {
    this.#init = init
    this.#self = peerIdFromPrivateKey(init.privateKey)
    this.#signer = new AnswerSigner({ privateKey: init.privateKey, now: init.now })
  }

  /** Signatures made, and answers under them. */
  get signing (): Readonly<AnswerSigner['counters']> {
    return this.#signer.counters
  }

  /**
   * @param caller - who asks; it is told the same again while that is good
   * @throws NotFoundError when the map has no path between the two ends
   */
  async answer (query: DigestedQuery, caller: PeerId): Promise<SignedOffers> {
    const nowMs = this.#init.now()
    const graph = this.#init.map.snapshot(nowMs)
    const source = this.#pointsOf(query.source)
    const destination = this.#pointsOf(query.destination)
    const found = this.#choose(`${caller.toString()} ${nameOf(source)} ${nameOf(destination)}`, this.#find(query, source, destination, graph), nowMs)
    if (found.length === 0) {
      this.unanswered++
      throw new NotFoundError('no path is known between the given forwarders: name more of them, or ask again when the map is fuller')
    }
    this.answered++
    for (const { nodes } of found) {
      this.#init.offered?.add(nodes, nowMs + OFFER_LIFE_MS)
    }
    this.#init.predictor.note(graph, found[0].nodes, nowMs)
    return this.#signer.sign({
      paths: found.map((path) => this.#toOffer(path, nowMs)),
      queryDigest: query.digest,
      sourceCommitment: query.sourceCommitment,
      destinationCommitment: query.destinationCommitment
    })
  }

  #find (query: RouteQuery, source: AccessPoint[], destination: AccessPoint[], graph: Graph): FoundPath[] {
    const { map, finder } = this.#init
    // a path over a forwarder that does not take ours could not be set up
    const avoid = new Set([
      ...query.avoid.map((peer) => map.indexOf(peer.toString())).filter((node) => node !== undefined),
      ...map.unwilling(this.#self)
    ])
    return finder.find(graph, {
      source,
      destination,
      weights: query.weights,
      paths: query.paths,
      avoid,
      maxForwarders: MAX_FORWARDERS,
      relayCostUs: RELAY_COST_US
    })
  }

  #pointsOf (access: RouteQuery['source']): AccessPoint[] {
    return access.flatMap(({ forwarder, rttUs }) => {
      const node = this.#init.map.indexOf(forwarder.toString())
      return node === undefined ? [] : [{ node, rttUs }]
    })
  }

  /** Whoever asks for a single path gets the best one. */
  #choose (asker: string, found: FoundPath[], nowMs: number): FoundPath[] {
    if (found.length < 2 || this.#init.recommender === undefined) {
      return found
    }
    return this.#init.recommender.order(asker, found, nowMs)
  }

  #toOffer (path: FoundPath, nowMs: number): PathInit {
    this.#pathNumber = (this.#pathNumber + 1) >>> 0
    return {
      forwarders: path.nodes.map((node) => this.#peerOf(node)),
      pathNumber: this.#pathNumber,
      notBeforeMs: nowMs,
      expiresAtMs: nowMs + OFFER_LIFE_MS,
      maxBytesPerSecond: MAX_BYTES_PER_SECOND,
      prediction: this.#init.predictor.predict(path, nowMs)
    }
  }

  #peerOf (node: number): PeerId {
    const key = this.#init.map.keyOf(node)
    let known = this.#peers[node]
    if (known?.key !== key) {
      known = { key, peer: peerIdFromString(key) }
      this.#peers[node] = known
    }
    return known.peer
  }
}

/** The same for the same access forwarders in whatever order; that it is sometimes the same for others does no harm. */
function nameOf (points: readonly AccessPoint[]): string {
  return `${points.length} ${points.reduce((least, { node }) => Math.min(least, node), Infinity)}`
}
