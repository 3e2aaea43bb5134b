// Answers rivals: who may subscribe, what each has been told, and the signed batches. Only what we have measured or asked for ourselves is
// told; what others told us is theirs to tell.
import { NotAuthorizedError, NotFoundError, OverQuotaError } from '../../../protocols/errors.ts'
import { RecentlyUsed } from '../../../protocols/recently-used.ts'
import { ScopeMatch } from './scope-match.ts'
import { Subscription } from './subscription.ts'
import { TokenBucket } from '../../defence/token-bucket.ts'
import { MAX_MEASUREMENTS } from '../../../protocols/exchange/constants.ts'
import { sealBatch } from '../../../protocols/exchange/sealed-batch.ts'
import { linkName } from '../link-name.ts'
import type { LinkReading } from '../../measurement/link-estimator.ts'
import type { NamedLink } from './subscription.ts'
import type { ExchangeScope, NextRequest, SubscribeAnswer, SubscribeRequest } from '../../../protocols/exchange/codec.ts'
import type { SharedMeasurement } from '../../../protocols/exchange/measurement.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const MAX_SUBSCRIBERS = 16
/** So long at least a place is kept, in which a newcomer can become credible. */
export const MIN_STAY_MS = 600_000
const MIN_LEASE_MS = 10_000
const MAX_LEASE_MS = 300_000
/** A map of 500 nodes; and all of it anew twice a minute. */
const MAX_LINKS = 12_288
const MEASUREMENTS_PER_MINUTE = 30_000
/** A rival asks five times a second at most; who asks more is not read for a while. */
const QUESTIONS_PER_SECOND = 10
const QUESTION_BURST = 20
const WAIT_AT_QUOTA_MS = 200
/** To tell all anew costs a look at every link. */
const RESTARTS_PER_SECOND = 1
const RESTART_BURST = 3
const MAX_CALLERS = 256
/** What was told so long ago is of no use to who would pass it off as a measurement of its own. */
const ECHO_MS = 600_000
const MAX_TOLD = 65_536

export interface ExchangeServiceInit {
  privateKey: PrivateKey
  /** Opens a descriptor that must be of this peer. */
  open: (descriptor: Uint8Array, peer: PeerId) => Promise<VerifiedDescriptor>
  isAllowed: (rival: PeerId) => boolean
  isCredible: (rival: string) => boolean
  tagsOf: (key: string) => Readonly<Record<string, string>> | undefined
  /** All links that we measure. */
  links: () => Iterable<NamedLink>
  readingOf: (link: NamedLink) => LinkReading
  /** As it is told now; undefined: there is nothing to tell. A link that was found down may be up again. */
  measurementOf: (link: NamedLink, isDown: boolean) => SharedMeasurement | undefined
  /** Unix time, ms. */
  now: () => number
  /** Ms of any monotonic origin, for leases and quotas. */
  clock: () => number
}

export interface SubscriberStatus {
  links: number
  told: number
}

interface Subscriber {
  subscription: Subscription
  scopeKey: string
  /** By the clock. */
  sinceMs: number
  told: number
}

/** What one caller may ask for, however often it subscribes. */
interface CallerQuota {
  questions: TokenBucket
  restarts: TokenBucket
  measurements: TokenBucket
}

export class ExchangeService {
  readonly #init: ExchangeServiceInit
  readonly #subscribers = new Map<string, Subscriber>()
  /** By link: when anybody was told of it last. */
  readonly #toldAtMs = new RecentlyUsed<number>(MAX_TOLD)
  readonly #callers = new RecentlyUsed<CallerQuota>(MAX_CALLERS)

  constructor (init: ExchangeServiceInit) {
    this.#init = init
  }

  admit (caller: PeerId): number {
    const nowMs = this.#init.clock()
    return this.#quotaOf(caller.toString(), nowMs).questions.take(1, nowMs) ? 0 : WAIT_AT_QUOTA_MS
  }

  /** @throws NotAuthorizedError, OverQuotaError, and what openDescriptor throws */
  async subscribe ({ descriptor, scope, leaseMs }: SubscribeRequest, caller: PeerId): Promise<SubscribeAnswer> {
    if (!this.#init.isAllowed(caller)) {
      throw new NotAuthorizedError('this RSP exchanges measurements with listed RSPs only')
    }
    const { roles } = await this.#init.open(descriptor, caller)
    if (!roles.has('rsp')) {
      throw new NotAuthorizedError('only an RSP may subscribe: the descriptor does not have that role')
    }
    const nowMs = this.#init.clock()
    this.#expire(nowMs)
    const key = caller.toString()
    if (!this.#subscribers.has(key) && this.#subscribers.size >= MAX_SUBSCRIBERS && !this.#makeRoom(nowMs)) {
      throw new OverQuotaError(`${MAX_SUBSCRIBERS} RSPs are subscribed already`)
    }
    const grantedMs = Math.max(MIN_LEASE_MS, Math.min(MAX_LEASE_MS, leaseMs))
    const scopeKey = keyOfScope(scope)
    const known = this.#subscribers.get(key)
    if (known?.scopeKey === scopeKey) {
      known.subscription.untilMs = nowMs + grantedMs
      return { leaseMs: grantedMs, maxLinks: MAX_LINKS, measurementsPerMinute: MEASUREMENTS_PER_MINUTE }
    }
    known?.subscription.end()
    const subscription = new Subscription({
      scope: new ScopeMatch(scope, this.#init.tagsOf),
      maxLinks: MAX_LINKS,
      bucket: this.#quotaOf(key, nowMs).measurements,
      untilMs: nowMs + grantedMs,
      clock: this.#init.clock
    })
    this.#subscribers.set(key, { subscription, scopeKey, sinceMs: known?.sinceMs ?? nowMs, told: known?.told ?? 0 })
    return { leaseMs: grantedMs, maxLinks: MAX_LINKS, measurementsPerMinute: MEASUREMENTS_PER_MINUTE }
  }

  /** @throws NotFoundError without a subscription, OverQuotaError when all is asked for anew too often */
  async next ({ after, waitMs }: NextRequest, caller: PeerId): Promise<Uint8Array | undefined> {
    const subscriber = this.#subscribers.get(caller.toString())
    if (subscriber === undefined || subscriber.subscription.untilMs < this.#init.clock()) {
      throw new NotFoundError('there is no subscription any more: subscribe anew')
    }
    const { subscription } = subscriber
    if (after === 0n || after !== subscription.sequence) {
      const nowMs = this.#init.clock()
      if (!this.#quotaOf(caller.toString(), nowMs).restarts.take(1, nowMs)) {
        throw new OverQuotaError(`everything anew is told ${RESTARTS_PER_SECOND} time a second at most: ask with the sequence of the last batch`)
      }
      subscription.restart()
      for (const link of this.#init.links()) {
        subscription.note(linkName(...link), link, this.#init.readingOf(link))
      }
    }
    await subscription.wait(waitMs)
    const nowMs = this.#init.clock()
    const measurements = subscription.take(MAX_MEASUREMENTS, this.#init.readingOf).flatMap(({ link, isDown }) => {
      const measurement = this.#init.measurementOf(link, isDown)
      if (measurement === undefined) {
        return []
      }
      this.#toldAtMs.set(linkName(...link), nowMs)
      return measurement
    })
    if (measurements.length === 0) {
      return undefined
    }
    subscriber.told += measurements.length
    subscription.sequence++
    return await sealBatch({ subscriber: caller, sequence: subscription.sequence, issuedAtMs: this.#init.now(), measurements }, this.#init.privateKey)
  }

  /** A link of ours has been measured, or found down. */
  changed (a: string, b: string, reading: LinkReading): void {
    const name = linkName(a, b)
    for (const { subscription } of this.#subscribers.values()) {
      subscription.note(name, a < b ? [a, b] : [b, a], reading)
    }
  }

  /** Does anybody know of us what this link is like? Then what they say of it may be an echo. */
  hasTold (a: string, b: string): boolean {
    const toldAtMs = this.#toldAtMs.get(linkName(a, b))
    return toldAtMs !== undefined && this.#init.clock() - toldAtMs < ECHO_MS
  }

  status (rival: string): SubscriberStatus | undefined {
    const subscriber = this.#subscribers.get(rival)
    return subscriber === undefined ? undefined : { links: subscriber.subscription.status.links, told: subscriber.told }
  }

  keepHouse (): void {
    this.#expire(this.#init.clock())
    for (const { subscription } of this.#subscribers.values()) {
      subscription.prune()
    }
  }

  stop (): void {
    for (const { subscription } of this.#subscribers.values()) {
      subscription.end()
    }
    this.#subscribers.clear()
  }

  /** The one that came first of those that had their time and are not credible yet makes way. */
  #makeRoom (nowMs: number): boolean {
    const leaving = [...this.#subscribers].filter(([key, { sinceMs }]) => nowMs - sinceMs >= MIN_STAY_MS && !this.#init.isCredible(key))
      .toSorted(([, one], [, other]) => one.sinceMs - other.sinceMs).at(0)
    leaving?.[1].subscription.end()
    return leaving !== undefined && this.#subscribers.delete(leaving[0])
  }

  #quotaOf (key: string, nowMs: number): CallerQuota {
    const quota = this.#callers.get(key) ?? {
      questions: new TokenBucket({ ratePerSecond: QUESTIONS_PER_SECOND, burst: QUESTION_BURST, nowMs }),
      restarts: new TokenBucket({ ratePerSecond: RESTARTS_PER_SECOND, burst: RESTART_BURST, nowMs }),
      measurements: new TokenBucket({ ratePerSecond: MEASUREMENTS_PER_MINUTE / 60, burst: MEASUREMENTS_PER_MINUTE, nowMs })
    }
    this.#callers.set(key, quota)
    return quota
  }

  #expire (nowMs: number): void {
    for (const [key, { subscription }] of this.#subscribers) {
      if (subscription.untilMs < nowMs) {
        subscription.end()
        this.#subscribers.delete(key)
      }
    }
  }
}

function keyOfScope ({ nodes, tags, bothEnds }: ExchangeScope): string {
  return JSON.stringify([nodes.map(String).sort(), tags.map(({ key, value }) => [key, value]), bothEnds])
}
