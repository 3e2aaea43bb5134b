// The hot loop of a forwarder. For each packet of a received chunk, where it lies:
//
//   link.onPacket ─▶ kind ─▶ accept (list, direction, neighbour, expiry) ─▶ TTL ─▶ next link ─▶ rules ─▶ authority ─▶ capacity ─▶ reserve ─▶ copy + rewrite
//                      │            │                                       │         │          │           │            │            │
//                      ├── drop     └── drop or notice                      └─────────┴──────────┴─ notice ──┴────────────┘            └── drop (queue full)
//                      └── labelled, or a notice about a label: label-relay.ts
//
// Batches leave at the end of the tick (link/end-of-tick.ts); what credit does not let go waits its turn (link/packet-queue.ts). Nothing
// here allocates, awaits or logs per packet, except a notice, and those are rate limited.
import { Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { ARRIVED, At, MALFORMED, acceptSourceRoute, entryAt, nextHop } from '../../protocols/forward/source-route.ts'
import { LinkBudget } from '../defence/link-budget.ts'
import { copyPacket } from '../link/endpoint.ts'
import { NO_ACCOUNT } from './accounts.ts'
import { FairCapacity, Verdict } from './fair-capacity.ts'
import { LabelRelay } from './label-relay.ts'
import { Refusal } from './refusal.ts'
import { zeroCounters } from './relay-counters.ts'
import type { ClosedLinks } from './closed-links.ts'
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
   * @param from over which the packet came
   * @param link over which it would leave
   * @param nowMs monotonic
   * @returns 0: it may; or NoticeCode.notAuthorized or NoticeCode.overQuota
   */
  check (buffer: Uint8Array, at: number, length: number, previousAt: number, nextAt: number, from: Link, link: Link, nowMs: number): number
  /** Who pays for the packet that it said may go on last. */
  readonly account: number
}

export interface RelayInit {
  endpoint: Endpoint
  /** What the forwarder carries for others at most, bytes per second. */
  capacityBytesPerSecond: number
  /** Where labelled packets go. Without one they are not served. */
  table?: ForwardingTable
  /** Without one anyone's source routes are taken. */
  authority?: RouteAuthority
  /** Those over which no source routes of others lead. */
  closedLinks?: Pick<ClosedLinks, 'has'>
  /** Who brings nobody's packets but its own, and can be slowed when it sends more than its share; default: everybody. */
  slows?: (link: Link) => boolean
  /** See `LabelRelayInit`; default: nobody's. */
  accountOfCap?: (cap: number) => number
  /** Monotonic, ms. */
  now: () => number
  /** Unix time in seconds. */
  nowS: () => number
}

/** Notices of others, for the whole forwarder: they need no authority, so they must not be worth forging in numbers. */
const PASSED_NOTICES = { ratePerSecond: 1_000, burst: 2_000 }
/** So that one neighbour does not keep out those of all others, nor do many. */
const PASSED_NOTICES_OF_LINK = { ratePerSecond: 200, burst: 400 }
const OWN_PASSED_NOTICES = { ratePerSecond: 2, burst: 20 }

export class Relay {
  readonly #endpoint: Endpoint
  readonly #now: () => number
  readonly #nowS: () => number
  readonly #capacity: FairCapacity
  readonly #passedNotices: LinkBudget
  readonly #authority: RouteAuthority | undefined
  readonly #closedLinks: RelayInit['closedLinks']
  readonly #slows: (link: Link) => boolean
  readonly #refusal: Refusal
  readonly #labels: LabelRelay | undefined
  /** When the last chunk came that had source-routed packets, by both clocks. */
  #routedAtMs = Number.NaN
  #routedAtS = 0
  /** Who pays for the packet at hand. */
  #account = NO_ACCOUNT
  readonly counters = zeroCounters()

  constructor (init: RelayInit) {
    this.#endpoint = init.endpoint
    this.#now = init.now
    this.#nowS = init.nowS
    this.#authority = init.authority
    this.#closedLinks = init.closedLinks
    const slows = this.#slows = init.slows ?? (() => true)
    const nowMs = init.now()
    const capacity = this.#capacity = new FairCapacity({ bytesPerSecond: init.capacityBytesPerSecond, nowMs })
    this.#passedNotices = new LinkBudget({ all: PASSED_NOTICES, share: PASSED_NOTICES_OF_LINK, own: OWN_PASSED_NOTICES, nowMs })
    const { counters } = this
    const refusal = this.#refusal = new Refusal(counters, init.now)
    this.#labels = init.table && new LabelRelay({
      table: init.table,
      links: init.endpoint.links,
      capacity,
      slows,
      accountOfCap: init.accountOfCap ?? (() => NO_ACCOUNT),
      counters,
      refusal,
      now: init.now
    })
  }

  /** What is carried for others at most, bytes per second: less than what was configured where the processor cannot do more. */
  set capacityBytesPerSecond (bytesPerSecond: number) {
    this.#capacity.bytesPerSecond = bytesPerSecond
  }

  /** Every second: forgets who had a share of a short capacity. */
  expire (): void {
    this.#capacity.expire(this.#now())
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
    const link = this.#endpoint.links.getAt(buffer, at + entryAt(next))
    if (link === undefined) {
      this.#refuse(buffer, at, length, from, NoticeCode.noSuchNeighbour)
      return
    }
    if (buffer[at + At.kind] === Kind.notice && !this.#passedNotices.take(from.index, nowMs)) {
      this.#refusal.drop('overRate')
      return
    }
    const previous = previousHop(buffer, at)
    // whoever gets a packet of its own back, as with a probe of this link, needs no leave for that
    const isAsked = previous !== next && buffer[at + At.kind] !== Kind.notice
    if (isAsked && this.#isClosed(buffer, at, previous, from, next, link)) {
      this.#refuse(buffer, at, length, from, NoticeCode.notAuthorized, 'closedLink')
      return
    }
    this.#account = NO_ACCOUNT
    const refusal = isAsked ? this.#askAuthority(buffer, at, length, previous, next, from, link, nowMs) : 0
    if (refusal !== 0) {
      this.#refuse(buffer, at, length, from, refusal, refusal === NoticeCode.overQuota ? 'overRate' : 'notAuthorized')
      return
    }
    const capacity = this.#capacity
    const verdict = capacity.take(this.#account, from.index, length, nowMs)
    if (capacity.creditDelayMs > 0 && this.#slows(from)) {
      from.keepBack(length, capacity.creditDelayMs, nowMs)
    }
    if (verdict === Verdict.refuse) {
      this.#refuse(buffer, at, length, from, NoticeCode.overQuota)
    } else {
      this.#forward(buffer, at, length, from, link, next, verdict)
    }
  }

  /** Rules are about links between forwarders: source and destination are not meant. */
  #isClosed (buffer: Uint8Array, at: number, previous: number, from: Link, next: number, link: Link): boolean {
    const closed = this.#closedLinks
    if (closed === undefined) {
      return false
    }
    const last = buffer[at + At.hopCount] - 1
    return (previous > 0 && previous < last && closed.has(from)) || (next > 0 && next < last && closed.has(link))
  }

  #askAuthority (buffer: Uint8Array, at: number, length: number, previous: number, next: number, from: Link, link: Link, nowMs: number): number {
    if (this.#authority === undefined) {
      return 0
    }
    const refusal = this.#authority.check(buffer, at, length, at + entryAt(previous), at + entryAt(next), from, link, nowMs)
    this.#account = this.#authority.account
    return refusal
  }

  #forward (buffer: Uint8Array, at: number, length: number, from: Link, link: Link, next: number, verdict: Verdict): void {
    const to = link.reserve(length, (buffer[at + At.flags] & Flag.droppable) !== 0, this.#account, from.index)
    if (to < 0) {
      return
    }
    const batch = link.buffer
    copyPacket(buffer, at, length, batch, to, next)
    this.counters.forwardedPackets++
    this.counters.forwardedBytes += length
    if (verdict === Verdict.mark) {
      batch[to + At.flags] |= Flag.congestion
      this.counters.markedPackets++
    }
  }

  #refuse (buffer: Uint8Array, at: number, length: number, from: Link, verdict: number, reason = reasonOf(verdict)): void {
    this.#refusal.refuse(buffer, at, length, from, reason, verdict as NoticeCode)
  }
}

export type { DropReason, RelayCounters } from './relay-counters.ts'

/** Index in the list of who brought the packet. */
function previousHop (buffer: Uint8Array, at: number): number {
  return (buffer[at + At.flags] & Flag.backwards) === 0 ? buffer[at + At.hopIndex] - 1 : buffer[at + At.hopIndex] + 1
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
