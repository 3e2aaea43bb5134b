/**
 * A bucket for all who ask, of which nobody gets more than a share: a bucket each, by name. Whoever is over its own share takes nothing from the
 * others. A name is a peer that has shown who it is, or the address prefix of one that has not: ids cost nothing.
 */
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import { TokenBucket } from './token-bucket.ts'

export interface SharedBucketInit {
  /** Of all. */
  ratePerSecond: number
  burst: number
  /** Of one name. */
  ownPerSecond: number
  ownBurst: number
  /** Names remembered, those that asked last; at least so many that filling this takes more than all may take. */
  maxNames: number
  nowMs: number
}

export class SharedBucket {
  readonly #init: SharedBucketInit
  readonly #all: TokenBucket
  readonly #own: RecentlyUsed<TokenBucket>

  constructor (init: SharedBucketInit) {
    this.#init = init
    this.#all = new TokenBucket(init)
    this.#own = new RecentlyUsed(init.maxNames)
  }

  /** Names remembered now. */
  get names (): number {
    return this.#own.size
  }

  /** Takes `amount` whole or not at all. */
  take (name: string, amount: number, nowMs: number): boolean {
    const own = this.#own.get(name) ?? new TokenBucket({ ratePerSecond: this.#init.ownPerSecond, burst: this.#init.ownBurst, nowMs })
    if (own.availableAt(nowMs) < amount || !this.#all.take(amount, nowMs)) {
      return false
    }
    // only who has taken something is remembered
    this.#own.set(name, own)
    return own.take(amount, nowMs)
  }

  /** Some of what was taken was not used. */
  give (name: string, amount: number, nowMs: number): void {
    this.#own.get(name)?.give(amount, nowMs)
    this.#all.give(amount, nowMs)
  }
}
