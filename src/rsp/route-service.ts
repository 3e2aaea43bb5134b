// Answers route queries: from the map, by the finder or the evaluator of the query language, as signed offers. Knows neither how the map is
// filled nor how paths are found or judged.
import { MAX_RTT_US } from '../../protocols/route/constants.ts'
import { MalformedMessageError, NotFoundError } from '../../protocols/errors.ts'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { ALL_ABILITIES } from '../query/abilities.ts'
import { AnswerSigner } from './answer-signer.ts'
import { Patience } from '../path-finding/patience.ts'
import { PathQuestion } from './standing/path-question.ts'
import { QueryReader } from './query-reader.ts'
import { TextQuestion } from './standing/text-question.ts'
import { UnsupportedQueryError } from '../query/errors.ts'
import { Watches } from './standing/watches.ts'
import { QUESTION_MS, WorkBudget } from './work-budget.ts'
import { areDisjoint } from '../topology/path.ts'
import { fromString } from 'uint8arrays/from-string'
import { sha256Of } from '../../protocols/sha256.ts'
import { toString } from 'uint8arrays/to-string'
import type { Graph } from '../topology/graph.ts'
import type { OfferedLinks } from './offered-links.ts'
import type { PathRecommender } from './path-recommender.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { Predictor } from './predictor.ts'
import type { AccessPoint, FoundPath, PathFinder, PathQuery } from '../path-finding/path-finder.ts'
import type { Ask, RankedPath } from '../query/ask.ts'
import type { DigestedQuery, RouteAnswer, RouteQuery } from '../../protocols/route/codec.ts'
import type { PathInit } from '../../protocols/route/offer.ts'
import type { LinkSource } from '../query/explain-path.ts'
import type { Population } from '../query/node-facts.ts'
import type { Question } from './standing/question.ts'
import type { Reading } from './query-reader.ts'
import type { Asker } from './work-budget.ts'
import type { RspProfile } from './profiles/rsp-profile.ts'
import type { Verdict } from '../../protocols/route/verdict.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'

const MAX_FORWARDERS = 8
/** What a relay costs besides its links; keeps detours out that would win by noise alone. */
export const RELAY_COST_US = 500
/** What hosts weigh that have no wish of their own: most queries, so that nobody's odd weights should push out what is kept for them. */
export const USUAL_WEIGHTS = { delay: 1, loss: 20 }
/** A host asks again before an offer ends; by then the map may have changed. */
const OFFER_LIFE_MS = 300_000
/** 50 Mbit/s: what a path may carry until forwarders sell more. */
const MAX_BYTES_PER_SECOND = 6_250_000n
/** Hosts whose connections are kept because they wait: half of the slots (`AdmissionLimits.maxInbound`), so that nobody can fill them by waiting. */
const MAX_KEPT_HOSTS = 128
/** Of a peer id, where there is no room for all of it. */
const SHORT_NAME = 6

export interface RouteServiceInit {
  map: PerformanceMap
  finder: PathFinder
  /** What is promised of a path. */
  predictor: Pick<Predictor, 'predict' | 'note' | 'removeNode'>
  /** Which one is recommended; without it the cheapest. */
  recommender?: PathRecommender
  privateKey: PrivateKey
  /** What it answers who has no wish, and what of the language it takes. Default: what the query's weights say, and everything. */
  profile?: Partial<Pick<RspProfile, 'query' | 'abilities'>>
  /** Hears of the links that offers are made of. */
  offered?: OfferedLinks
  /** Unix time, ms. */
  now: () => number
  log?: Logger
  /** Ms of any monotonic origin, by which work for hosts is measured, and how long the links of offers are kept. Default: `performance.now`. */
  clock?: () => number
}

export class RouteService {
  readonly #init: RouteServiceInit
  readonly #self: PeerId
  readonly #signer: AnswerSigner
  readonly #reader: QueryReader
  readonly #budget: WorkBudget
  readonly #clock: () => number
  /** Hosts that want to be told. */
  readonly watches: Watches
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
    this.#clock = init.clock ?? (() => performance.now())
    this.#reader = new QueryReader(init.profile?.abilities ?? ALL_ABILITIES, this.#clock)
    this.#budget = new WorkBudget(this.#clock)
    this.watches = new Watches({
      snapshot: () => init.map.snapshot(init.now()),
      questionOf: (asked) => this.#questionOf(asked),
      nodeOf: (forwarder) => init.map.indexOf(forwarder.toString()),
      relayCostUs: RELAY_COST_US,
      budget: this.#budget,
      clock: this.#clock,
      log: init.log
    })
  }

  /** Signatures made, and answers under them. */
  get signing (): Readonly<AnswerSigner['counters']> {
    return this.#signer.counters
  }

  /** Is a peer waiting to be told? Where there are many of them they have to do without their connections in between, as all others. */
  isWatching (peer: PeerId): boolean {
    return this.watches.isOpen(peer) && this.watches.status.hosts <= MAX_KEPT_HOSTS
  }

  /** A forwarder is gone, and its number may become another's: what is kept under it is dropped. */
  removeNode (node: number): void {
    this.#init.offered?.removeNode(node)
    this.#init.predictor.removeNode(node)
    this.watches.removeNode(node)
  }

  /**
   * How long the next question of a host is to wait; 0: not at all.
   *
   * @param prefix - of its address; undefined: it is not counted by it
   */
  waitMs (caller: PeerId, prefix?: string): number {
    return this.#budget.waitMs({ host: caller.toString(), prefix })
  }

  /**
   * @param caller - who asks; it is told the same again while that is good
   * @param prefix - of its address; undefined: it is not counted by it
   * @throws NotFoundError when the map has no path between the two ends, and the query has no text; MalformedMessageError when its text cannot be read
   */
  async answer (query: DigestedQuery, caller: PeerId, prefix?: string): Promise<RouteAnswer> {
    const asker: Asker = { host: caller.toString(), prefix }
    const nowMs = this.#init.now()
    const graph = this.#init.map.snapshot(nowMs)
    const text = query.text ?? this.#init.profile?.query
    if (text === undefined) {
      const found = this.#budget.spend(asker, () => this.#find(asker.host, query, graph, nowMs))
      return this.#sign(query, found, graph, nowMs)
    }
    const { ranked, verdict } = this.#budget.spend(asker, () => this.#judge(text, query, asker, { ...this.#askOf(query, nowMs), graph, patience: this.#patience() }))
    return this.#sign(query, ranked.map(({ path }) => path), graph, nowMs, query.text === undefined ? undefined : verdict)
  }

  #find (host: string, query: RouteQuery, graph: Graph, nowMs: number): FoundPath[] {
    const pathQuery = this.#pathQueryOf(query)
    const found = this.#init.finder.find(graph, pathQuery).filter(isOfferable)
    return this.#withBackup(pathQuery, found, this.#choose(host, query, found, nowMs), (past) => this.#init.finder.find(graph, past)[0])
  }

  #judge (text: string, query: RouteQuery, asker: Asker, ask: Ask): { ranked: RankedPath[], verdict: Verdict } {
    const reading = this.#reader.answer(text, this.#population(ask.graph), ask)
    const ranked = this.#chooseRanked(asker.host, query, reading, ask)
    return { ranked, verdict: { ...reading.verdict(ranked), ...this.#explanation(query, reading, ask, asker) } }
  }

  #explanation ({ text, explain }: RouteQuery, reading: Reading, ask: Ask, asker: Asker): Pick<Verdict, 'explanation'> {
    if (text === undefined || explain !== true || reading.compiled === undefined) {
      return {}
    }
    const { map } = this.#init
    const sourcesOf = (from: number, to: number): LinkSource[] => map.provenanceOf(map.keyOf(from), map.keyOf(to)).filter(({ share }) => share > 0)
      .map(({ how, measuredBy, toldBy }) => ({ by: measuredBy.join(', '), how: toldBy === undefined ? how : `${how} (exchange with ${toldBy})` }))
    const full = { nameOf: (node: number) => map.keyOf(node), sourcesOf }
    const short = { nameOf: (node: number) => map.keyOf(node).slice(-SHORT_NAME) }
    const explanation = this.#reader.explain(text, reading, this.#population(ask.graph), { ...ask, patience: this.#patience() }, [full, short], asker)
    return explanation === undefined ? {} : { explanation }
  }

  /** Signs what was found. To a text belongs a verdict, and with it an answer without offers is an answer too. */
  async #sign (query: DigestedQuery, found: readonly FoundPath[], graph: Graph, nowMs: number, verdict?: Verdict): Promise<RouteAnswer> {
    if (found.length === 0) {
      this.unanswered++
      if (verdict === undefined) {
        throw new NotFoundError('no path is known between the given forwarders: name more of them, or ask again when the map is fuller')
      }
    } else {
      this.answered++
      this.#init.predictor.note(graph, found[0], nowMs)
    }
    for (const { nodes } of found) {
      this.#init.offered?.add(nodes, this.#clock() + OFFER_LIFE_MS)
    }
    const offers = await this.#signer.sign({
      paths: found.map((path) => this.#toOffer(path, nowMs)),
      queryDigest: query.digest,
      sourceCommitment: query.sourceCommitment,
      destinationCommitment: query.destinationCommitment
    })
    return { ...offers, ...(verdict === undefined ? {} : { verdict }) }
  }

  /** What a standing query asks. */
  #questionOf (query: RouteQuery): Question {
    const text = query.text ?? this.#init.profile?.query
    if (text === undefined) {
      const pathQuery = this.#pathQueryOf(query)
      return new PathQuestion(pathQuery, this.#init.finder, this.#follow(query, pathQuery.avoid))
    }
    const ask = this.#askOf(query, this.#init.now())
    const avoidNow = this.#follow(query, ask.avoid)
    try {
      const compileNow = this.#reader.follow(text, () => this.#population(this.#init.map.snapshot(this.#init.now())))
      return new TextQuestion(compileNow, this.#reader.evaluator, () => ({ ...ask, avoid: avoidNow(), ...this.#timed(this.#init.now()) }))
    } catch (error) {
      throw error instanceof UnsupportedQueryError ? new MalformedMessageError(error.message, { cause: error }) : error
    }
  }

  #pathQueryOf (query: RouteQuery): PathQuery {
    return {
      source: this.#pointsOf(query.source),
      destination: this.#pointsOf(query.destination),
      weights: query.weights,
      paths: query.paths,
      avoid: this.#avoidedBy(query),
      maxForwarders: MAX_FORWARDERS,
      relayCostUs: RELAY_COST_US
    }
  }

  /** What is avoided for as long as somebody waits; another set only when others are. */
  #follow (query: RouteQuery, first: ReadonlySet<number>): () => ReadonlySet<number> {
    const { map } = this.#init
    let [avoided, version] = [first, map.statements.policyVersion]
    return () => {
      if (version !== map.statements.policyVersion) {
        version = map.statements.policyVersion
        const now = this.#avoidedBy(query)
        avoided = now.size === avoided.size && [...now].every((node) => avoided.has(node)) ? avoided : now
      }
      return avoided
    }
  }

  #askOf (query: RouteQuery, nowMs: number): Omit<Ask, 'graph'> & { avoid: ReadonlySet<number> } {
    return {
      source: this.#pointsOf(query.source),
      destination: this.#pointsOf(query.destination),
      relayCostUs: RELAY_COST_US,
      paths: query.paths,
      avoid: this.#avoidedBy(query),
      ...this.#timed(nowMs)
    }
  }

  /** What of an ask is of the time at which it is answered. */
  #timed (nowMs: number): Pick<Ask, 'nowMs' | 'confidenceOf'> {
    return { nowMs, confidenceOf: (path) => this.#init.predictor.predict(path, nowMs).confidence }
  }

  #patience (): Patience {
    return new Patience(this.#clock, QUESTION_MS)
  }

  /** A path over a forwarder that does not take ours could not be set up. */
  #avoidedBy ({ avoid }: RouteQuery): ReadonlySet<number> {
    const { map } = this.#init
    const unwilling = map.unwilling(this.#self)
    return avoid.length === 0 ? unwilling : new Set([...avoid.map((peer) => map.indexOf(peer.toString())).filter((node) => node !== undefined), ...unwilling])
  }

  #population (graph: Graph): Population {
    const { map } = this.#init
    return { nodeCount: graph.nodeCount, attributes: map.attributes, indexOf: (key) => map.indexOf(key) }
  }

  #pointsOf (access: RouteQuery['source']): AccessPoint[] {
    return access.flatMap(({ forwarder, rttUs }) => {
      const node = this.#init.map.indexOf(forwarder.toString())
      return node === undefined ? [] : [{ node, rttUs }]
    })
  }

  /** Whoever asks for a single path gets the best one. */
  #choose (host: string, query: RouteQuery, found: FoundPath[], nowMs: number): FoundPath[] {
    if (found.length < 2 || this.#init.recommender === undefined) {
      return found
    }
    const asked = `${nameOf(this.#pointsOf(query.source))} ${nameOf(this.#pointsOf(query.destination))} ${query.text === undefined ? '' : shortOf(query.text)}`
    return this.#init.recommender.order(host, asked, found, nowMs)
  }

  /**
   * What was found has a backup for the best path, which need not be one for the path recommended in its place. Then one is looked for: all
   * that cost less are there, so that it comes last.
   *
   * @param findPast - the best path for this query
   */
  #withBackup<Q extends Pick<Ask, 'source' | 'destination' | 'avoid' | 'paths'>> (query: Q, found: readonly FoundPath[], chosen: FoundPath[], findPast: (query: Q) => FoundPath | undefined): FoundPath[] {
    const [first] = chosen
    if (first === found[0] || takesAllOfAnEnd(first, query) || chosen.some(({ nodes }) => areDisjoint(nodes, first.nodes))) {
      return chosen
    }
    const backup = findPast({ ...query, avoid: new Set([...query.avoid ?? [], ...first.nodes]), paths: 1 })
    return backup === undefined || !isOfferable(backup) ? chosen : [...chosen.slice(0, query.paths - 1), backup]
  }

  /** Where the order is that of cost alone, near-equals may take turns; whoever has preferences gets what they say. */
  #chooseRanked (host: string, query: RouteQuery, { ranked, compiled }: Reading, ask: Ask): RankedPath[] {
    const offered = ranked.filter(({ path }) => isOfferable(path)).slice(0, query.paths)
    const isByCost = compiled?.ranking.kind === 'cost' && compiled.ast.preferences.length === 0
    // what is explained is the order of the scores, and alternatives are asked for in that order
    if (!isByCost || compiled.alternatives !== undefined || query.explain === true) {
      return offered
    }
    const byPath = new Map(offered.map((one) => [one.path, one]))
    const found = offered.map(({ path }) => path)
    return this.#withBackup(ask, found, this.#choose(host, query, found, ask.nowMs), (past) => {
      const [backup] = this.#reader.evaluator.evaluate(compiled, past)
      if (backup !== undefined) {
        byPath.set(backup.path, backup)
      }
      return backup?.path
    }).map((path) => byPath.get(path) as RankedPath)
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

/** A path that takes longer than an offer can say is of no use to anybody, and must not spoil the answer. */
function isOfferable ({ rttUs }: FoundPath): boolean {
  return rttUs <= MAX_RTT_US
}

/** Whatever leads there shares a forwarder with it. */
function takesAllOfAnEnd ({ nodes }: FoundPath, { source, destination }: Pick<PathQuery, 'source' | 'destination'>): boolean {
  return [source, destination].some((end) => end.every(({ node }) => nodes.includes(node)))
}

/** A text may have kilobytes, and is kept for as long as what was recommended. */
function shortOf (text: string): string {
  return toString(sha256Of(fromString(text)), 'base64')
}

/** The same for the same access forwarders in whatever order; that it is sometimes the same for others does no harm. */
function nameOf (points: readonly AccessPoint[]): string {
  return `${points.length} ${points.reduce((least, { node }) => Math.min(least, node), Infinity)}`
}
