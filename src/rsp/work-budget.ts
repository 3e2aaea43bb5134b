// How much an RSP computes for one host: queries in the language differ a thousandfold in what they take, and all are worked out on one thread,
// so that what counts is the time each took. Who has used up his waits; the others do not notice.
import { RecentlyUsed } from '../../protocols/recently-used.ts'

/** One question is worked on for so long, and its explanation for as long again; meanwhile nobody else is answered. Few queries on backbones take a tenth of it. */
export const QUESTION_MS = 200
/** Of a core, for one host in the long run. */
const SHARE = 0.1
/** What a host may take at once, after a pause: an explanation of the costliest query, hundreds of usual ones. */
const BURST_MS = 300
/** It is looked at again after so long at most. */
const MAX_WAIT_MS = 1_000
const MAX_HOSTS = 1_024
/** Hosts over their budgets, who are not forgotten because others come: to fill the table takes an hour and a half of work. */
const MAX_INDEBTED = 16_384

interface Debt {
  debtMs: number
  atMs: number
}

export class WorkBudget {
  readonly #clock: () => number
  /** By host: how much was worked for it beyond its share at that time, ms. */
  readonly #debts = new RecentlyUsed<Debt>(MAX_HOSTS)
  /** Those of them that have to wait, the oldest first. */
  readonly #indebted = new Map<string, Debt>()

  /** @param clock - ms of any monotonic origin; what is worked is measured by it */
  constructor (clock: () => number) {
    this.#clock = clock
  }

  /** 0 where the host's next question may be worked on; else ask again after that. */
  waitMs (host: string): number {
    const overMs = this.#debtMs(host) - BURST_MS
    return overMs > 0 ? Math.min(MAX_WAIT_MS, Math.ceil(overMs / SHARE)) : 0
  }

  /** Works, at the cost of a host's budget even where it fails. */
  spend<Result> (host: string, work: () => Result): Result {
    const startedMs = this.#clock()
    try {
      return work()
    } finally {
      const atMs = this.#clock()
      this.#owe(host, { debtMs: this.#debtMs(host) + atMs - startedMs, atMs })
    }
  }

  #owe (host: string, debt: Debt): void {
    this.#indebted.delete(host)
    if (debt.debtMs <= BURST_MS) {
      this.#debts.set(host, debt)
      return
    }
    this.#debts.delete(host)
    this.#indebted.set(host, debt)
    // the oldest are mostly those that have waited long enough
    for (const [oldest, { debtMs, atMs }] of this.#indebted) {
      if (this.#indebted.size <= MAX_INDEBTED && debtMs - SHARE * (debt.atMs - atMs) > BURST_MS) {
        break
      }
      this.#indebted.delete(oldest)
      this.#debts.set(oldest, { debtMs, atMs })
    }
  }

  #debtMs (host: string): number {
    const { debtMs, atMs } = this.#indebted.get(host) ?? this.#debts.get(host) ?? { debtMs: 0, atMs: 0 }
    return Math.max(0, debtMs - SHARE * (this.#clock() - atMs))
  }
}
