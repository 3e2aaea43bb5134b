// Keeps the forwarders watching the links that this RSP wants: asks each of them, refreshes the lease, and asks anew when
// other links are wanted. Both ends of a link are asked, so that one that lies is found out.
import { connectTo } from '../discovery/connect.ts'
import { watch } from '../../protocols/report/client.ts'
import type { DialGrant } from '../discovery/connect.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const LEASE_MS = 120_000
const REFRESH_MS = LEASE_MS / 3
/** Forwarders come in bunches: the others are told once for all that changed within so long. */
const SETTLE_MS = 500
/** After a failure; nor is a forwarder asked sooner again because of the lease that it has given: less than the least that one gives (`forwarder/watch-service.ts`). */
const RETRY_MS = 3_000
/** Twice as long after each further one: whoever does not answer may not exist, and each dial takes one of libp2p's places for seconds. */
const MAX_RETRY_MS = 60_000
/** Longer by so much at the most, so that those that failed together do not try together. */
const RETRY_JITTER = 0.5
/** A new descriptor may say that a forwarder is back: it is tried sooner then, but not within so long of the last time, for it costs nothing to sign one. */
const RENEWED_MS = 10_000
const DEADLINE_MS = 10_000
/** One failure may be a lost connection. */
const SILENT_FAILURES = 2
/** A forwarder watches at most so many links for one RSP. The links of a forwarder that has more are watched from their other ends. */
const MAX_TARGETS = 256

export interface WatchKeeperInit {
  connectionManager: ConnectionManager
  /** Which addresses of a forwarder may be dialled now. Default: all. */
  grant?: DialGrant
  /** Our own signed descriptor. */
  descriptor: () => Promise<Uint8Array>
  connectOnly: boolean
  /** The forwarders (peer ids as text) to which this one should watch its links, the most important first. */
  targetsOf: (key: string) => Iterable<string>
  /** A forwarder has come, and counts as one that answers; it does not answer any more; it does again. A new descriptor is no answer. */
  onAnswering?: (key: string, isAnswering: boolean) => void
  log: Logger
}

interface Watched {
  descriptor: VerifiedDescriptor
  /** Requests in a row that were not answered. */
  failures: number
  timer?: ReturnType<typeof setTimeout>
  /** When it is asked next, and was last. Monotonic, ms. */
  dueMs: number
  askedMs: number
  isBeingAsked: boolean
  /** Something has changed that it has not been told: it is asked again when this request is over. */
  hasNews: boolean
}

export class WatchKeeper {
  readonly #init: WatchKeeperInit
  readonly #watched = new Map<string, Watched>()

  constructor (init: WatchKeeperInit) {
    this.#init = init
  }

  add (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    const known = this.#watched.get(key)
    if (known !== undefined) {
      // it may have begun anew, and have forgotten what it was asked
      known.descriptor = descriptor
      this.#changed(known)
      this.#renewed(known)
      return
    }
    const watched: Watched = { descriptor, failures: 0, dueMs: 0, askedMs: Number.NEGATIVE_INFINITY, isBeingAsked: false, hasNews: false }
    this.#watched.set(key, watched)
    this.#init.onAnswering?.(key, true)
    this.#schedule(watched, SETTLE_MS)
  }

  /** Other links of these are wanted now. */
  refresh (keys: Iterable<string>): void {
    for (const key of keys) {
      const watched = this.#watched.get(key)
      if (watched !== undefined) {
        this.#changed(watched)
      }
    }
  }

  remove (key: string): void {
    clearTimeout(this.#watched.get(key)?.timer)
    this.#watched.delete(key)
  }

  stop (): void {
    for (const key of [...this.#watched.keys()]) {
      this.remove(key)
    }
  }

  /** One that does not answer hears of it when it is tried again. */
  #changed (watched: Watched): void {
    if (watched.isBeingAsked) {
      watched.hasNews = true
    } else if (watched.failures === 0) {
      this.#schedule(watched, SETTLE_MS)
    }
  }

  #renewed (watched: Watched): void {
    const nowMs = performance.now()
    const waitMs = Math.max(SETTLE_MS, watched.askedMs + RENEWED_MS - nowMs)
    if (!watched.isBeingAsked && watched.dueMs > nowMs + waitMs) {
      this.#schedule(watched, waitMs)
    }
  }

  #schedule (watched: Watched, waitMs: number): void {
    clearTimeout(watched.timer)
    watched.dueMs = performance.now() + waitMs
    watched.timer = setTimeout(() => { void this.#ask(watched) }, waitMs)
  }

  /** One request at a time: of two that are under way the older might be taken last. */
  async #ask (watched: Watched): Promise<void> {
    const { descriptor } = watched
    const key = descriptor.peer.toString()
    let waitMs = REFRESH_MS
    watched.isBeingAsked = true
    watched.hasNews = false
    watched.askedMs = performance.now()
    try {
      const leaseMs = await this.#watch(key, watched)
      if (leaseMs !== undefined) {
        waitMs = Math.min(REFRESH_MS, Math.max(RETRY_MS, leaseMs / 3))
        this.#answered(key, watched)
      }
    } catch (error) {
      this.#init.log('%s does not watch for us - %e', key, error)
      this.#failed(key, watched)
      // what was tried is not where it says by now that it is
      waitMs = Math.min(retryMs(watched.failures), watched.descriptor === descriptor ? Infinity : RENEWED_MS)
    }
    watched.isBeingAsked = false
    if (this.#watched.get(key) === watched) {
      this.#schedule(watched, watched.hasNews && watched.failures === 0 ? SETTLE_MS : waitMs)
    }
  }

  /** Gives the lease; undefined: it was removed meanwhile. What is wanted is read when it can be said: to dial takes seconds. */
  async #watch (key: string, watched: Watched): Promise<number | undefined> {
    const { connectionManager, connectOnly, grant } = this.#init
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const connection = await connectTo(connectionManager, watched.descriptor, signal, grant)
    const descriptor = await this.#init.descriptor()
    if (this.#watched.get(key) !== watched) {
      return undefined
    }
    watched.hasNews = false
    const targets = [...this.#init.targetsOf(key)]
      .flatMap((other) => this.#watched.get(other)?.descriptor.bytes ?? [])
      .slice(0, MAX_TARGETS)
    const { leaseMs } = await watch(connection, { descriptor, targets, connectOnly, leaseMs: LEASE_MS }, { signal })
    return leaseMs
  }

  #answered (key: string, watched: Watched): void {
    const wasSilent = watched.failures >= SILENT_FAILURES
    watched.failures = 0
    if (wasSilent && this.#watched.get(key) === watched) {
      this.#init.onAnswering?.(key, true)
    }
  }

  #failed (key: string, watched: Watched): void {
    watched.failures++
    if (watched.failures === SILENT_FAILURES && this.#watched.get(key) === watched) {
      this.#init.onAnswering?.(key, false)
    }
  }
}

function retryMs (failures: number): number {
  return Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (failures - 1) * (1 + RETRY_JITTER * Math.random()))
}
