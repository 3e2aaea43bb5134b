// Measures round trips with probes: small turn-around packets along a list of nodes that begins with ourselves. Forwarders
// measure their links so, hosts their access forwarders, and RSPs links that are not theirs (paper section 3.2).
import type { NoticeCode } from '../../protocols/forward/constants.ts'
import { LABELLED_PROBE_BYTES, PROBE_BYTES, decodeProbe, encodeProbe } from '../../protocols/forward/probe.ts'
import { encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { wayAlong } from '../link/way.ts'
import type { Arrival, Endpoint, SendOptions } from '../link/endpoint.ts'
import type { Way } from '../link/way.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'

export interface ProbeResult {
  /** Undefined: lost, late, or refused. */
  rttMs?: number
  /** What a forwarder on the way said of it. */
  notice?: NoticeCode
  /** How long that took. */
  noticeMs?: number
  /** It came back with the congestion mark: a queue on the way was filling. */
  isMarked?: boolean
}

/** One that is to show more than a round trip. */
export interface ProbeOptions extends Pick<SendOptions, 'droppable'> {
  /** Of the payload, no fewer than `PROBE_BYTES`, which is the default. */
  payloadBytes?: number
}

export interface ProberInit {
  endpoint: Endpoint
  /** Monotonic, ms, with fractions. */
  now: () => number
  /** Unix time in seconds. */
  nowS: () => number
  /** A probe that takes longer is lost. */
  timeoutMs?: number
  /** Bound of the table of probes under way. */
  maxOutstanding?: number
}

/** Longer than any round trip on Earth, and short enough that a dead link shows as loss in seconds. */
const DEFAULT_TIMEOUT_MS = 3_000
const DEFAULT_MAX_OUTSTANDING = 8_192
/** A probe's route lives just longer than the probe. */
const ROUTE_LIFE_S = 30
const SWEEP_INTERVAL_MS = 200

interface Outstanding {
  sentMs: number
  onResult: (result: ProbeResult) => void
}

export class Prober {
  readonly #endpoint: Endpoint
  readonly #now: () => number
  readonly #nowS: () => number
  readonly #timeoutMs: number
  readonly #maxOutstanding: number
  /** In the order of sending, so that the oldest is first. */
  readonly #outstanding = new Map<bigint, Outstanding>()
  readonly #random = new BigUint64Array(1)
  #sweeper: ReturnType<typeof setInterval> | undefined

  constructor (init: ProberInit) {
    this.#endpoint = init.endpoint
    this.#now = init.now
    this.#nowS = init.nowS
    this.#timeoutMs = init.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#maxOutstanding = init.maxOutstanding ?? DEFAULT_MAX_OUTSTANDING
    init.endpoint.handleProbes((arrival) => { this.#onProbe(arrival) })
    init.endpoint.handleNotices((notice) => { this.#finish(decodeProbe(notice.quote), notice.code) })
    init.endpoint.handleLabelNotices((notice) => { this.#finish(decodeProbe(notice.quote), notice.code) })
  }

  start (): void {
    this.#sweeper = setInterval(() => { this.sweep() }, SWEEP_INTERVAL_MS)
  }

  /** Declares lost what is under way, so that nobody waits for it. */
  stop (): void {
    clearInterval(this.#sweeper)
    const outstanding = [...this.#outstanding.values()]
    this.#outstanding.clear()
    for (const { onResult } of outstanding) {
      onResult({})
    }
  }

  /**
   * Probes ourselves → nodes[0] → … → nodes[n−1] and back.
   *
   * @returns false when it could not be sent; then `onResult` is not called
   */
  probe (nodes: readonly NodeId[], onResult: (result: ProbeResult) => void, { payloadBytes = PROBE_BYTES, droppable }: ProbeOptions = {}): boolean {
    if (this.#outstanding.size >= this.#maxOutstanding) {
      return false
    }
    const header = encodeSourceRoute({ nodes: [this.#endpoint.self, ...nodes], expiryS: this.#nowS() + ROUTE_LIFE_S })
    return this.#send(wayAlong(header), payloadBytes, { turnAround: true, droppable }, onResult)
  }

  /**
   * Probes along a path that was set up. With labels its destination sends the probe back, a source route needs `turnAround`;
   * with a `ttl` the forwarder at which that ends answers instead, by a notice.
   *
   * @returns false when it could not be sent; then `onResult` is not called
   */
  probeOn (way: Way, onResult: (result: ProbeResult) => void, options: SendOptions = {}): boolean {
    return this.#outstanding.size < this.#maxOutstanding && this.#send(way, LABELLED_PROBE_BYTES, options, onResult)
  }

  #send (way: Way, bytes: number, options: SendOptions, onResult: (result: ProbeResult) => void): boolean {
    const id = crypto.getRandomValues(this.#random)[0]
    if (!this.#endpoint.send(way, encodeProbe(id, bytes), options)) {
      return false
    }
    this.#outstanding.set(id, { sentMs: this.#now(), onResult })
    return true
  }

  /** Declares lost what is overdue. Runs by itself between start and stop. */
  sweep (): void {
    const overdueMs = this.#now() - this.#timeoutMs
    for (const [id, { sentMs, onResult }] of this.#outstanding) {
      if (sentMs > overdueMs) {
        return
      }
      this.#outstanding.delete(id)
      onResult({})
    }
  }

  /** What came under a label up to here is somebody else's probe of that path; it is never sent back by who began the path. */
  #onProbe ({ payload, end, answerOn, isMarked }: Arrival): void {
    const way = end?.isDestination === true ? answerOn() : undefined
    if (way === undefined) {
      this.#finish(decodeProbe(payload), undefined, isMarked)
    } else {
      this.#endpoint.send(way, payload)
    }
  }

  #finish (id: bigint | undefined, notice?: NoticeCode, isMarked = false): void {
    const probe = id === undefined ? undefined : this.#outstanding.get(id)
    if (id === undefined || probe === undefined) {
      return
    }
    this.#outstanding.delete(id)
    const rttMs = this.#now() - probe.sentMs
    probe.onResult(notice === undefined ? { rttMs, ...(isMarked ? { isMarked } : {}) } : { notice, noticeMs: rttMs })
  }
}
