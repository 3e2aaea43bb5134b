// The hot loop of a forwarder. For each packet of a received chunk, where it lies:
//
//   link.onPacket ─▶ kind ─▶ accept (list, direction, neighbour, expiry) ─▶ TTL ─▶ capacity ─▶ next link ─▶ reserve ─▶ copy + rewrite
//                      │            │                                       │         │            │            │
//                      └── drop     └── drop or notice                      └─────────┴── notice ──┴            └── drop (queue full)
//
// Batches leave at the end of the tick (link/end-of-tick.ts). Nothing here allocates, awaits or logs per packet, except a
// notice, and those are rate limited.
import { Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { deservesNotice, encodeNotice } from '../../protocols/forward/notice.ts'
import { ARRIVED, At, MALFORMED, acceptSourceRoute, entryAt, nextHop } from '../../protocols/forward/source-route.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import { copyPacket } from '../link/endpoint.ts'
import type { Endpoint } from '../link/endpoint.ts'
import type { Link } from '../link/link.ts'

export interface RelayInit {
  endpoint: Endpoint
  /** What the forwarder carries for others at most, bytes per second. */
  capacityBytesPerSecond: number
  /** Monotonic, ms. */
  now: () => number
  /** Unix time in seconds. */
  nowS: () => number
}

/** Notices per second for the whole forwarder, and how many may come at once: an attacker's packets must stay cheap. */
const NOTICES_PER_SECOND = 200
const NOTICE_BURST = 400
/** A burst of a quarter of a second passes at line speed. */
const CAPACITY_BURST_S = 0.25

export interface RelayCounters {
  forwardedPackets: number
  forwardedBytes: number
  deliveredPackets: number
  noticesSent: number
  /** Packets dropped, by reason. */
  dropped: Record<DropReason, number>
}

export type DropReason = 'malformed' | 'unknownKind' | 'badRoute' | 'expired' | 'ttlExceeded' | 'noSuchNeighbour' | 'overCapacity' | 'queueFull'

export class Relay {
  readonly #endpoint: Endpoint
  readonly #now: () => number
  readonly #nowS: () => number
  readonly #capacity: TokenBucket
  readonly #notices: TokenBucket
  readonly counters: RelayCounters = {
    forwardedPackets: 0,
    forwardedBytes: 0,
    deliveredPackets: 0,
    noticesSent: 0,
    dropped: { malformed: 0, unknownKind: 0, badRoute: 0, expired: 0, ttlExceeded: 0, noSuchNeighbour: 0, overCapacity: 0, queueFull: 0 }
  }

  constructor (init: RelayInit) {
    this.#endpoint = init.endpoint
    this.#now = init.now
    this.#nowS = init.nowS
    const nowMs = init.now()
    this.#capacity = new TokenBucket({
      ratePerSecond: init.capacityBytesPerSecond,
      burst: Math.max(65_536, init.capacityBytesPerSecond * CAPACITY_BURST_S),
      nowMs
    })
    this.#notices = new TokenBucket({ ratePerSecond: NOTICES_PER_SECOND, burst: NOTICE_BURST, nowMs })
  }

  /** Takes one packet from a neighbour. The buffer is shared memory: read only. */
  receive (buffer: Uint8Array, at: number, length: number, from: Link): void {
    const kind = buffer[at + At.kind]
    if (kind !== Kind.sourceRouted && kind !== Kind.notice) {
      this.counters.dropped.unknownKind++
      return
    }
    const verdict = acceptSourceRoute(buffer, at, length, this.#endpoint.self, from.node, this.#nowS())
    if (verdict !== 0) {
      this.#refuse(buffer, at, length, from, verdict)
      return
    }
    const next = nextHop(buffer, at)
    if (next === ARRIVED) {
      this.counters.deliveredPackets++
      this.#endpoint.deliver(buffer, at, length, from)
      return
    }
    if (buffer[at + At.ttl] <= 1) {
      this.#refuse(buffer, at, length, from, NoticeCode.ttlExceeded)
    } else if (!this.#capacity.take(length, this.#now())) {
      this.#refuse(buffer, at, length, from, NoticeCode.overQuota)
    } else {
      this.#forward(buffer, at, length, from, next)
    }
  }

  #forward (buffer: Uint8Array, at: number, length: number, from: Link, next: number): void {
    const link = this.#endpoint.links.getAt(buffer, at + entryAt(next))
    if (link === undefined) {
      this.#refuse(buffer, at, length, from, NoticeCode.noSuchNeighbour)
      return
    }
    const to = link.reserve(length, (buffer[at + At.flags] & Flag.droppable) !== 0)
    if (to < 0) {
      this.counters.dropped.queueFull++
      return
    }
    copyPacket(buffer, at, length, link.buffer, to, next)
    this.counters.forwardedPackets++
    this.counters.forwardedBytes += length
  }

  #refuse (buffer: Uint8Array, at: number, length: number, from: Link, verdict: number): void {
    this.counters.dropped[reasonOf(verdict)]++
    if (verdict === MALFORMED || !deservesNotice(buffer, at) || !this.#notices.take(1, this.#now())) {
      return
    }
    const notice = encodeNotice(buffer, at, length, verdict as NoticeCode)
    const to = notice === undefined ? -1 : from.reserve(notice.length, true)
    if (notice !== undefined && to >= 0) {
      from.buffer.set(notice, to)
      this.counters.noticesSent++
    }
  }
}

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
