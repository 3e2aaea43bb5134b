// Asks one rival for its measurements, again and again: subscribe, then wait for what has changed. We ask, so nobody can flood us; who sends
// what no honest RSP sends is left alone for longer each time.
import { BreachRecord } from './breach-record.ts'
import { ClocksApartError } from '../../../protocols/exchange/errors.ts'
import { connectTo } from '../../discovery/connect.ts'
import { TokenBucket } from '../../defence/token-bucket.ts'
import { nextBatch, subscribeExchange } from '../../../protocols/exchange/client.ts'
import { MAX_MEASUREMENTS } from '../../../protocols/exchange/constants.ts'
import { MalformedMessageError } from '../../../protocols/errors.ts'
import { MAX_LINKS_PER_RIVAL } from './rival-words.ts'
import { pause } from '../../discovery/pause.ts'
import type { DialGrant } from '../../discovery/connect.ts'
import type { ExchangeScope } from '../../../protocols/exchange/codec.ts'
import type { VerifiedBatch } from '../../../protocols/exchange/sealed-batch.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const LEASE_MS = 120_000
const WAIT_MS = 15_000
const CONNECT_DEADLINE_MS = 10_000
/** Between two questions. */
const MIN_GAP_MS = 200
/** All that it has may come at once, then as much as 12,000 links that are renewed every half minute. */
const WORDS_PER_SECOND = 500
const WORD_BURST = MAX_LINKS_PER_RIVAL
const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 60_000
/** What no honest RSP sends; all else is a matter of connections. */
const RUBBISH = new Set(['MALFORMED', 'TOO_LARGE', 'INVALID_SIGNATURE', 'EXPIRED'])

export interface RivalFeedInit {
  self: PeerId
  connectionManager: ConnectionManager
  /** Default: all addresses that its descriptor says may be dialled. */
  grant?: DialGrant
  /** Our own signed descriptor. */
  descriptor: () => Promise<Uint8Array>
  scope: ExchangeScope
  onBatch: (batch: VerifiedBatch) => void
  /** It sent rubbish. */
  onBreach: (rival: PeerId, error: Error) => void
  /** Unix time, ms. */
  now: () => number
  /** Ms of any monotonic origin, for leases and quotas. */
  clock: () => number
  log: Logger
}

export interface FeedStatus {
  /** Batches taken; those refused, of which good ones make up for some. */
  batches: number
  breaches: number
  /** Name of the last error; undefined: all is well. */
  lastError: string | undefined
}

export class RivalFeed {
  readonly #init: RivalFeedInit
  readonly #abort = new AbortController()
  readonly #bucket: TokenBucket
  /** Of the last batch taken; a lease that is extended in time goes on from there. 0: everything is to be told anew. */
  #after = 0n
  readonly #record = new BreachRecord()
  readonly status: FeedStatus = { batches: 0, breaches: 0, lastError: undefined }
  /** By the clock. */
  readonly sinceMs: number
  /** The newest one: a rival that moved is followed. */
  descriptor: VerifiedDescriptor

  constructor (descriptor: VerifiedDescriptor, init: RivalFeedInit) {
    this.descriptor = descriptor
    this.sinceMs = init.clock()
    this.#init = init
    this.#bucket = new TokenBucket({ ratePerSecond: WORDS_PER_SECOND, burst: WORD_BURST, nowMs: init.clock() })
  }

  start (): void {
    void this.#follow()
  }

  stop (): void {
    this.#abort.abort()
  }

  async #follow (): Promise<void> {
    const { signal } = this.#abort
    let backoffMs = FIRST_BACKOFF_MS
    while (!signal.aborted) {
      const { batches } = this.status
      try {
        await this.#read(signal)
      } catch (error) {
        if (signal.aborted) {
          return
        }
        // a rival that has begun anew counts from 1, and an answer that was lost may have been its first
        this.#after = 0n
        backoffMs = this.status.batches > batches ? FIRST_BACKOFF_MS : Math.min(MAX_BACKOFF_MS, 2 * backoffMs)
        await pause(this.#failed(error as Error) ?? backoffMs, signal)
      }
    }
  }

  /** One lease after the other, until something goes wrong. */
  async #read (signal: AbortSignal): Promise<void> {
    const { connectionManager, grant, descriptor, scope, clock } = this.#init
    const connection = await connectTo(connectionManager, this.descriptor, AbortSignal.timeout(CONNECT_DEADLINE_MS), grant)
    const { leaseMs } = await subscribeExchange(connection, { descriptor: await descriptor(), scope, leaseMs: LEASE_MS }, { signal })
    const untilMs = clock() + leaseMs - 2 * WAIT_MS
    let hasBegun = false
    do {
      hasBegun = await this.#next(connection, hasBegun, signal) || hasBegun
      await pause(Math.max(MIN_GAP_MS, this.#debtMs()), signal)
    } while (!signal.aborted && clock() < untilMs)
  }

  /** Gives whether a batch came. */
  async #next (connection: Connection, hasBegun: boolean, signal: AbortSignal): Promise<boolean> {
    const { self, now, clock, onBatch } = this.#init
    const after = this.#after
    const batch = await nextBatch(connection, { after, waitMs: WAIT_MS }, { rsp: this.descriptor.peer, subscriber: self, now }, { signal })
    // who was removed meanwhile is not listened to any more
    signal.throwIfAborted()
    this.status.lastError = undefined
    if (batch === undefined) {
      return false
    }
    // a subscription that had ended begins anew with 1, once there is something to tell
    if (batch.sequence <= after && (hasBegun || batch.sequence !== 1n)) {
      throw new MalformedMessageError(`batch ${batch.sequence} after ${after}: an old one was sent again`)
    }
    this.status.batches++
    this.#record.good()
    this.status.breaches = this.#record.breaches
    this.#bucket.take(Math.min(batch.measurements.length, this.#bucket.availableAt(clock())), clock())
    onBatch(batch)
    this.#after = batch.sequence
    return true
  }

  /** Until there is room for another full batch. */
  #debtMs (): number {
    return Math.max(0, (MAX_MEASUREMENTS - this.#bucket.availableAt(this.#init.clock())) / WORDS_PER_SECOND * 1_000)
  }

  /** How long to leave it alone; undefined: it may be only the connection, or a clock. */
  #failed (error: Error): number | undefined {
    const { peer } = this.descriptor
    this.status.lastError = error.name
    this.#init.log('no measurements from %p - %e', peer, error)
    const { code, remote } = error as { code?: string, remote?: boolean }
    // whose clock is wrong nobody can say: where it is ours, all rivals would be punished for it
    if (remote === true || code === undefined || !RUBBISH.has(code) || error instanceof ClocksApartError) {
      return undefined
    }
    const banMs = this.#record.breach()
    this.status.breaches = this.#record.breaches
    this.#init.onBreach(peer, error)
    return banMs
  }
}
