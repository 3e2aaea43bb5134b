// How much the paths of each RSP may use of each link: a bucket for each account and link that are used together, made when it is first
// needed, and the same for labels and for authenticators.
//
// A bucket that is full, and that no entry of the forwarding table names, is as good as none. Where there is no room for another, such a one
// makes way; so whoever makes RSPs up keeps as many places as it has entries and sends packets, and no more.
import { OverQuotaError } from '../../protocols/errors.ts'
import { BucketSlab } from '../defence/bucket-slab.ts'

export interface LinkCapsInit {
  /** What the forwarder carries for others. */
  capacityBytesPerSecond: number
  /** How much of it the paths of one RSP may use on one link, above 0 and up to 1. */
  rspLinkShare: number
  /** Where the buckets are, but those of account 0. Labels know them by their index in it. */
  caps: BucketSlab
  maxAccounts: number
}

/** Account 0: source routes without an authenticator. */
const UNSIGNED = 0
const NO_CAP = -1
/** As for the whole forwarder: a quarter of a second, and at least four of the largest packets. */
const CAP_BURST_S = 0.25
const MIN_CAP_BURST_BYTES = 65_536
/** So many are looked at to find one that makes way, from where the last search ended: it may be for a packet that is searched. */
const MAX_LOOKS = 256
/** Their indices have 16 bits. */
const MAX_LINKS = 65_536

export class LinkCaps {
  readonly #init: LinkCapsInit
  /** Nobody who uses up the others keeps packets without an authenticator from a new link. */
  readonly #unsigned = new BucketSlab({ maxBuckets: MAX_LINKS })
  /** By index of the link, then by account. */
  readonly #caps: Array<Int32Array | undefined> = []
  /** By cap: whose it is, or was last, for which link, and how many entries name it. */
  readonly #accounts: number[] = []
  readonly #links: number[] = []
  readonly #holds: number[] = []
  #cursor = 0

  constructor (init: LinkCapsInit) {
    this.#init = init
  }

  /**
   * Index of the bucket for what this account, above 0, sends over a link. It stays until it is let go as often as it was held, or
   * the link or the account is gone.
   *
   * @throws OverQuotaError when there is no room for another
   */
  hold (account: number, link: number, nowMs: number): number {
    const cap = this.#cap(account, link, nowMs)
    if (cap === NO_CAP) {
      throw new OverQuotaError('too many RSPs use too many links here: try another forwarder')
    }
    this.#holds[cap]++
    return cap
  }

  /** Once for each `hold`; −1 is none. */
  letGo (cap: number): void {
    if (cap !== NO_CAP && this.#holds[cap] > 0) {
      this.#holds[cap]--
    }
  }

  /** May a packet of this account go over the link? False also where there is no room for a cap. Allocates for the first one only. */
  take (account: number, link: number, bytes: number, nowMs: number): boolean {
    return this.#bucketsOf(account).take(this.#cap(account, link, nowMs), bytes, nowMs)
  }

  /** Whose cap it is, or was last. */
  accountOf (cap: number): number {
    return this.#accounts[cap] ?? UNSIGNED
  }

  /** The link with this index is gone. */
  releaseLink (link: number): void {
    const caps = this.#caps[link]
    for (let account = 0; account <= this.#init.maxAccounts && caps !== undefined; account++) {
      this.#free(caps, account)
    }
    this.#caps[link] = undefined
  }

  /** The account is closed, and has no entries any more. */
  releaseAccount (account: number): void {
    for (const caps of this.#caps) {
      if (caps !== undefined) {
        this.#free(caps, account)
      }
    }
  }

  #bucketsOf (account: number): BucketSlab {
    return account === UNSIGNED ? this.#unsigned : this.#init.caps
  }

  #cap (account: number, link: number, nowMs: number): number {
    const caps = this.#caps[link] ?? this.#capsOf(link)
    return caps[account] === NO_CAP ? this.#add(caps, account, link, nowMs) : caps[account]
  }

  #add (caps: Int32Array, account: number, link: number, nowMs: number): number {
    const buckets = this.#bucketsOf(account)
    const rate = this.#init.rspLinkShare * this.#init.capacityBytesPerSecond
    const burst = Math.max(MIN_CAP_BURST_BYTES, rate * CAP_BURST_S)
    let cap = buckets.add(rate, burst, nowMs)
    if (cap === NO_CAP && account !== UNSIGNED && this.#makeRoom(nowMs)) {
      cap = buckets.add(rate, burst, nowMs)
    }
    if (cap !== NO_CAP && account !== UNSIGNED) {
      this.#accounts[cap] = account
      this.#links[cap] = link
      this.#holds[cap] = 0
    }
    return caps[account] = cap
  }

  /** One makes way that has no entries and has lately sent less than it may: with a new one it will have as much. */
  #makeRoom (nowMs: number): boolean {
    for (let looks = Math.min(MAX_LOOKS, this.#accounts.length); looks > 0; looks--) {
      const cap = this.#cursor++ % this.#accounts.length
      this.#cursor %= this.#accounts.length
      const caps = this.#caps[this.#links[cap]]
      if (caps !== undefined && this.#holds[cap] === 0 && this.#init.caps.isFull(cap, nowMs)) {
        this.#free(caps, this.#accounts[cap])
        return true
      }
    }
    return false
  }

  #capsOf (link: number): Int32Array {
    while (this.#caps.length < link) {
      this.#caps.push(undefined)
    }
    return this.#caps[link] = new Int32Array(this.#init.maxAccounts + 1).fill(NO_CAP)
  }

  #free (caps: Int32Array, account: number): void {
    const cap = caps[account]
    if (cap === NO_CAP) {
      return
    }
    this.#bucketsOf(account).remove(cap)
    caps[account] = NO_CAP
    if (account !== UNSIGNED) {
      this.#holds[cap] = 0
    }
  }
}
