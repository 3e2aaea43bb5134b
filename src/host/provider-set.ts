// The RSPs that a host knows, in competition: those with good scores are asked side by side, each answer is verified, each RSP's silence
// costs only itself, and what each does is remembered in its score.
import { DeadlineError, MalformedMessageError, UnavailableError } from '../../protocols/errors.ts'
import { commit } from '../../protocols/route/codec.ts'
import { MAX_AVOID, MAX_RTT_US, SALT_BYTES } from '../../protocols/route/constants.ts'
import { connectTo } from '../discovery/connect.ts'
import { within } from '../discovery/within.ts'
import { flowDraws } from './flow-draws.ts'
import { QueryRound } from './query-round.ts'
import { QueryOutcomes } from './query-outcomes.ts'
import { brokenBy, bySoftClauses, otherCostMs, surchargeMs } from './clause-comparison.ts'
import { queryRoutes, watchRoutes } from '../../protocols/route/client.ts'
import { EXPLORED_SHARE, byTrust, explored, rankOffers, rankProviders } from './provider-choice.ts'
import { MAX_PRICE_MICRO } from './score-record.ts'
import { startTimer } from './start-timer.ts'
import type { StartTimer } from './start-timer.ts'
import type { ProviderScore } from './provider-score.ts'
import type { ScoreBoard } from './score-board.ts'
import type { AccessPoint } from './access-set.ts'
import type { AskedText } from './asked-text.ts'
import type { CheckedAnswer } from '../../protocols/route/client.ts'
import type { Promised } from './provider-choice.ts'
import type { RouteQuery } from '../../protocols/route/codec.ts'
import type { Verdict } from '../../protocols/route/verdict.ts'
import type { WatchAnswer } from '../../protocols/route/watch.ts'
import type { VerifiedPath } from '../../protocols/route/offer.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const DEADLINE_MS = 3_000
/** Longer than who asks waits: an RSP of which some addresses swallow what comes can be asked the next time. */
const DIAL_MS = 10_000
const MAX_PROVIDERS = 8
/** Asked side by side at first; the others are there for when these fail. */
const FIRST_WAVE = 4
const MAX_POINTS = 64
const DEFAULT_PATHS = 3
/** One percent of loss counts like 20 ms. */
const DEFAULT_WEIGHTS = { delay: 1, loss: 20 }

export interface RouteWish {
  source: PeerId
  destination: PeerId
  sourceAccess: readonly AccessPoint[]
  destinationAccess: ReadonlyArray<{ forwarder: PeerId, rttUs: number }>
  weights?: { delay: number, loss: number }
  /** Default: a few, or as many as the text wants. */
  paths?: number
  avoid?: readonly PeerId[]
  /** In the query language; the weights are then for RSPs that do not know it. */
  asked?: AskedText
  /** Only with a text: RSPs say why. */
  explain?: boolean
}

/** What an RSP is to tell of. */
export interface RouteWatch {
  /** Of this host and RSP: another one with it takes its place. */
  number: number
  /** Empty on the default route. */
  present: readonly PeerId[]
  /** Share by which another path must be better, or the present one worse. */
  margin: number
  lifetimeMs: number
}

/** An offer of an RSP, and what opens its commitments to the forwarders that are asked to take it. */
export interface OfferedPath extends VerifiedPath {
  salts: { source: Uint8Array, destination: Uint8Array }
  /** What the text that was asked holds against it beside other paths, in ms of round trip; from `rank`. */
  surchargeMs?: number
}

export interface ProviderAnswer {
  rsp: PeerId
  mapKind: string
  /** Best first; empty when `error` is set. */
  paths: OfferedPath[]
  /** Why there is no path, or why single ones were dropped. */
  error?: Error
  /** It was not waited for any longer. */
  isLate?: boolean
  elapsedMs: number
  /** What was asked, if it had a text. */
  asked?: AskedText
  /** Of `paths`, in their order; none where the RSP has not read the text. */
  verdict?: Verdict
}

export interface ProviderSetInit {
  connectionManager: ConnectionManager
  /** Verified descriptors of all RSPs that are known. */
  providers: () => VerifiedDescriptor[]
  /** Unix time, ms. */
  now: () => number
  /** Monotonic, ms: how long answers take. Default: `now`. */
  clock?: () => number
  /** What is known of each RSP, and what is learned. */
  scores: ScoreBoard
  /** An RSP that takes longer to be connected to, or to answer, has no answer. */
  deadlineMs?: number
  /** 0 ≤ … < 1; near-equals take turns by it. */
  random?: () => number
  startTimer?: StartTimer
  /** What was asked of this RSP is not answered: the connection with it may have died without a word. */
  onSilent?: (rsp: PeerId) => void
  log: Logger
}

export class ProviderSet {
  readonly #init: ProviderSetInit

  constructor (init: ProviderSetInit) {
    this.#init = init
  }

  /** What is known of each RSP. */
  get scores (): ScoreBoard {
    return this.#init.scores
  }

  /**
   * Asks some RSPs: the best ones, more where these fail or are late. Gives their answers when there is something to choose from and all have
   * answered that usually would have, else when the deadline is over. Who was not waited for has an answer that says so.
   *
   * @param flow - see `newFlow`
   */
  async ask (wish: RouteWish, flow = this.newFlow()): Promise<ProviderAnswer[]> {
    const { scores, now } = this.#init
    const known = this.#known()
    const { first, later } = rankProviders(known, FIRST_WAVE, { nowMs: now(), ...drawsOf(flow) })
    const outcomes = new QueryOutcomes(scores)
    const asked = new Map<VerifiedDescriptor, ProviderAnswer>()
    await new QueryRound<VerifiedDescriptor, ProviderAnswer>({
      first,
      later: later.slice(0, MAX_PROVIDERS - first.length),
      ask: async (provider) => {
        asked.set(provider, notWaitedFor(provider, scores.of(provider.peer).usualMs))
        const answer = await this.#askOne(provider, wish, outcomes)
        asked.set(provider, answer)
        return answer
      },
      isUseful: ({ paths }) => paths.length > 0,
      usualMs: ({ peer }) => scores.of(peer).usualMs,
      startTimer: this.#init.startTimer ?? startTimer
    }).run()
    return known.flatMap(({ what }) => asked.get(what) ?? [])
  }

  /**
   * Asks as many RSPs as may be, those that `ask` would ask before others, and waits for each, or until the signal: to compare them.
   *
   * @throws the signal's reason when none has answered by then
   */
  async askAll (wish: RouteWish, signal?: AbortSignal): Promise<ProviderAnswer[]> {
    const { scores } = this.#init
    const known = this.#known()
    const { first, later } = rankProviders(known, MAX_PROVIDERS, { nowMs: this.#init.now(), ...drawsOf(this.newFlow()) })
    const chosen = new Set([...first, ...later].slice(0, MAX_PROVIDERS))
    const outcomes = new QueryOutcomes(scores)
    const answers = await Promise.all(known.filter(({ what }) => chosen.has(what)).map(async ({ what }) => this.#askOne(what, wish, outcomes, signal)))
    if (answers.every(({ error }) => error?.cause === signal?.reason)) {
      signal?.throwIfAborted()
    }
    return answers
  }

  /** By this number near-equals are told apart in the same way as long as a flow lasts, and it explores or does not. */
  newFlow (): number {
    return Math.floor((this.#init.random ?? Math.random)() * 2 ** 32)
  }

  /**
   * What of the answers is worth a try, most promising first: promises as they are to be taken, by the scores; each path from one RSP,
   * and an answer without paths where others offer all of them. Where a text was asked, only what keeps its hard clauses, by the soft ones
   * first, and by cost with what else its objective weighs and its penalties; then one RSP may stand there more than once.
   *
   * @param flow - see `newFlow`
   * @param msPerLossPercent - what one percent of loss is worth
   */
  rank (answers: readonly ProviderAnswer[], flow = this.newFlow(), msPerLossPercent = DEFAULT_WEIGHTS.loss): ProviderAnswer[] {
    return answers.some(({ asked }) => asked !== undefined)
      ? this.#byTrust(answers, flow).flatMap((some) => bySoftClauses(some)).flatMap((tier) => this.#rankEquals(tier, flow, msPerLossPercent))
      : this.#rankEquals(answers, flow, msPerLossPercent)
  }

  /** What is said of soft clauses can be a lie like any other: those whose word counts, then the one that is tried though it is distrusted. */
  #byTrust (answers: readonly ProviderAnswer[], flow: number): ProviderAnswer[][] {
    const { scores, now } = this.#init
    const offering = answers.filter((what) => what.paths.some((path) => brokenBy(what, path) === undefined))
    const { usual, shunned } = byTrust(offering.map((what) => ({ what, score: scores.of(what.rsp) })), now())
    return [usual, explored(shunned, drawsOf(flow))].map((some) => some.map(({ what }) => what))
  }

  #rankEquals (answers: readonly ProviderAnswer[], flow: number, msPerLossPercent: number): ProviderAnswer[] {
    const { scores, now } = this.#init
    // in an order of their own, so that each gets the same draw again
    const byId = answers.toSorted((a, b) => a.rsp.toString() < b.rsp.toString() ? -1 : 1)
    const candidates = byId.map((what) => ({ what, score: scores.of(what.rsp), offers: what.paths.map((path) => promisedBy(path, otherCostMs(what, path))) }))
    return rankOffers(candidates, { nowMs: now(), ...drawsOf(flow), msPerLossPercent })
      .map(({ what, ids }) => ({
        ...what,
        paths: what.paths.filter((path) => ids.has(routeIdOf(path))).map((path) => what.asked === undefined ? path : { ...path, surchargeMs: surchargeMs(what, path) })
      }))
  }

  /** Paths (see `routeIdOf`) that are no answer to the query, or that only RSPs offer which are distrusted, and what that is to say. */
  leftOut (answers: readonly ProviderAnswer[]): Map<string, string> {
    const { scores, now } = this.#init
    const broken = answers.flatMap((answer) => answer.paths.map((path) => [routeIdOf(path), brokenBy(answer, path)] as const))
    const kept = new Set(broken.flatMap(([id, why]) => why === undefined ? [id] : []))
    const statuses = answers.map(({ rsp, paths }) => ({ ids: paths.map(routeIdOf), status: scores.of(rsp).status(now()) }))
    const others = new Set(statuses.flatMap(({ ids, status }) => status.standing === 'distrusted' ? [] : ids))
    const unfit = broken.flatMap(([id, why]) => why === undefined || kept.has(id) ? [] : [[id, why] as const])
    return new Map([...unfit, ...statuses.flatMap(({ ids, status: { standing, promises, broken } }) => standing !== 'distrusted'
      ? []
      : ids.filter((id) => !others.has(id)).map((id) => [id, `its RSP is distrusted: it broke ${broken} of ${promises} promises (byway rsps)`] as const))])
  }

  #known (): Array<{ what: VerifiedDescriptor, score: ProviderScore }> {
    return this.#init.providers().map((what) => ({ what, score: this.#init.scores.of(what.peer) }))
  }

  async #askOne (provider: VerifiedDescriptor, wish: RouteWish, outcomes: QueryOutcomes, signal?: AbortSignal): Promise<ProviderAnswer> {
    const clock = this.#init.clock ?? this.#init.now
    const startedMs = clock()
    const rsp = provider.peer
    const mapKind = provider.rsp?.mapKind ?? 'reports'
    const priceMicro = Math.min(Number(provider.rsp?.priceMicro ?? 0n), MAX_PRICE_MICRO)
    const elapsedMs = (): number => clock() - startedMs
    try {
      const { paths, refused, verdict } = await this.#query(provider, wish, signal)
      for (const { index, error } of refused) {
        this.#init.log('offer %d of %p was refused - %e', index, rsp, error)
      }
      outcomes.ended(rsp, { elapsedMs: elapsedMs(), priceMicro, error: refused[0]?.error })
      return { rsp, mapKind, paths, error: refused[0]?.error, elapsedMs: elapsedMs(), ...(wish.asked === undefined ? {} : { asked: wish.asked, verdict }) }
    } catch (error) {
      if (signal?.aborted === true) {
        // not to wait is the caller's choice, and nothing that the RSP did
        return { rsp, mapKind, paths: [], error: new DeadlineError('its answer was not waited for', { cause: signal.reason }), elapsedMs: elapsedMs(), asked: wish.asked }
      }
      this.#init.log('%p made no offer - %e', rsp, error)
      const isUnreadable = wish.asked !== undefined && error instanceof MalformedMessageError && error.remote
      if (askable(wish.sourceAccess).length > 0 && askable(wish.destinationAccess).length > 0 && !isUnreadable) {
        // else it is the question that nobody could answer
        outcomes.ended(rsp, { elapsedMs: elapsedMs(), priceMicro, error: error as Error })
      }
      return { rsp, mapKind, paths: [], error: error as Error, elapsedMs: elapsedMs(), asked: wish.asked }
    }
  }

  /** RSPs that keep standing queries. */
  get watchful (): PeerId[] {
    return this.#init.providers().flatMap(({ peer, rsp }) => rsp?.clauses?.includes('watch') === true ? [peer] : [])
  }

  /**
   * Waits until an RSP has something to tell of what is wished.
   *
   * @throws what the exchange does; UnavailableError for an RSP that is not known any more
   */
  async watch (rsp: PeerId, wish: RouteWish, { number, present, ...watch }: RouteWatch, signal: AbortSignal): Promise<WatchAnswer> {
    const provider = this.#init.providers().find(({ peer }) => peer.equals(rsp))
    if (provider === undefined) {
      throw new UnavailableError(`the RSP ${rsp.toString()} is not known any more`)
    }
    const connection = await this.#connect(provider, AbortSignal.timeout(this.#init.deadlineMs ?? DEADLINE_MS))
    const asked = this.#asked(wish, { source: newSalt(), destination: newSalt() })
    return this.#answerOf(rsp, watchRoutes(connection, { ...watch, watch: number, present: [...present], asked }, { signal }))
  }

  /**
   * Only over a connection that is there: else the RSP finds out by itself when the watch's life is over. Never fails.
   *
   * @param wish - that it watches; undefined where nothing was asked of it yet
   */
  async endWatch (rsp: PeerId, wish: RouteWish | undefined, number: number): Promise<void> {
    const connection = this.#init.connectionManager.getConnections(rsp).find(({ status }) => status === 'open')
    if (connection !== undefined && wish !== undefined) {
      const asked = this.#asked(wish, { source: newSalt(), destination: newSalt() })
      await watchRoutes(connection, { watch: number, present: [], margin: 1, lifetimeMs: 0, asked }).catch((error: unknown) => {
        this.#init.log('%p was not told that a watch is over - %e', rsp, error)
      })
    }
  }

  async #query (provider: VerifiedDescriptor, wish: RouteWish, signal?: AbortSignal): Promise<{ paths: OfferedPath[] } & Pick<CheckedAnswer, 'refused' | 'verdict'>> {
    const deadlineMs = this.#init.deadlineMs ?? DEADLINE_MS
    const connection = await this.#connect(provider, within(deadlineMs, signal))
    const salts = { source: newSalt(), destination: newSalt() }
    const answer = queryRoutes(connection, this.#asked(wish, salts), { expectedRsp: provider.peer, nowMs: this.#init.now(), deadlineMs, signal })
    const { paths, refused, verdict } = await this.#answerOf(provider.peer, answer)
    return { paths: paths.map((path) => ({ ...path, salts })), refused, verdict }
  }

  /** Waits until the signal, and goes on dialling. */
  async #connect (provider: VerifiedDescriptor, signal: AbortSignal): Promise<Connection> {
    const { promise: over, reject } = Promise.withResolvers<never>()
    const end = (): void => { reject(new UnavailableError('it could not be connected to in time', { cause: signal.reason })) }
    signal.addEventListener('abort', end)
    if (signal.aborted) {
      end()
    }
    try {
      return await Promise.race([connectTo(this.#init.connectionManager, provider, AbortSignal.timeout(DIAL_MS)), over])
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  async #answerOf<T> (rsp: PeerId, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (error instanceof DeadlineError && !error.remote) {
        this.#init.onSilent?.(rsp)
      }
      throw error
    }
  }

  #asked (wish: RouteWish, salts: OfferedPath['salts']): RouteQuery {
    return {
      nonce: crypto.getRandomValues(new Uint8Array(16)),
      source: askable(wish.sourceAccess),
      destination: askable(wish.destinationAccess),
      sourceCommitment: commit(salts.source, wish.source),
      destinationCommitment: commit(salts.destination, wish.destination),
      weights: wish.weights ?? wish.asked?.weights ?? DEFAULT_WEIGHTS,
      paths: wish.paths ?? Math.max(DEFAULT_PATHS, wish.asked?.leastPaths ?? 1),
      avoid: [...wish.avoid ?? []].slice(0, MAX_AVOID),
      text: wish.asked?.text,
      explain: wish.explain
    }
  }
}

/** Of the route that a path becomes, whoever offers it. */
export function routeIdOf ({ forwarders }: Pick<VerifiedPath, 'forwarders'>): string {
  return forwarders.join()
}

/** What a query can say of access points: a peer says of its own what it likes, and no RSP is to blame for that. */
function askable (access: RouteWish['destinationAccess']): RouteQuery['destination'] {
  return access.filter(({ rttUs }) => rttUs <= MAX_RTT_US).slice(0, MAX_POINTS).map(({ forwarder, rttUs }) => ({ forwarder, rttUs }))
}

/** New for each query and end, so that nobody can link two queries for one peer. */
function newSalt (): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES))
}

/** The same for all that is decided for a flow. */
function drawsOf (flow: number): { random: () => number, explores: boolean } {
  const random = flowDraws(flow)
  return { explores: random() < EXPLORED_SHARE, random }
}

function notWaitedFor ({ peer, rsp }: VerifiedDescriptor, usualMs: number): ProviderAnswer {
  const error = new DeadlineError(`it takes longer than usual (${Math.round(usualMs)} ms), and others have answered`)
  return { rsp: peer, mapKind: rsp?.mapKind ?? 'reports', paths: [], error, isLate: true, elapsedMs: usualMs }
}

const PPM = 1e6

function promisedBy (path: OfferedPath, otherMs: number): Promised {
  const { rttUs, rttMarginUs, lossPpm } = path.prediction
  return { id: routeIdOf(path), rttMs: rttUs / 1_000, marginMs: rttMarginUs / 1_000, loss: lossPpm / PPM, otherMs }
}
