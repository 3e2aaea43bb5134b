// Who may use this forwarder by a source route. A packet with no authenticator goes on if policy takes anyone's; one with an
// authenticator if this forwarder made it for exactly this hop:
//
//   check ─▶ none? ─▶ policy ─▶ cap of account 0
//     └────▶ known good? (verified-hops.ts) ──────────────────┬─▶ rate of the path ─▶ cap of the RSP on the link ─▶ count
//                 └─▶ budget for failures ─▶ RSPs of the tag ─▶ MAC
//
// Nothing is kept for a path but in that cache, and nothing of a forged packet at all.
import { ExpiredError } from '../../protocols/errors.ts'
import { NODE_ID_BYTES, NoticeCode, PATH_TAG_BYTES } from '../../protocols/forward/constants.ts'
import { hasAuthenticatorAt, hopAuthenticator, isAuthenticatorAt } from '../../protocols/forward/hop-authenticator.ts'
import { At, entryAt, readUint32 } from '../../protocols/forward/source-route.ts'
import { LinkBudget } from '../defence/link-budget.ts'
import { NO_ACCOUNT } from './accounts.ts'
import { VerifiedHops } from './verified-hops.ts'
import { RevokedNames } from './revoked-names.ts'
import type { AccountOpener, Accounts } from './accounts.ts'
import type { HopInPacket } from './verified-hops.ts'
import type { Link } from '../link/link.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Policy } from './policy.ts'
import type { RouteAuthority } from './relay.ts'
import type { RouteSecrets } from './route-secrets.ts'
import type { UsageLedger } from './usage-ledger.ts'
import type { PeerId } from '@libp2p/interface'

export interface HopAuthorityInit {
  policy: Policy
  accounts: Accounts
  secrets: RouteSecrets
  ledger: Pick<UsageLedger, 'add'>
  /** 32 bits that nobody can guess. */
  random32: () => number
  /** Monotonic, ms. */
  now: () => number
  /** Hops remembered as good: a power of two. */
  maxVerified?: number
}

/** What an authenticator is minted for: a hop of a path that its RSP's signature was checked for. */
export interface MintInit {
  /** Of the path, 8 bytes. */
  tag: Uint8Array
  rsp: PeerId
  /** Unix seconds: of the path, and of all packets that use it. */
  expiryS: number
  rateClass: number
  previous: NodeId
  next: NodeId
  /** Who shows the path; see `Accounts.of`. */
  opener?: AccountOpener
}

const DEFAULT_MAX_VERIFIED = 8_192
/** At 10 µs each this is a twentieth of a processor. */
const FAILURES = { ratePerSecond: 5_000, burst: 5_000 }
/** So that one neighbour's forgeries do not keep out the new paths of all others. */
const FAILURES_OF_LINK = { ratePerSecond: 1_000, burst: 1_000 }
/** Nor those of many: who brings few is looked at whatever the others bring. With two thousand links another twenty-fifth of a processor. */
const OWN_FAILURES = { ratePerSecond: 2, burst: 20 }

export class HopAuthority implements RouteAuthority {
  /** Authenticators since the start: computed and good, not good, and not looked at since too many were not. */
  readonly counters = { verified: 0, forged: 0, unchecked: 0 }
  /** What went on without an authenticator. */
  readonly unsigned = { packets: 0, bytes: 0 }
  /** See `RouteAuthority`. */
  account = NO_ACCOUNT
  readonly #init: HopAuthorityInit
  readonly #verified: VerifiedHops
  readonly #failures: LinkBudget
  readonly #names: RevokedNames
  readonly #hop: HopInPacket = { buffer: new Uint8Array(), at: 0, authenticatorAt: 0, previousAt: 0, nextAt: 0 }

  constructor (init: HopAuthorityInit) {
    this.#init = init
    this.#verified = new VerifiedHops({
      capacity: init.maxVerified ?? DEFAULT_MAX_VERIFIED,
      seed: init.random32(),
      onUsage: (usage) => { init.ledger.add(usage) }
    })
    this.#failures = new LinkBudget({ all: FAILURES, share: FAILURES_OF_LINK, own: OWN_FAILURES, nowMs: init.now() })
    this.#names = new RevokedNames(init.random32)
    init.policy.onRevoked((rsp) => { this.#names.renew(rsp) })
  }

  /**
   * Counts what it lets go on, to the link's cap, to the path's rate and to the ledger.
   *
   * @param previousAt where the list entries of the neighbour that brought the packet and of the next hop begin
   * @param from over which the packet came: failures count to it
   * @returns 0, NoticeCode.notAuthorized or NoticeCode.overQuota
   */
  check (buffer: Uint8Array, at: number, length: number, previousAt: number, nextAt: number, from: Link, link: Link, nowMs: number): number {
    const { accounts, policy } = this.#init
    const authenticatorAt = at + entryAt(buffer[at + At.hopIndex]) + NODE_ID_BYTES
    if (!hasAuthenticatorAt(buffer, authenticatorAt)) {
      return policy.sourceRoutes === 'authorized' ? NoticeCode.notAuthorized : this.#takeUnsigned(length, link, nowMs)
    }
    const hop = this.#hop
    hop.buffer = buffer
    hop.at = at
    hop.authenticatorAt = authenticatorAt
    hop.previousAt = previousAt
    hop.nextAt = nextAt
    const entry = this.#find(hop, from, nowMs)
    if (entry < 0) {
      return NoticeCode.notAuthorized
    }
    const account = this.#verified.accountOf(entry)
    if (!this.#verified.take(entry, length, nowMs)) {
      return NoticeCode.overQuota
    }
    const verdict = this.#charge(account, length, link, nowMs)
    if (verdict === 0) {
      accounts.touch(account, nowMs)
      this.#verified.count(entry, length, isEnd(hop) ? undefined : link.peer)
    }
    return verdict
  }

  /**
   * The authenticator for one hop of a path, for set-up to give out. Its RSP gets an account, without which it could not be
   * found good.
   *
   * @throws NotAuthorizedError, OverQuotaError, or ExpiredError for a path that no packet can use now
   */
  mint ({ tag, rsp, expiryS, rateClass, previous, next, opener }: MintInit): Uint8Array {
    const { accounts, now, policy, secrets } = this.#init
    policy.checkRsp(rsp)
    const secret = secrets.of(expiryS)
    if (secret === undefined) {
      throw new ExpiredError(`no packet can use a path that ends at ${new Date(expiryS * 1_000).toISOString()}: ask the RSP for another, and check the clocks`)
    }
    accounts.of(rsp, now(), opener)
    return hopAuthenticator(secret, { pathTag: tag, rsp: this.#names.of(rsp), expiryS, rateClass, neighbours: [previous, next] })
  }

  /** Brings the ledger up to date before somebody reads it; about 2 µs for each path that was used since the last time. */
  flush (): void {
    this.#verified.flush()
  }

  #takeUnsigned (length: number, link: Link, nowMs: number): number {
    const verdict = this.#charge(NO_ACCOUNT, length, link, nowMs)
    if (verdict === 0) {
      this.unsigned.packets++
      this.unsigned.bytes += length
    }
    return verdict
  }

  #charge (account: number, length: number, link: Link, nowMs: number): number {
    this.account = account
    return this.#init.accounts.caps.take(account, link.index, length, nowMs) ? 0 : NoticeCode.overQuota
  }

  #find (hop: HopInPacket, from: Link, nowMs: number): number {
    const entry = this.#verified.find(hop)
    if (entry >= 0 && !this.#isVoid(entry)) {
      return entry
    }
    if (entry >= 0) {
      this.#verified.remove(entry)
    }
    return this.#verify(hop, from, nowMs)
  }

  /** Its account was closed: the RSP is revoked, or was idle for too long. */
  readonly #isVoid = (entry: number): boolean =>
    this.#verified.generationOf(entry) !== this.#init.accounts.generationOf(this.#verified.accountOf(entry))

  /** The entry of a hop that is found good now, or −1. */
  #verify (hop: HopInPacket, from: Link, nowMs: number): number {
    const { accounts, secrets } = this.#init
    if (!this.#failures.has(from.index, nowMs)) {
      this.counters.unchecked++
      return -1
    }
    const secret = secrets.of(readUint32(hop.buffer, hop.at + At.expiry))
    const first = accounts.byTag(hop.buffer, hop.at + At.pathTag)
    for (let account = first, tries = 0; account !== NO_ACCOUNT && tries < 2 && secret !== undefined; account = accounts.otherOf(account), tries++) {
      const rsp = accounts.rspOf(account) as PeerId
      if (isAuthenticatorAt(hop.buffer, hop.authenticatorAt, expected(hop, secret, this.#names.of(rsp)))) {
        this.counters.verified++
        return this.#verified.add(hop, { account, generation: accounts.generationOf(account), rsp }, this.#isVoid, nowMs)
      }
      this.#failures.take(from.index, nowMs)
    }
    this.counters.forged++
    return -1
  }
}

function expected ({ buffer, at, previousAt, nextAt }: HopInPacket, secret: Uint8Array, rsp: NodeId): Uint8Array {
  return hopAuthenticator(secret, {
    pathTag: buffer.subarray(at + At.pathTag, at + At.pathTag + PATH_TAG_BYTES),
    rsp,
    expiryS: readUint32(buffer, at + At.expiry),
    rateClass: buffer[at + At.rateClass],
    neighbours: [buffer.subarray(previousAt, previousAt + NODE_ID_BYTES), buffer.subarray(nextAt, nextAt + NODE_ID_BYTES)]
  })
}

/** Is the next node the source or the destination? */
function isEnd ({ buffer, at, nextAt }: HopInPacket): boolean {
  return nextAt === at + At.list || nextAt === at + entryAt(buffer[at + At.hopCount] - 1)
}
