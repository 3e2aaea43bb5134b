// The RSPs that have shown a path here, as small integers; what each of them may use of each link is in `caps`. Account 0 is no RSP:
// source routes without an authenticator.
//
// An RSP keeps its account while it has entries, and for 15 minutes after it was last used: longer than anything that was made
// under the account can be valid. Then another may get the place.
import { OverQuotaError } from '../../protocols/errors.ts'
import { NodeTable, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { readUint32 } from '../../protocols/forward/source-route.ts'
import { LinkCaps } from './link-caps.ts'
import type { GateCaller } from '../defence/set-up-limits.ts'
import type { LinkCapsInit } from './link-caps.ts'
import type { PeerId } from '@libp2p/interface'

export const NO_ACCOUNT = 0

export interface AccountsInit extends Omit<LinkCapsInit, 'maxAccounts'> {
  /** Has this account entries of forwarding state? */
  hasEntries: (account: number) => boolean
  maxAccounts?: number
  /** Of those that the callers of one address prefix have brought, forwarders aside. */
  maxPerPrefix?: number
  /** Of those that one forwarder has brought. */
  maxPerForwarder?: number
  /** Of those that came from one address prefix, by forwarders or not. */
  maxPerPrefixInAll?: number
}

/** Who shows a path: a forwarder counts by itself, any other caller with its prefix. */
export type AccountOpener = Pick<GateCaller, 'peer' | 'prefix' | 'isForwarder'>

const DEFAULT_MAX_ACCOUNTS = 1_024
/** Keys cost nothing: whoever makes RSPs up must not keep out those of others. */
const DEFAULT_MAX_PER_PREFIX = 64
/** A forwarder brings the paths of many sources. */
const DEFAULT_MAX_PER_FORWARDER = 192
/** Forwarders can be made up too: a quarter of all. */
const DEFAULT_MAX_PER_PREFIX_IN_ALL = 256
/** Offers live ten minutes and clocks differ by one; so does what is minted under an account. */
const IDLE_MS = 900_000

export class Accounts {
  readonly caps: LinkCaps
  readonly #init: AccountsInit
  readonly #maxAccounts: number
  /** By account; 0 stays undefined. */
  readonly #rsps: Array<PeerId | undefined>
  readonly #usedAtMs: Float64Array
  readonly #generations: Uint32Array
  /** The other account with the same four bytes in its tags, or 0. */
  readonly #others: Int32Array
  /** Who brought the first path of the account. */
  readonly #openers: Array<AccountOpener | undefined> = []
  readonly #byNode = new NodeTable<number>()
  readonly #byPrefix = new Map<number, number>()

  constructor (init: AccountsInit) {
    this.#init = init
    this.#maxAccounts = init.maxAccounts ?? DEFAULT_MAX_ACCOUNTS
    this.caps = new LinkCaps({ ...init, maxAccounts: this.#maxAccounts })
    this.#rsps = new Array<PeerId | undefined>(this.#maxAccounts + 1).fill(undefined)
    this.#usedAtMs = new Float64Array(this.#maxAccounts + 1)
    this.#generations = new Uint32Array(this.#maxAccounts + 1)
    this.#others = new Int32Array(this.#maxAccounts + 1)
  }

  get size (): number {
    return this.#byNode.size
  }

  /**
   * The account of an RSP whose signature was checked; opened if there is none.
   *
   * @param opener - who shows its path; a new account counts to it
   * @throws OverQuotaError when there is no room, here, for this opener, or under the four bytes that its tags begin with
   */
  of (rsp: PeerId, nowMs: number, opener?: AccountOpener): number {
    const node = nodeIdOf(rsp)
    const account = this.#byNode.get(node) ?? this.#openFor(opener, rsp, nowMs)
    this.#usedAtMs[account] = nowMs
    return account
  }

  #openFor (opener: AccountOpener | undefined, rsp: PeerId, nowMs: number): number {
    if (opener !== undefined) {
      this.#makeRoomFor(opener, nowMs)
    }
    const account = this.#open(rsp, nowMs)
    this.#openers[account] = opener
    return account
  }

  #makeRoomFor ({ peer, prefix, isForwarder }: AccountOpener, nowMs: number): void {
    const { maxPerPrefix = DEFAULT_MAX_PER_PREFIX, maxPerForwarder = DEFAULT_MAX_PER_FORWARDER, maxPerPrefixInAll = DEFAULT_MAX_PER_PREFIX_IN_ALL } = this.#init
    if (isForwarder) {
      this.#makeRoomAmong((other) => other.isForwarder && other.peer === peer, maxPerForwarder, nowMs)
    } else {
      this.#makeRoomAmong((other) => !other.isForwarder && other.prefix === prefix, maxPerPrefix, nowMs)
    }
    this.#makeRoomAmong((other) => other.prefix === prefix, maxPerPrefixInAll, nowMs)
  }

  /** Where they have brought as many as they may, the one of theirs that has been idle for the longest makes way. */
  #makeRoomAmong (isOfThem: (opener: AccountOpener) => boolean, max: number, nowMs: number): void {
    let count = 0
    let idlest = NO_ACCOUNT
    for (let account = 1; account <= this.#maxAccounts; account++) {
      const opener = this.#openers[account]
      if (opener !== undefined && isOfThem(opener)) {
        count++
        idlest = this.#idler(idlest, account, nowMs)
      }
    }
    if (count >= max && idlest === NO_ACCOUNT) {
      throw new OverQuotaError('too many new RSPs come from where you are: use one that is known here')
    }
    if (count >= max) {
      this.close(idlest)
    }
  }

  /** The account of an RSP, or 0. */
  find (rsp: PeerId): number {
    return this.#byNode.get(nodeIdOf(rsp)) ?? NO_ACCOUNT
  }

  /** An account whose RSP may have made the path tag in `buffer` at `at`, or 0; see `otherOf`. */
  byTag (buffer: Uint8Array, at: number): number {
    return this.#byPrefix.get(readUint32(buffer, at)) ?? NO_ACCOUNT
  }

  /** The one other account that this tag may also be of, or 0. */
  otherOf (account: number): number {
    return this.#others[account]
  }

  rspOf (account: number): PeerId | undefined {
    return this.#rsps[account]
  }

  /** Another number once the account was closed: what remembers an account remembers this with it. */
  generationOf (account: number): number {
    return this.#generations[account]
  }

  /** Something of this account was just used. */
  touch (account: number, nowMs: number): void {
    this.#usedAtMs[account] = nowMs
  }

  /** Forgets the RSP; what was verified under the account is void. Its number is not given out while it has entries. */
  close (account: number): void {
    const rsp = this.#rsps[account]
    if (rsp === undefined) {
      return
    }
    const node = nodeIdOf(rsp)
    this.#openers[account] = undefined
    this.#rsps[account] = undefined
    this.#generations[account]++
    this.#byNode.delete(node)
    this.#forgetPrefix(readUint32(node, 0), account)
    this.caps.releaseAccount(account)
  }

  #open (rsp: PeerId, nowMs: number): number {
    const node = nodeIdOf(rsp)
    const prefix = readUint32(node, 0)
    this.#makeRoomAt(prefix, nowMs)
    const account = this.#place(nowMs)
    this.#rsps[account] = rsp
    this.#byNode.set(node, account)
    const first = this.#byPrefix.get(prefix)
    if (first === undefined) {
      this.#byPrefix.set(prefix, account)
    } else {
      this.#others[first] = account
      this.#others[account] = first
    }
    return account
  }

  /** Two keys with the same four bytes take 2^32 attempts to make: a third one is left waiting, so that no tag costs much to look at. */
  #makeRoomAt (prefix: number, nowMs: number): void {
    const first = this.#byPrefix.get(prefix) ?? NO_ACCOUNT
    const second = this.#others[first]
    if (second === NO_ACCOUNT) {
      return
    }
    const idle = [first, second].find((account) => this.#isIdle(account, nowMs))
    if (idle === undefined) {
      throw new OverQuotaError('two other RSPs have the same path tags here: try again later, or another forwarder')
    }
    this.close(idle)
  }

  /** A number that nobody has, or that of the RSP which has been idle for the longest. */
  #place (nowMs: number): number {
    let idlest = NO_ACCOUNT
    for (let account = 1; account <= this.#maxAccounts; account++) {
      if (this.#rsps[account] === undefined) {
        if (!this.#init.hasEntries(account)) {
          return account
        }
      } else {
        idlest = this.#idler(idlest, account, nowMs)
      }
    }
    if (idlest === NO_ACCOUNT) {
      throw new OverQuotaError(`paths of ${this.#maxAccounts} RSPs are in use here: try another forwarder`)
    }
    this.close(idlest)
    return idlest
  }

  /** The one of both that has been idle for longer; `idlest` is idle, or 0. */
  #idler (idlest: number, account: number, nowMs: number): number {
    const isIdler = this.#isIdle(account, nowMs) && (idlest === NO_ACCOUNT || this.#usedAtMs[account] < this.#usedAtMs[idlest])
    return isIdler ? account : idlest
  }

  #isIdle (account: number, nowMs: number): boolean {
    return nowMs - this.#usedAtMs[account] >= IDLE_MS && !this.#init.hasEntries(account)
  }

  #forgetPrefix (prefix: number, account: number): void {
    const other = this.#others[account]
    this.#others[account] = NO_ACCOUNT
    this.#others[other] = NO_ACCOUNT
    if (other !== NO_ACCOUNT) {
      this.#byPrefix.set(prefix, other)
    } else {
      this.#byPrefix.delete(prefix)
    }
  }
}
