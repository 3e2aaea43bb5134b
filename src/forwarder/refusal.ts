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

/**
 * Notices per second to one neighbour, and how many may come at once: an attacker's packets must stay cheap, and must not use up what the
 * others are told. With a thousand neighbours that all attack it is 50,000 per second, about a tenth of a core.
 */
const NOTICES_PER_SECOND = 50
const NOTICE_BURST = 100

export class Refusal {
  readonly #counters: RelayCounters
  readonly #now: () => number
  /** As many as there are links. */
  readonly #notices = new WeakMap<Link, TokenBucket>()

  constructor (counters: RelayCounters, now: () => number) {
    this.#counters = counters
    this.#now = now
  }

  drop (reason: DropReason): void {
    this.#counters.dropped[reason]++
  }

  /** Drops the packet at `at`, and says so. */
  refuse (buffer: Uint8Array, at: number, length: number, from: Link, reason: DropReason, code: NoticeCode): void {
    this.drop(reason)
    const isLabelled = buffer[at + At.kind] === Kind.labelled
    const deserves = isLabelled ? deservesLabelNotice(buffer, at, length) : deservesNotice(buffer, at)
    if (!deserves || !this.#mayTell(from)) {
      return
    }
    const notice = (isLabelled ? encodeLabelNotice : encodeNotice)(buffer, at, length, code)
    const to = notice === undefined ? -1 : from.reserve(notice.length, true)
    if (notice !== undefined && to >= 0) {
      from.buffer.set(notice, to)
      this.#counters.noticesSent++
    }
  }

  #mayTell (neighbour: Link): boolean {
    const nowMs = this.#now()
    let notices = this.#notices.get(neighbour)
    if (notices === undefined) {
      notices = new TokenBucket({ ratePerSecond: NOTICES_PER_SECOND, burst: NOTICE_BURST, nowMs })
      this.#notices.set(neighbour, notices)
    }
    return notices.take(1, nowMs)
  }
}
