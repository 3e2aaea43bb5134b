// How many bytes of bursts each forwarder is made to send, and this RSP sends in all. A look is not broken off for it; what it took too much is
// waited for before the next one.

interface Account {
  /** Below 0 when it has been overdrawn. */
  bytes: number
  atMs: number
}

/** Saved for so long. */
const SAVED_MS = 4_000
/** Of the RSP's own line and processor, whatever the number of forwarders: 4 Mbit/s. */
export const MAX_TOTAL_BYTES_PER_SECOND = 500_000

export class BurstBudget {
  readonly #bytesPerMs: number
  readonly #total: Account
  readonly #forwarders = new Map<string, Account>()

  /** @param bytesPerSecond - of each forwarder */
  constructor (bytesPerSecond: number, nowMs: number) {
    this.#bytesPerMs = bytesPerSecond / 1_000
    this.#total = { bytes: 0, atMs: nowMs }
  }

  allows (keys: readonly string[], nowMs: number): boolean {
    return refill(this.#total, MAX_TOTAL_BYTES_PER_SECOND / 1_000, nowMs) >= 0 &&
      keys.every((key) => refill(this.#accountOf(key, nowMs), this.#bytesPerMs, nowMs) >= 0)
  }

  /** What this RSP sends. */
  sent (bytes: number): void {
    this.#total.bytes -= bytes
  }

  /** What a forwarder sends for it. */
  take (key: string, bytes: number, nowMs: number): void {
    this.#accountOf(key, nowMs).bytes -= bytes
  }

  remove (key: string): void {
    this.#forwarders.delete(key)
  }

  #accountOf (key: string, nowMs: number): Account {
    const known = this.#forwarders.get(key)
    if (known !== undefined) {
      return known
    }
    const account = { bytes: 0, atMs: nowMs }
    this.#forwarders.set(key, account)
    return account
  }
}

function refill (account: Account, bytesPerMs: number, nowMs: number): number {
  account.bytes = Math.min(SAVED_MS * bytesPerMs, account.bytes + (nowMs - account.atMs) * bytesPerMs)
  account.atMs = nowMs
  return account.bytes
}
