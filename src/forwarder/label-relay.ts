// The part of the hot loop for labelled packets, which go where the forwarding table says, and for the notices about them,
// which go back the same way:
//
//   find (slot, check, neighbour, lease) ─▶ TTL ─▶ link by index ─▶ rate of path and cap ─▶ share of the capacity ─▶ reserve ─▶ copy + swap label
//
// What a path may not send does not count against the capacity that all share, so it is asked for last. Before the first packet
// of a chunk, and again after some, the rows of the next ones are brought near: see `LabelSlots.readAhead`.
import { Flag, LABELLED_HEADER_BYTES, LABEL_BYTES, NoticeCode } from '../../protocols/forward/constants.ts'
import { LabelledAt, isLabelNotice, putLabel } from '../../protocols/forward/labelled.ts'
import { At, readUint32 } from '../../protocols/forward/source-route.ts'
import { LinkBudget } from '../defence/link-budget.ts'
import { copyBytes } from '../link/copy-bytes.ts'
import { NO_ACCOUNT } from './accounts.ts'
import { Verdict } from './fair-capacity.ts'
import { NONE } from './label-slots.ts'
import type { FairCapacity } from './fair-capacity.ts'
import type { ForwardingTable } from './forwarding-table.ts'
import type { LabelSlots } from './label-slots.ts'
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Refusal } from './refusal.ts'
import type { RelayCounters } from './relay-counters.ts'

export interface LabelRelayInit {
  table: ForwardingTable
  links: LinkSet
  capacity: FairCapacity
  /** See `RelayInit`. */
  slows: (link: Link) => boolean
  /** Who pays for what a cap limits; a cap is the index that slots have. */
  accountOfCap: (cap: number) => number
  counters: RelayCounters
  refusal: Refusal
  /** Monotonic, ms. */
  now: () => number
}

/** Of notices about labels, for the whole forwarder: each is looked for among all labels. */
const LABEL_NOTICES = { ratePerSecond: 200, burst: 400 }
/** As many as one forwarder makes for one neighbour: those of made-up labels must not keep out the true ones of others. */
const LABEL_NOTICES_OF_LINK = { ratePerSecond: 50, burst: 100 }
/** So that many neighbours cannot either. With two thousand links a tenth of a processor. */
const OWN_LABEL_NOTICES = { ratePerSecond: 0.5, burst: 10 }

export class LabelRelay {
  readonly #slots: LabelSlots
  readonly #links: LinkSet
  readonly #capacity: FairCapacity
  readonly #slows: (link: Link) => boolean
  readonly #accountOfCap: (cap: number) => number
  readonly #counters: RelayCounters
  readonly #refusal: Refusal
  readonly #notices: LinkBudget
  /** Where the packet before was, and where those end that have been looked at already. */
  #lastAt = 0
  #aheadTo = 0

  constructor (init: LabelRelayInit) {
    this.#slots = init.table.slots
    this.#links = init.links
    this.#capacity = init.capacity
    this.#slows = init.slows
    this.#accountOfCap = init.accountOfCap
    this.#counters = init.counters
    this.#refusal = init.refusal
    this.#notices = new LinkBudget({ all: LABEL_NOTICES, share: LABEL_NOTICES_OF_LINK, own: OWN_LABEL_NOTICES, nowMs: init.now() })
  }

  /** A labelled packet. */
  receive (buffer: Uint8Array, at: number, length: number, from: Link, nowMs: number): void {
    if (length < LABELLED_HEADER_BYTES) {
      this.#refusal.drop('malformed')
      return
    }
    // a wrong guess of where a chunk begins costs a little time, and nothing else
    if (at >= this.#aheadTo || at <= this.#lastAt) {
      this.#aheadTo = this.#slots.readAhead(buffer, at)
    }
    this.#lastAt = at
    const slot = this.#find(buffer, at, from, nowMs)
    if (slot === NONE) {
      this.#refusal.refuse(buffer, at, length, from, 'unknownLabel', NoticeCode.unknownLabel)
      return
    }
    if (buffer[at + At.ttl] <= 1) {
      this.#refusal.refuse(buffer, at, length, from, 'ttlExceeded', NoticeCode.ttlExceeded)
      return
    }
    const link = this.#links.byIndex(this.#slots.outLink(slot))
    if (link === undefined) {
      this.#refusal.refuse(buffer, at, length, from, 'noSuchNeighbour', NoticeCode.noSuchNeighbour)
    } else if (!this.#slots.charge(slot, length, nowMs)) {
      this.#refusal.refuse(buffer, at, length, from, 'overRate', NoticeCode.overQuota)
    } else {
      this.#sendOn(buffer, at, length, from, link, slot, nowMs)
    }
  }

  #sendOn (buffer: Uint8Array, at: number, length: number, from: Link, link: Link, slot: number, nowMs: number): void {
    const account = this.#accountOfCap(this.#slots.capOf(slot))
    const capacity = this.#capacity
    const verdict = capacity.take(account, from.index, length, nowMs)
    if (capacity.creditDelayMs > 0 && this.#slows(from)) {
      from.keepBack(length, capacity.creditDelayMs, nowMs)
    }
    if (verdict === Verdict.refuse) {
      this.#refusal.refuse(buffer, at, length, from, 'overCapacity', NoticeCode.overQuota)
      return
    }
    const to = this.#copy(buffer, at, length, link, account, from.index)
    if (to < 0) {
      return
    }
    const batch = link.buffer
    this.#slots.writeOut(slot, batch, to + LabelledAt.slot)
    this.#slots.count(slot, length)
    if (verdict === Verdict.mark) {
      batch[to + At.flags] |= Flag.congestion
      this.#counters.markedPackets++
    }
  }

  /**
   * A notice about a label. The neighbour names the label that it gave; who sent the packet here gets the notice with the label
   * that it was given.
   */
  receiveNotice (buffer: Uint8Array, at: number, length: number, from: Link, nowMs: number): void {
    if (!isLabelNotice(buffer, at, length)) {
      this.#refusal.drop('malformed')
    } else if (buffer[at + At.ttl] <= 1) {
      this.#refusal.drop('ttlExceeded')
    } else if (!this.#notices.take(from.index, nowMs)) {
      this.#refusal.drop('overRate')
    } else {
      this.#passOn(buffer, at, length, from, nowMs)
    }
  }

  #passOn (buffer: Uint8Array, at: number, length: number, from: Link, nowMs: number): void {
    const slots = this.#slots
    const label = at + At.pathTag
    const slot = slots.findByOut(from.index, readUint32(buffer, label), readUint32(buffer, label + LABEL_BYTES / 2))
    if (slot === NONE) {
      this.#refusal.drop('unknownLabel')
      return
    }
    const link = this.#links.byIndex(slots.fromLink(slot))
    if (link === undefined) {
      this.#refusal.drop('noSuchNeighbour')
    } else if (this.#capacity.take(NO_ACCOUNT, from.index, length, nowMs) === Verdict.refuse) {
      this.#refusal.drop('overCapacity')
    } else {
      const to = this.#copy(buffer, at, length, link, NO_ACCOUNT, from.index)
      if (to >= 0) {
        putLabel(link.buffer, to + At.pathTag, slot, slots.checkOf(slot))
      }
    }
  }

  #find (buffer: Uint8Array, at: number, from: Link, nowMs: number): number {
    return buffer[at + LabelledAt.endpoint] === 0
      ? this.#slots.find(readUint32(buffer, at + LabelledAt.slot), readUint32(buffer, at + LabelledAt.check), from.index, nowMs)
      : NONE
  }

  /** Into the queue of the link, with a lower TTL: where it begins there, or −1 when there was no room. */
  #copy (buffer: Uint8Array, at: number, length: number, link: Link, account: number, source: number): number {
    const to = link.reserve(length, (buffer[at + At.flags] & Flag.droppable) !== 0, account, source)
    if (to >= 0) {
      const batch = link.buffer
      copyBytes(buffer, at, length, batch, to)
      batch[to + At.ttl] = buffer[at + At.ttl] - 1
      this.#counters.forwardedPackets++
      this.#counters.forwardedBytes += length
    }
    return to
  }
}
