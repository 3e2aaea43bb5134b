// Packets that a forwarder does not send on: counted, and told of by a notice to the neighbour that brought them, where they
// deserve one and the rate allows it.
import { Kind } from '../../protocols/forward/constants.ts'
import { deservesLabelNotice, encodeLabelNotice } from '../../protocols/forward/labelled.ts'
import { deservesNotice, encodeNotice } from '../../protocols/forward/notice.ts'
import { At } from '../../protocols/forward/source-route.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import type { DropReason, RelayCounters } from './relay-counters.ts'
import type { Link } from '../link/link.ts'
import type { NoticeCode } from '../../protocols/forward/constants.ts'

/** Notices per second for the whole forwarder, and how many may come at once: an attacker's packets must stay cheap. */
const NOTICES_PER_SECOND = 200
const NOTICE_BURST = 400

export class Refusal {
  readonly #counters: RelayCounters
  readonly #now: () => number
  readonly #notices: TokenBucket

  constructor (counters: RelayCounters, now: () => number) {
    this.#counters = counters
    this.#now = now
    this.#notices = new TokenBucket({ ratePerSecond: NOTICES_PER_SECOND, burst: NOTICE_BURST, nowMs: now() })
  }

  drop (reason: DropReason): void {
    this.#counters.dropped[reason]++
  }

  /** Drops the packet at `at`, and says so. */
  refuse (buffer: Uint8Array, at: number, length: number, from: Link, reason: DropReason, code: NoticeCode): void {
    this.drop(reason)
    const isLabelled = buffer[at + At.kind] === Kind.labelled
    const deserves = isLabelled ? deservesLabelNotice(buffer, at, length) : deservesNotice(buffer, at)
    if (!deserves || !this.#notices.take(1, this.#now())) {
      return
    }
    const notice = (isLabelled ? encodeLabelNotice : encodeNotice)(buffer, at, length, code)
    const to = notice === undefined ? -1 : from.reserve(notice.length, true)
    if (notice !== undefined && to >= 0) {
      from.buffer.set(notice, to)
      this.#counters.noticesSent++
    }
  }
}
