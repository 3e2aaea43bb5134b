// Asks RSPs for the routes of a channel: at intervals, sooner after a failure, and once more for a path that shares no forwarder with the one in use
// where none is known.
import { AvoidList } from './avoid-list.ts'
import type { AccessSet } from './access-set.ts'
import type { AskedText } from './asked-text.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { ForwarderFailures } from './forwarder-failures.ts'
import type { OfferedPath, ProviderAnswer, RouteWish } from './provider-set.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Offers are asked for anew so often: an offer lives longer, better paths appear sooner. */
const INTERVAL_MS = 30_000
/** After a failure at once, but not in a loop. */
const URGENT_INTERVAL_MS = 1_500
/** When nothing was offered, or what was cannot be used, or somebody was not waited for. */
const RETRY_INTERVAL_MS = 3_000
/** So many times in a row somebody who was late is asked again that soon: by then it is known how long it takes. */
const MOST_LATE_RETRIES = 2
/** Who has no path to fall back to asks again so often. */
const BACKUP_INTERVAL_MS = 30_000
const BACKUP_PATHS = 1

/** A peer that can be reached answers sooner; for one that cannot, what is known of it must do. */
const FRESH_WITHIN_MS = 500

export interface RouteQueriesInit {
  self: PeerId
  descriptor: VerifiedDescriptor
  providers: { ask: (wish: RouteWish) => Promise<ProviderAnswer[]> }
  access: AccessSet
  discovery: Discovery
  failures: ForwarderFailures
  weights?: { delay: number, loss: number }
  /** What is wanted, in the query language. */
  asked?: AskedText
  /** Takes the offers in, of which the oldest was asked for at `askedMs`. @returns whether all that was taken works */
  take: (answers: readonly ProviderAnswer[], askedMs: number) => Promise<boolean>
  /** The path that a backup must not touch; undefined when no backup is wanted. */
  wantsBackupOf: () => OfferedPath | undefined
  /** Monotonic, ms. */
  now: () => number
  log: Logger
}

export class RouteQueries {
  readonly #init: RouteQueriesInit
  /** Forwarders that others say are gone. */
  readonly #avoided: AvoidList
  #answers: ProviderAnswer[] = []
  #doubted: readonly PeerId[] = []
  #askedMs = -Infinity
  #nextMs = 0
  #nextBackupMs = 0
  #running: Promise<void> | undefined
  /** For the peer's descriptor, under way. */
  #lookUp: Promise<VerifiedDescriptor | undefined> | undefined
  #hasAsked = false
  #lateRetries = 0

  constructor (init: RouteQueriesInit) {
    this.#init = init
    this.#avoided = new AvoidList(init.now)
  }

  /** The last ones, of each RSP. */
  get answers (): readonly ProviderAnswer[] {
    return this.#answers
  }

  /** Once at least, to the end. */
  get hasAsked (): boolean {
    return this.#hasAsked
  }

  /** Was there an answer, and is nothing being asked now? */
  get isSettled (): boolean {
    return this.#hasAsked && this.#running === undefined
  }

  /** Asks if it is time to. */
  tick (nowMs: number): void {
    if (nowMs >= this.#nextMs) {
      void this.ask()
    } else if (nowMs >= this.#nextBackupMs && this.isSettled) {
      const path = this.#init.wantsBackupOf()
      if (path !== undefined) {
        this.#nextBackupMs = nowMs + BACKUP_INTERVAL_MS
        void this.#once(async () => this.#askForBackup(path))
      }
    }
  }

  /** A path has failed: RSPs are asked at once for others, once without its forwarders, any of which may be the reason. */
  hasten (failed: readonly PeerId[] = []): void {
    const nowMs = this.#init.now()
    if (failed.length > 0) {
      // others that hasten say nothing of those that failed before, and have not been left out yet
      this.#doubted = failed
    }
    this.#nextMs = Math.min(this.#nextMs, Math.max(nowMs, this.#askedMs + URGENT_INTERVAL_MS))
    this.#nextBackupMs = Math.min(this.#nextBackupMs, nowMs + RETRY_INTERVAL_MS)
  }

  /** A forwarder that a notice says is gone is left out for a while. */
  avoid (forwarder: PeerId): void {
    this.#avoided.add(forwarder)
  }

  /** What could not be used before may be now. */
  askAtOnce (): void {
    this.#nextMs = 0
  }

  /** Asks all RSPs, and ends when their offers have been taken in. One round at a time. */
  async ask (): Promise<void> {
    await this.#once(async () => {
      const avoid = this.#doubted
      this.#doubted = []
      this.#askedMs = this.#init.now()
      this.#nextMs = this.#askedMs + INTERVAL_MS
      const answers = await this.#answersTo({ avoid })
      this.#answers = answers
      this.#lateRetries = answers.some(({ isLate }) => isLate === true) ? this.#lateRetries + 1 : 0
      const asksLateAgain = this.#lateRetries > 0 && this.#lateRetries <= MOST_LATE_RETRIES
      if (!await this.#init.take(answers, this.#askedMs) || asksLateAgain || answers.every(({ paths }) => paths.length === 0)) {
        this.#nextMs = Math.min(this.#nextMs, this.#init.now() + RETRY_INTERVAL_MS)
      }
    })
  }

  async #askForBackup (path: OfferedPath): Promise<void> {
    const answers = await this.#answersTo({ paths: BACKUP_PATHS, avoid: path.forwarders })
    // beside what was offered before, so that nothing of it is forgotten
    await this.#init.take([...this.#answers, ...answers], this.#askedMs)
  }

  async #once (run: () => Promise<void>): Promise<void> {
    this.#running ??= run().catch((error: unknown) => {
      this.#init.log('asking for routes to %p failed - %e', this.#init.descriptor.peer, error)
      this.#nextMs = this.#init.now() + RETRY_INTERVAL_MS
    }).finally(() => {
      this.#running = undefined
      this.#hasAsked = true
    })
    await this.#running
  }

  async #answersTo (how: { paths?: number, avoid?: readonly PeerId[] }): Promise<ProviderAnswer[]> {
    return this.#init.providers.ask(await this.wish(how))
  }

  /** What is asked now. */
  async wish ({ paths, avoid = [] }: { paths?: number, avoid?: readonly PeerId[] } = {}): Promise<RouteWish> {
    const { self, descriptor, access, failures, weights, asked } = this.#init
    // a query cannot name more than so many: those of the failed path first, then the latest
    const latest = [...this.#avoided.peers, ...failures.avoided.peers].reverse()
    const all = new Map([...avoid, ...latest].map((peer) => [peer.toString(), peer]))
    return {
      source: self,
      destination: descriptor.peer,
      sourceAccess: access.points,
      destinationAccess: await this.#destinationAccess(),
      weights,
      paths,
      avoid: [...all.values()],
      asked
    }
  }

  /** From the peer's descriptor, a fresh one if it can be had soon; one that comes later is there for the next question. */
  async #destinationAccess (): Promise<Array<{ forwarder: PeerId, rttUs: number, attached: boolean }>> {
    const { discovery, descriptor: known } = this.#init
    const lookUp = this.#lookUp ??= discovery.describe(known.peer, { fresh: true }).catch(() => undefined).finally(() => { this.#lookUp = undefined })
    const descriptor = await soon(lookUp) ?? discovery.directory.get(known.peer) ?? known
    return descriptor.host?.access ?? []
  }
}

async function soon<T> (work: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => { late.resolve(undefined) }, FRESH_WITHIN_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
