// The hot loop of a forwarder. For each packet of a received chunk, where it lies:
//
//   link.onPacket ─▶ kind ─▶ accept (list, direction, neighbour, expiry) ─▶ TTL ─▶ next link ─▶ authority ─▶ capacity ─▶ reserve ─▶ copy + rewrite
//                      │            │                                       │         │             │            │            │
//                      ├── drop     └── drop or notice                      └─────────┴── notice ───┴────────────┘            └── drop (queue full)
//                      └── labelled, or a notice about a label: label-relay.ts
//
// Batches leave at the end of the tick (link/end-of-tick.ts). Nothing here allocates, awaits or logs per packet, except a
// notice, and those are rate limited.
import { Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { ARRIVED, At, MALFORMED, acceptSourceRoute, entryAt, nextHop } from '../../protocols/forward/source-route.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import { copyPacket } from '../link/endpoint.ts'
import { LabelRelay } from './label-relay.ts'
import { Refusal } from './refusal.ts'
import { zeroCounters } from './relay-counters.ts'
import type { DropReason } from './relay-counters.ts'
import type { Endpoint } from '../link/endpoint.ts'
import type { ForwardingTable } from './forwarding-table.ts'
import type { Link } from '../link/link.ts'

/** Says whether a source-routed packet may go on: what hop authenticators are for. */
export interface RouteAuthority {
  /**
   * Asked about every source-routed packet that would be sent on to another neighbour than the one that brought it, once it
   * has been accepted and there is a link; not about notices. `previousAt` and `nextAt` are where in `buffer` the list entries
   * of that neighbour and of the next hop begin, whichever way the list is walked, so the node's own entry is between them.
   * Must not allocate, write to `buffer`, or throw.
   *
   * @param link over which the packet would leave
   * @param nowMs monotonic
   * @returns 0: it may; or NoticeCode.notAuthorized or NoticeCode.overQuota
   */
  check (buffer: Uint8Array, at: number, length: number, previousAt: number, nextAt: number, link: Link, nowMs: number): number
}

export interface RelayInit {
  endpoint: Endpoint
  /** What the forwarder carries for others at most, bytes per second. */
  capacityBytesPerSecond: number
  /** Where labelled packets go. Without one they are not served. */
  table?: ForwardingTable
  /** Without one anyone's source routes are taken. */
  authority?: RouteAuthority
  /** Monotonic, ms. */
  now: () => number
  /** Unix time in seconds. */
  nowS: () => number
}

/** A burst of a quarter of a second passes at line speed. */
const CAPACITY_BURST_S = 0.25
const MIN_CAPACITY_BURST_BYTES = 65_536
/** Notices of others, for the whole forwarder: they need no authority, so they must not be worth forging in numbers. */
const PASSED_NOTICES_PER_SECOND = 1_000
const PASSED_NOTICE_BURST = 2_000

export class Relay {
  readonly #endpoint: Endpoint
  readonly #now: () => number
  readonly #nowS: () => number
  readonly #capacity: TokenBucket
  readonly #passedNotices: TokenBucket
  readonly #authority: RouteAuthority | undefined
  readonly #refusal: Refusal
  readonly #labels: LabelRelay | undefined
  /** When the last chunk came that had source-routed packets, by both clocks. */
  #routedAtMs = Number.NaN
  #routedAtS = 0
  readonly counters = zeroCounters()

  constructor (init: RelayInit) {
    this.#endpoint = init.endpoint
    this.#now = init.now
    this.#nowS = init.nowS
    this.#authority = init.authority
    const nowMs = init.now()
    const capacity = this.#capacity = new TokenBucket({
      ratePerSecond: init.capacityBytesPerSecond,
      burst: Math.max(MIN_CAPACITY_BURST_BYTES, init.capacityBytesPerSecond * CAPACITY_BURST_S),
      nowMs
    })
    this.#passedNotices = new TokenBucket({ ratePerSecond: PASSED_NOTICES_PER_SECOND, burst: PASSED_NOTICE_BURST, nowMs })
    const { counters } = this
    const refusal = this.#refusal = new Refusal(counters, init.now)
    this.#labels = init.table && new LabelRelay({ table: init.table, links: init.endpoint.links, capacity, counters, refusal, now: init.now })
  }

  /** Takes one packet from a neighbour. The buffer is shared memory: read only. The time is that at which its chunk came. */
  receive (buffer: Uint8Array, at: number, length: number, from: Link, nowMs = this.#now()): void {
    const kind = buffer[at + At.kind]
    const labels = this.#labels
    if (kind === Kind.labelled && labels !== undefined) {
      labels.receive(buffer, at, length, from, nowMs)
    } else if (kind === Kind.notice && labels !== undefined && buffer[at + At.hopCount] === 0) {
      labels.receiveNotice(buffer, at, length, from, nowMs)
    } else if (kind === Kind.sourceRouted || kind === Kind.notice) {
      this.#receiveRouted(buffer, at, length, from, nowMs)
    } else {
      this.#refusal.drop('unknownKind')
    }
  }

  #receiveRouted (buffer: Uint8Array, at: number, length: number, from: Link, nowMs: number): void {
    if (nowMs !== this.#routedAtMs) {
      this.#routedAtMs = nowMs
      this.#routedAtS = this.#nowS()
    }
    const verdict = acceptSourceRoute(buffer, at, length, this.#endpoint.self, from.node, this.#routedAtS)
    if (verdict === MALFORMED) {
      this.#refusal.drop('malformed')
      return
    }
    if (verdict !== 0) {
      this.#refuse(buffer, at, length, from, verdict)
      return
    }
    const next = nextHop(buffer, at)
    if (next === ARRIVED) {
      this.counters.deliveredPackets++
      this.#endpoint.deliver(buffer, at, length, from)
    } else if (buffer[at + At.ttl] <= 1) {
      this.#refuse(buffer, at, length, from, NoticeCode.ttlExceeded)
    } else {
      this.#sendOn(buffer, at, length, from, next, nowMs)
    }
  }

  #sendOn (buffer: Uint8Array, at: number, length: number, from: Link, next: number, nowMs: number): void {
    if (buffer[at + At.kind] === Kind.notice && !this.#passedNotices.take(1, nowMs)) {
      this.#refusal.drop('overRate')
      return
    }
    const link = this.#endpoint.links.getAt(buffer, at + entryAt(next))
    if (link === undefined) {
      this.#refuse(buffer, at, length, from, NoticeCode.noSuchNeighbour)
      return
    }
    const verdict = this.#askAuthority(buffer, at, length, next, link, nowMs)
    if (verdict !== 0) {
      this.#refuse(buffer, at, length, from, verdict, verdict === NoticeCode.overQuota ? 'overRate' : 'notAuthorized')
    } else if (!this.#capacity.take(length, nowMs)) {
      this.#refuse(buffer, at, length, from, NoticeCode.overQuota)
    } else {
      this.#forward(buffer, at, length, link, next)
    }
  }

  /** Whoever gets a packet of its own back, as with a probe of this link, needs no authority for that. */
  #askAuthority (buffer: Uint8Array, at: number, length: number, next: number, link: Link, nowMs: number): number {
    const index = buffer[at + At.hopIndex]
    const previous = (buffer[at + At.flags] & Flag.backwards) === 0 ? index - 1 : index + 1
    return this.#authority === undefined || buffer[at + At.kind] === Kind.notice || previous === next
      ? 0
      : this.#authority.check(buffer, at, length, at + entryAt(previous), at + entryAt(next), link, nowMs)
  }

  #forward (buffer: Uint8Array, at: number, length: number, link: Link, next: number): void {
    const to = link.reserve(length, (buffer[at + At.flags] & Flag.droppable) !== 0)
    if (to < 0) {
      this.#refusal.drop('queueFull')
      return
    }
    copyPacket(buffer, at, length, link.buffer, to, next)
    this.counters.forwardedPackets++
    this.counters.forwardedBytes += length
  }

  #refuse (buffer: Uint8Array, at: number, length: number, from: Link, verdict: number, reason = reasonOf(verdict)): void {
    this.#refusal.refuse(buffer, at, length, from, reason, verdict as NoticeCode)
  }
}

export type { DropReason, RelayCounters } from './relay-counters.ts'

function reasonOf (verdict: number): DropReason {
  switch (verdict) {
    case NoticeCode.ttlExceeded: return 'ttlExceeded'
    case NoticeCode.noSuchNeighbour: return 'noSuchNeighbour'
    case NoticeCode.overQuota: return 'overCapacity'
    case NoticeCode.badRoute: return 'badRoute'
    case NoticeCode.expired: return 'expired'
    default: return 'malformed'
  }
}
