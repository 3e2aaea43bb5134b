// Fills the map from forwarders' reports: one subscription to each forwarder, taken up again when it breaks.
import { DeadlineError, ExpiredError } from '../../protocols/errors.ts'
import { connectTo } from '../discovery/connect.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import { subscribeReports } from '../../protocols/report/client.ts'
import { pause } from '../discovery/pause.ts'
import type { DialGrant } from '../discovery/connect.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { VerifiedReport } from '../../protocols/report/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const FIRST_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 30_000
const CONNECT_DEADLINE_MS = 10_000
/** An honest forwarder sends two a second at most. Each costs a check of its signature and up to 512 links: who sends more is read no faster, and has to wait. */
const REPORTS_PER_SECOND = 4
const REPORT_BURST = 20
/**
 * Of two reports of one probe one may be longer on its way than the other, and ages are whole ms. Below the time between two probes of a link: 187 ms
 * at the least, of one that has just come up (`forwarder/link-monitor.ts`).
 */
const TRANSIT_JITTER_MS = 100

export interface ReportCollectorInit {
  map: PerformanceMap
  connectionManager: ConnectionManager
  /** Which addresses of a forwarder may be dialled now. Default: all. */
  grant?: DialGrant
  descriptor: () => Promise<Uint8Array>
  /** Unix time, ms. */
  now: () => number
  /** Ms of any monotonic origin. */
  clock: () => number
  /** No reports come from this forwarder: the connection with it may have died without a word. */
  onSilent?: (forwarder: PeerId) => void
  log: Logger
}

interface Subscription {
  /** The newest one: a forwarder that moved is followed. */
  descriptor: VerifiedDescriptor
  abort: AbortController
  /** Reports; it outlives the stream, or who hangs up and is asked anew has no bound. */
  bucket: TokenBucket
}

export class ReportCollector {
  readonly #init: ReportCollectorInit
  readonly #subscriptions = new Map<string, Subscription>()

  constructor (init: ReportCollectorInit) {
    this.#init = init
  }

  add (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    const known = this.#subscriptions.get(key)
    if (known !== undefined) {
      known.descriptor = descriptor
      return
    }
    const bucket = new TokenBucket({ ratePerSecond: REPORTS_PER_SECOND, burst: REPORT_BURST, nowMs: this.#init.clock() })
    const subscription = { descriptor, abort: new AbortController(), bucket }
    this.#subscriptions.set(key, subscription)
    void this.#follow(subscription)
  }

  remove (key: string): void {
    this.#subscriptions.get(key)?.abort.abort()
    this.#subscriptions.delete(key)
  }

  stop (): void {
    for (const key of [...this.#subscriptions.keys()]) {
      this.remove(key)
    }
  }

  async #follow (subscription: Subscription): Promise<void> {
    const { abort: { signal }, descriptor: { peer } } = subscription
    const key = peer.toString()
    let backoffMs = FIRST_BACKOFF_MS
    while (!signal.aborted) {
      let isTimeWrong = false
      try {
        const connection = await connectTo(this.#init.connectionManager, subscription.descriptor, AbortSignal.timeout(CONNECT_DEADLINE_MS), this.#init.grant)
        const reports = subscribeReports(connection, { descriptor: await this.#init.descriptor() }, {
          expectedPeer: peer,
          now: this.#init.now,
          turn: async () => this.#turn(subscription),
          signal
        })
        for await (const report of reports) {
          if (signal.aborted) {
            // it was being checked while the forwarder was forgotten
            break
          }
          backoffMs = FIRST_BACKOFF_MS
          this.#take(key, report)
        }
      } catch (error) {
        isTimeWrong = error instanceof ExpiredError
        if (error instanceof DeadlineError && !error.remote) {
          this.#init.onSilent?.(peer)
        }
        this.#init.log('no reports from %s, next try in %d ms - %e', key, backoffMs, error)
      }
      // neither clocks that differ nor an end of our own making say anything of links: what it said gets old
      if (isTimeWrong) {
        this.#init.map.takeBackDown(key, new Set())
      } else if (!signal.aborted) {
        // what it said is no longer true for sure; the other ends of its links still speak for them.
        // What is from before a sleep, in which subscriptions break, has a second try
        this.#init.map.retain(key, new Set(), { sparesRemembered: backoffMs === FIRST_BACKOFF_MS })
      }
      await pause(backoffMs, signal)
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2)
    }
  }

  async #turn ({ bucket, abort: { signal } }: Subscription): Promise<void> {
    while (!bucket.take(1, this.#init.clock()) && !signal.aborted) {
      await pause(1_000 / REPORTS_PER_SECOND, signal)
    }
  }

  #take (key: string, report: VerifiedReport): void {
    const { map } = this.#init
    map.addNode(key)
    map.setPrice(key, report.priceMicroPerGb ?? 0)
    if (report.full) {
      map.setPolicy(key, report.policy)
      const named = new Set(report.links.map(({ peer }) => peer.toString()))
      map.retain(key, named, { sparesRemembered: true })
      for (const to of map.statements.closedBy(key)) {
        if (!named.has(to)) {
          map.setClosed(key, to, false)
        }
      }
    }
    for (const link of report.links) {
      const to = link.peer.toString()
      map.setClosed(key, to, link.closed === true)
      // a link has two ends, and either can tell that it is down
      map.setDown(key, to, !link.up)
      if (link.up && link.samples > 0) {
        map.set(key, to, { ...link, measuredAtMs: this.#init.now() - link.ageMs, measuredAtErrorMs: TRANSIT_JITTER_MS })
      }
    }
  }
}
