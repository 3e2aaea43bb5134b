/** The host's side of the route protocol: asks an RSP and keeps only what it vouches for and what was asked. */
import { equals } from 'uint8arrays/equals'
import { MalformedMessageError } from '../errors.ts'
import { exchange } from '../request-stream/connection-streams.ts'
import { bounded, decoded } from '../method.ts'
import { decodeAnswer, digestQuery, encodeRequest } from './codec.ts'
import { MAX_REQUEST_BYTES } from './constants.ts'
import { QUERY, ROUTE_EXCHANGES, WATCH } from './route-protocol.ts'
import { OfferMismatchError, verifyOfferUnder, verifyRoot } from './offer.ts'
import { decodeWatchAnswer, encodeWatch } from './watch.ts'
import type { BywayError } from '../errors.ts'
import type { ExchangeOptions } from '../request-response.ts'
import type { DigestedQuery, RouteAnswer, RouteQuery } from './codec.ts'
import type { VerifiedPath } from './offer.ts'
import type { Verdict } from './verdict.ts'
import type { Watch, WatchAnswer } from './watch.ts'
import type { Connection, PeerId } from '@libp2p/interface'

export interface AnswerExpectation {
  expectedRsp: PeerId
  /** Unix time */
  nowMs: number
}

export interface CheckedAnswer {
  /** in the order of the answer: best first */
  paths: VerifiedPath[]
  /** offers that were dropped; `index` counts within the answer */
  refused: Array<{ index: number, error: BywayError }>
  /** of the query's text; `kept` is that of `paths`, in their order. None: the RSP has not read the text */
  verdict?: Verdict
}

/** Throws if the RSP fails, or if its answer as a whole is bad; single bad offers are in `refused`. */
export async function queryRoutes (
  connection: Connection,
  query: RouteQuery,
  { expectedRsp, nowMs, ...options }: AnswerExpectation & ExchangeOptions
): Promise<CheckedAnswer> {
  const asked = digestQuery(query)
  const body = await exchange(connection, ROUTE_EXCHANGES, QUERY, bounded(encodeRequest(asked), MAX_REQUEST_BYTES, 'request'), options)
  const answer = decoded(() => decodeAnswer(body), 'response')

  return await checkAnswer(answer, asked, { expectedRsp, nowMs })
}

/** What an answer may take longer than a watch lives. */
const WATCH_GRACE_MS = 5_000

/** Waits until the RSP has something to tell of a query, or the watch's life is over. */
export async function watchRoutes (connection: Connection, watch: Omit<Watch, 'query'> & { asked: RouteQuery }, options: Pick<ExchangeOptions, 'signal'> = {}): Promise<WatchAnswer> {
  const { asked, ...rest } = watch
  const body = bounded(encodeWatch({ ...rest, query: digestQuery(asked).encoded }), MAX_REQUEST_BYTES, 'request')
  const answer = await exchange(connection, ROUTE_EXCHANGES, WATCH, body, { ...options, deadlineMs: watch.lifetimeMs + WATCH_GRACE_MS })
  return decoded(() => decodeWatchAnswer(answer), 'response')
}

/** Judges an answer: the root once, then each offer by itself. */
export async function checkAnswer (answer: RouteAnswer, asked: DigestedQuery, { expectedRsp, nowMs }: AnswerExpectation): Promise<CheckedAnswer> {
  if (answer.offers.length > asked.paths) {
    throw new MalformedMessageError(`${answer.offers.length} offers where ${asked.paths} were asked for`)
  }
  const root = await verifyRoot(answer.root, { expectedRsp, nowMs })
  const checked: CheckedAnswer = { paths: [], refused: [] }

  for (const [index, offer] of answer.offers.entries()) {
    try {
      const path = verifyOfferUnder(root, offer, { queryDigest: asked.digest, nowMs })
      checkAnswers(path, asked)
      checkNew(path, checked.paths)
      checked.paths.push(path)
    } catch (error) {
      checked.refused.push({ index, error: error as BywayError })
    }
  }

  return withVerdict(checked, answer, asked)
}

/** An RSP that has not read the text says nothing of it, and nobody else may. */
function withVerdict (checked: CheckedAnswer, { verdict }: RouteAnswer, { text }: DigestedQuery): CheckedAnswer {
  if (verdict === undefined || text === undefined) {
    return checked
  }
  const refused = new Set(checked.refused.map(({ index }) => index))
  const clauses = verdict.clauses.map(clause => ({ ...clause, kept: clause.kept.filter((_, index) => !refused.has(index)) }))
  return { ...checked, verdict: { ...verdict, clauses } }
}

/** The digest binds the offer to the query; this holds the RSP to what the query says. */
function checkAnswers (path: VerifiedPath, query: RouteQuery): void {
  const { forwarders } = path
  const exit = forwarders[forwarders.length - 1]
  const avoided = forwarders.find(forwarder => query.avoid.some(peer => peer.equals(forwarder)))

  if (!equals(path.sourceCommitment, query.sourceCommitment) || !equals(path.destinationCommitment, query.destinationCommitment)) {
    throw new OfferMismatchError('the path is for other ends than the query')
  }
  if (!query.source.some(({ forwarder }) => forwarder.equals(forwarders[0]))) {
    throw new OfferMismatchError(`the entry ${forwarders[0].toString()} is no access forwarder of the source`)
  }
  if (!query.destination.some(({ forwarder }) => forwarder.equals(exit))) {
    throw new OfferMismatchError(`the exit ${exit.toString()} is no access forwarder of the destination`)
  }
  if (avoided != null) {
    throw new OfferMismatchError(`the path visits ${avoided.toString()}, which the query avoids`)
  }
}

/** Two paths with one number have one tag, and packets of the one would count for the other. */
function checkNew ({ pathNumber }: VerifiedPath, before: VerifiedPath[]): void {
  if (before.some(path => path.pathNumber === pathNumber)) {
    throw new OfferMismatchError(`path number ${pathNumber} stands twice in the answer`)
  }
}
