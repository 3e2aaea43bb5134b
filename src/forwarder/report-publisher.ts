// Signed, adaptive reports: a full one for each new subscriber, then only the links that have moved, and a full one on a
// slow heartbeat or when the operator's policy has changed. One signature serves all subscribers.
import { pushable } from 'it-pushable'
import { OverQuotaError } from '../../protocols/errors.ts'
import { HEARTBEAT_MS, MAX_LINKS } from '../../protocols/report/constants.ts'
import { sealReport } from '../../protocols/report/codec.ts'
import { movedSignificantly } from '../measurement/link-estimator.ts'
import { trafficMoved } from '../measurement/link-traffic.ts'
import type { LinkReading } from '../measurement/link-estimator.ts'
import type { TrafficReading } from '../measurement/link-traffic.ts'
import type { LinkMeasurement, PolicyStatement } from '../../protocols/report/codec.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { Pushable } from 'it-pushable'

const TICK_MS = 500
/** A subscriber that is so many reports behind is dropped; it will subscribe anew and get a full one. */
const MAX_BACKLOG = 16
const MAX_SUBSCRIBERS = 32
/** Of one RSP: a new one before it has given up the old, and one to spare. */
const MAX_SUBSCRIPTIONS_OF_RSP = 2
/** Of all of one address prefix: to call oneself an RSP costs nothing. */
const MAX_SUBSCRIPTIONS_OF_PREFIX = 8

export interface ReportPublisherInit {
  privateKey: PrivateKey
  measurements: () => Iterable<LinkMeasurement>
  loadBytesPerSecond: () => number
  /** What is asked per GB sent on to another forwarder, in millionths of the operator's unit. Default: nothing. */
  priceMicroPerGb?: number
  /** The same object until it changes. Without it paths of anyone are taken. */
  policy?: () => PolicyStatement
  /** Unix time, ms. */
  now: () => number
  /** Monotonic, ms. */
  clock: () => number
  log: Logger
}

/** Who subscribes. The prefix of its address is undefined where it is not counted by it. */
export interface Subscriber { peer: PeerId, prefix?: string }

/** Wrapped, since a pushable counts what has a byte length in bytes, and we count reports. */
interface Queued { report: Uint8Array }

export class ReportPublisher {
  readonly #init: ReportPublisherInit
  readonly #subscribers = new Map<Pushable<Queued>, Subscriber>()
  readonly #published = new Map<string, LinkMeasurement>()
  #sequence: bigint
  /** By the monotonic clock. */
  #lastFullMs = -Infinity
  #publishedPolicy: PolicyStatement | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #publishing = false

  constructor (init: ReportPublisherInit) {
    this.#init = init
    this.#sequence = BigInt(init.now())
  }

  start (): void {
    this.#timer = setInterval(() => { void this.publish() }, TICK_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
    for (const subscriber of this.#subscribers.keys()) {
      subscriber.end()
    }
    this.#subscribers.clear()
  }

  get subscribers (): number {
    return this.#subscribers.size
  }

  /** Sealed reports, beginning with a full one, until the signal aborts or the publisher stops. */
  async * subscribe (signal: AbortSignal, subscriber: Subscriber): AsyncGenerator<Uint8Array> {
    this.#checkRoom(subscriber)
    const reports = pushable<Queued>({ objectMode: true })
    const end = (): void => { reports.end() }
    signal.addEventListener('abort', end)
    this.#subscribers.set(reports, subscriber)
    try {
      yield await this.#seal(this.#measurements(), true)
      if (signal.aborted) {
        return
      }
      for await (const { report } of reports) {
        yield report
      }
    } finally {
      this.#subscribers.delete(reports)
      signal.removeEventListener('abort', end)
    }
  }

  /** Sends what has moved. Runs by itself between start and stop; never rejects. */
  async publish (): Promise<void> {
    if (this.#subscribers.size === 0 || this.#publishing) {
      return
    }
    this.#publishing = true
    try {
      const clockMs = this.#init.clock()
      const all = this.#measurements()
      const policy = this.#init.policy?.()
      const full = clockMs - this.#lastFullMs >= HEARTBEAT_MS || policy !== this.#publishedPolicy || this.#hasGone(all)
      const moved = full ? all : all.filter((link) => this.#hasMoved(link))
      if (moved.length === 0 && !full) {
        return
      }
      if (full) {
        this.#lastFullMs = clockMs
        this.#publishedPolicy = policy
        this.#published.clear()
      }
      for (const link of moved) {
        this.#published.set(link.peer.toString(), link)
      }
      this.#send(await this.#seal(moved, full))
    } catch (error) {
      this.#init.log.error('a report could not be made - %e', error)
    } finally {
      this.#publishing = false
    }
  }

  /** Ends what this RSP has subscribed to, after a full report: the policy in it says why. Never rejects. */
  async end (rsp: PeerId): Promise<void> {
    const ended = [...this.#subscribers].filter(([, { peer }]) => peer.equals(rsp)).map(([reports]) => reports)
    for (const reports of ended) {
      this.#subscribers.delete(reports)
    }
    try {
      const report = ended.length === 0 ? undefined : await this.#seal(this.#measurements(), true)
      for (const reports of ended) {
        reports.push({ report: report as Uint8Array })
      }
    } catch (error) {
      this.#init.log.error('the last report of a subscription could not be made - %e', error)
    }
    for (const reports of ended) {
      reports.end()
    }
  }

  /** @throws OverQuotaError */
  #checkRoom ({ peer, prefix }: Subscriber): void {
    const others = [...this.#subscribers.values()]
    const ofRsp = others.filter((other) => other.peer.equals(peer)).length
    const ofPrefix = others.filter((other) => prefix !== undefined && other.prefix === prefix).length
    if (others.length >= MAX_SUBSCRIBERS || ofRsp >= MAX_SUBSCRIPTIONS_OF_RSP || ofPrefix >= MAX_SUBSCRIPTIONS_OF_PREFIX) {
      throw new OverQuotaError(`as many as this forwarder serves, ${MAX_SUBSCRIBERS}, or serves of one RSP or address prefix, are subscribed: try again later`)
    }
  }

  /** No more than a report holds. */
  #measurements (): LinkMeasurement[] {
    return [...this.#init.measurements()].slice(0, MAX_LINKS)
  }

  #send (report: Uint8Array): void {
    for (const subscriber of this.#subscribers.keys()) {
      if (subscriber.readableLength >= MAX_BACKLOG) {
        subscriber.end()
        this.#subscribers.delete(subscriber)
      } else {
        subscriber.push({ report })
      }
    }
  }

  #hasMoved (link: LinkMeasurement): boolean {
    const before = this.#published.get(link.peer.toString())
    return before === undefined || (before.closed ?? false) !== (link.closed ?? false) || movedSignificantly(reading(before), reading(link)) ||
      trafficMoved(before, link) || trafficMoved(wayBack(before), wayBack(link))
  }

  #hasGone (all: readonly LinkMeasurement[]): boolean {
    const present = new Set(all.map(({ peer }) => peer.toString()))
    return [...this.#published.keys()].some((key) => !present.has(key))
  }

  async #seal (links: LinkMeasurement[], full: boolean): Promise<Uint8Array> {
    return sealReport({
      sequence: ++this.#sequence,
      issuedAtMs: this.#init.now(),
      full,
      links,
      loadBytesPerSecond: BigInt(Math.round(this.#init.loadBytesPerSecond())),
      policy: full ? this.#init.policy?.() : undefined,
      priceMicroPerGb: this.#init.priceMicroPerGb
    }, this.#init.privateKey)
  }
}

function reading (link: LinkMeasurement): LinkReading {
  return { ...link, state: link.up ? 'up' : 'down', outcomes: link.samples }
}

/** What the peer sends to us. */
function wayBack ({ mostReceivedBytesPerSecond, receivedBytesPerSecond }: LinkMeasurement): TrafficReading {
  return { bytesPerSecond: mostReceivedBytesPerSecond, loadBytesPerSecond: receivedBytesPerSecond }
}
