// What a forwarder carries for others as a whole, shared fairly when it is short: first between accounts, then within each between the
// neighbours that bring its packets. No packet waits for it.
//
//   take ─▶ plenty left? ─▶ passes                                   one comparison
//             └─ no ─▶ allowance of (account, source) ─▶ passes, passes with a mark, or is refused
//                          ▲
//   every 10 ms ─────── max-min fair: who needs less than an equal share gets what it needs, and the others share the rest
//
// `creditDelayMs` says for how long the credit of the last packet should be kept back where its neighbour can be slowed, so that this sends hardly more
// than it gets, and what would be dropped is not even read.
//
// How much is given out follows what is left, so that a capacity that is short stays a little short and the shares hold; what passes is
// the capacity in the long run, with a burst of a quarter of a second. Pure; nothing is allocated per packet.
import { MAX_PACKET_BYTES } from '../../protocols/forward/constants.ts'

export const Verdict = { pass: 0, mark: 1, refuse: 2 } as const
export type Verdict = typeof Verdict[keyof typeof Verdict]

export interface FairCapacityInit {
  bytesPerSecond: number
  nowMs: number
}

interface Share {
  readonly account: number
  readonly source: number
  allowanceBytes: number
  usedAtMs: number
  /** In this round. */
  wantedBytes: number
  /** What it got in the last rounds; Infinity while that is all it wants. */
  bytesPerMs: number
  /** When all that it has sent would have been sent at that rate. */
  creditAtMs: number
}

/** A burst of a quarter of a second passes at line speed. */
const BURST_S = 0.25
const MIN_BURST_BYTES = 4 * MAX_PACKET_BYTES
/** With less than this share of the burst left, allowances count. */
const SHORT_SHARE = 0.5
const ROUND_MS = 10
const MAX_ROUND_MS = 100
/** A share that is not used up may be saved for so long. */
const SAVED_S = 0.02
/** Who comes new may send two of the largest packets before its first round. */
const FIRST_ALLOWANCE_BYTES = 2 * MAX_PACKET_BYTES
const FORGET_MS = 1_000
/** Credit is kept back at a rate a little above the share: a little is dropped and marked, so that the sender's own hosts hear of it. */
const CREDIT_ABOVE_SHARE = 1.05
/** As a burst. */
const CREDIT_AT_ONCE_MS = 10
/** Nobody waits for longer, whatever it did. */
const MAX_CREDIT_DELAY_MS = 1_000
/** Rates are averages of about so many rounds. */
const RATE_ROUNDS = 4
/** Those beyond share a place. */
const MAX_SHARES = 1_024
const SHARED_SOURCE = 0xffff
const SOURCES = 0x10000

export class FairCapacity {
  #bytesPerSecond: number
  #burstBytes = 0
  #leftBytes: number
  #filledAtMs: number
  #roundAtMs: number
  readonly #shares = new Map<number, Share>()
  #last: Share | undefined
  /** Of the packet that was asked about last: for how long its credit should be kept back. */
  creditDelayMs = 0

  constructor ({ bytesPerSecond, nowMs }: FairCapacityInit) {
    this.#bytesPerSecond = bytesPerSecond
    this.#burstBytes = Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_S)
    this.#leftBytes = this.#burstBytes
    this.#filledAtMs = this.#roundAtMs = nowMs
  }

  get bytesPerSecond (): number {
    return this.#bytesPerSecond
  }

  /** What has been saved of a larger burst is lost. */
  set bytesPerSecond (bytesPerSecond: number) {
    if (bytesPerSecond === this.#bytesPerSecond) {
      return
    }
    this.#bytesPerSecond = bytesPerSecond
    this.#burstBytes = Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_S)
    this.#leftBytes = Math.min(this.#leftBytes, this.#burstBytes)
  }

  /** Shares that count now. */
  get size (): number {
    return this.#shares.size
  }

  /**
   * May a packet go on? Takes its bytes, or none.
   *
   * @param account who pays for it
   * @param source index of the link that brought it
   */
  take (account: number, source: number, bytes: number, nowMs: number): Verdict {
    if (nowMs > this.#filledAtMs) {
      this.#leftBytes = Math.min(this.#burstBytes, this.#leftBytes + (nowMs - this.#filledAtMs) * this.#bytesPerSecond / 1_000)
      this.#filledAtMs = nowMs
    }
    if (this.#leftBytes - bytes >= SHORT_SHARE * this.#burstBytes) {
      this.#leftBytes -= bytes
      this.creditDelayMs = 0
      return Verdict.pass
    }
    const last = this.#last
    return this.#takeShare(last !== undefined && last.account === account && last.source === source ? last : this.#shareOf(account, source), bytes, nowMs)
  }

  /** Now and then: shares are looked at only while the capacity is short, and those of the last such time would stay until the next one. */
  expire (nowMs: number): void {
    for (const [key, share] of this.#shares) {
      if (nowMs - share.usedAtMs > FORGET_MS) {
        this.#shares.delete(key)
      }
    }
    if (this.#last !== undefined && nowMs - this.#last.usedAtMs > FORGET_MS) {
      this.#last = undefined
    }
  }

  #takeShare (share: Share, bytes: number, nowMs: number): Verdict {
    share.usedAtMs = nowMs
    if (nowMs - this.#roundAtMs >= ROUND_MS) {
      this.#round(nowMs)
    }
    this.#last = share
    const creditAtMs = Math.max(nowMs, share.creditAtMs) + bytes / (CREDIT_ABOVE_SHARE * share.bytesPerMs)
    share.creditAtMs = Math.min(creditAtMs, nowMs + MAX_CREDIT_DELAY_MS + CREDIT_AT_ONCE_MS)
    this.creditDelayMs = Math.max(0, share.creditAtMs - nowMs - CREDIT_AT_ONCE_MS)
    if (share.allowanceBytes < bytes || this.#leftBytes < bytes) {
      return Verdict.refuse
    }
    share.allowanceBytes -= bytes
    this.#leftBytes -= bytes
    return share.allowanceBytes < this.#savedBytes / 2 ? Verdict.mark : Verdict.pass
  }

  /** Most that a share can save. */
  get #savedBytes (): number {
    return Math.max(MIN_BURST_BYTES, this.#bytesPerSecond * SAVED_S)
  }

  #shareOf (account: number, source: number): Share {
    const key = account * SOURCES + source
    const existing = this.#shares.get(key)
    if (existing !== undefined) {
      return existing
    }
    if (this.#shares.size >= MAX_SHARES && source !== SHARED_SOURCE) {
      return this.#shareOf(0, SHARED_SOURCE)
    }
    const share = { account, source, allowanceBytes: FIRST_ALLOWANCE_BYTES, usedAtMs: this.#filledAtMs, wantedBytes: 0, bytesPerMs: Infinity, creditAtMs: 0 }
    this.#shares.set(key, share)
    return share
  }

  /** Gives out what the time since the last round is worth: more than that while much is left, less while little is. */
  #round (nowMs: number): void {
    const shortBytes = SHORT_SHARE * this.#burstBytes
    const elapsedMs = Math.min(MAX_ROUND_MS, nowMs - this.#roundAtMs)
    const budget = this.#bytesPerSecond * elapsedMs / 1_000 * (0.5 + Math.min(1, this.#leftBytes / shortBytes))
    this.#roundAtMs = nowMs
    const accounts = new Map<number, Share[]>()
    for (const [key, share] of this.#shares) {
      if (nowMs - share.usedAtMs > FORGET_MS) {
        this.#shares.delete(key)
        continue
      }
      share.wantedBytes = Math.max(0, this.#savedBytes - share.allowanceBytes)
      const shares = accounts.get(share.account)
      if (shares === undefined) {
        accounts.set(share.account, [share])
      } else {
        shares.push(share)
      }
    }
    const all = [...accounts.values()].map((shares) => ({ shares, wantedBytes: shares.reduce((sum, { wantedBytes }) => sum + wantedBytes, 0) }))
    const each = equalShare(all, budget)
    for (const { shares, wantedBytes } of all) {
      const within = equalShare(shares, Math.min(each, wantedBytes))
      for (const share of shares) {
        share.allowanceBytes += Math.min(within, share.wantedBytes)
        rateOf(share, within, elapsedMs)
      }
    }
  }
}

/** @param within - what none of its account got more of in the round */
function rateOf (share: Share, within: number, elapsedMs: number): void {
  if (share.wantedBytes <= within) {
    share.bytesPerMs = Infinity
  } else {
    const bytesPerMs = within / elapsedMs
    share.bytesPerMs = share.bytesPerMs === Infinity ? bytesPerMs : share.bytesPerMs + (bytesPerMs - share.bytesPerMs) / RATE_ROUNDS
  }
}

/** The share that none may go beyond, so that all together get the budget; Infinity when there is enough for what they want. */
function equalShare (all: ReadonlyArray<{ wantedBytes: number }>, budget: number): number {
  const wanted = all.map(({ wantedBytes }) => wantedBytes).sort((a, b) => a - b)
  let left = budget
  for (let i = 0; i < wanted.length; i++) {
    const each = left / (wanted.length - i)
    if (wanted[i] > each) {
      return each
    }
    left -= wanted[i]
  }
  return Infinity
}
