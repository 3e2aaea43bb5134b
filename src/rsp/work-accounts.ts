// Who has had how much work done for him: each name gets a share of a core in the long run, and something at once after a pause.
import { RecentlyUsed } from '../../protocols/recently-used.ts'

/** It is looked at again after so long at most. */
const MAX_WAIT_MS = 1_000
const MAX_NAMES = 1_024
/** Names over their shares, who are not forgotten because others come: to fill the table takes an hour and a half of work. */
const MAX_INDEBTED = 16_384

export interface WorkShare {
  /** Of a core. */
  share: number
  burstMs: number
}

interface Debt {
  debtMs: number
  atMs: number
}

export class WorkAccounts {
  readonly #clock: () => number
  readonly #share: number
  readonly #burstMs: number
  /** By name: how much was worked for it beyond its share at that time, ms. */
  readonly #debts = new RecentlyUsed<Debt>(MAX_NAMES)
  /** Those of them that have to wait, the oldest first. */
  readonly #indebted = new Map<string, Debt>()

  /** @param clock - ms of any monotonic origin */
  constructor (clock: () => number, { share, burstMs }: WorkShare) {
    this.#clock = clock
    this.#share = share
    this.#burstMs = burstMs
  }

  /** 0 where work may be done for it; else ask again after that. */
  waitMs (name: string): number {
    const overMs = this.#debtMs(name) - this.#burstMs
    return overMs > 0 ? Math.min(MAX_WAIT_MS, Math.ceil(overMs / this.#share)) : 0
  }

  /** So much was worked for it until now. */
  charge (name: string, workMs: number): void {
    const debt = { debtMs: this.#debtMs(name) + workMs, atMs: this.#clock() }
    this.#indebted.delete(name)
    if (debt.debtMs <= this.#burstMs) {
      this.#debts.set(name, debt)
      return
    }
    this.#debts.delete(name)
    this.#indebted.set(name, debt)
    // the oldest are mostly those that have waited long enough
    for (const [oldest, { debtMs, atMs }] of this.#indebted) {
      if (this.#indebted.size <= MAX_INDEBTED && debtMs - this.#share * (debt.atMs - atMs) > this.#burstMs) {
        break
      }
      this.#indebted.delete(oldest)
      this.#debts.set(oldest, { debtMs, atMs })
    }
  }

  #debtMs (name: string): number {
    const { debtMs, atMs } = this.#indebted.get(name) ?? this.#debts.get(name) ?? { debtMs: 0, atMs: 0 }
    return Math.max(0, debtMs - this.#share * (this.#clock() - atMs))
  }
}
