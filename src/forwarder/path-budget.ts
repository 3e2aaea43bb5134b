// What a path may use of this forwarder: the operator's policy, the quotas of its RSP, its source and its caller's prefix, the rate
// that its RSP signed, and the caps of the RSP on the links that it takes.
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { ExpiredError, OverQuotaError } from '../../protocols/errors.ts'
import { PathNotes } from './path-notes.ts'
import type { Accounts } from './accounts.ts'
import type { ForwardingTable } from './forwarding-table.ts'
import type { GateCaller } from '../defence/set-up-limits.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Neighbour } from './link-rules.ts'
import type { OpenedInstall } from '../../protocols/setup/install.ts'
import type { PathState } from './path-state.ts'
import type { Policy } from './policy.ts'
import type { QuotaPlace, Quotas } from './quotas.ts'
import type { UsageLedger } from './usage-ledger.ts'
import type { PeerId } from '@libp2p/interface'

export interface PathBudgetInit {
  policy: Policy
  accounts: Accounts
  quotas: Quotas
  table: ForwardingTable
  links: LinkSet
  ledger: UsageLedger
  /** What is known of a neighbour: rules may be about its operator and tags. */
  neighbour: (peer: PeerId) => Neighbour
  /** Unix time, ms. */
  nowUnixMs: () => number
}

export interface Reservation {
  opened: OpenedInstall
  /** Unset while it is not known: hop by hop, until it binds. */
  previous?: Link
  next: Link
  caller: GateCaller
  leaseMs: number
  /** Monotonic, ms. */
  nowMs: number
}

const UNKNOWN = -1

export class PathBudget {
  readonly #init: PathBudgetInit
  readonly #notes = new PathNotes()
  /** Account and path number → entries. */
  readonly #perPath = new Map<number, number>()

  constructor (init: PathBudgetInit) {
    this.#init = init
  }

  /**
   * @param links - to the neighbours on the path, as far as they stand. One that is not known and has no link yet is asked about again when it has
   * @throws NotAuthorizedError where policy does not take the path, or not over these links
   */
  check ({ path, index, previous, next, isExit }: OpenedInstall, links: Partial<Pick<Reservation, 'previous' | 'next'>> = {}): void {
    const { policy, neighbour } = this.#init
    policy.checkRsp(path.rsp)
    const checkLink = (peer: PeerId, link: Link | undefined): void => {
      const known = neighbour(peer)
      if (link !== undefined || known.isUnknown !== true) {
        policy.checkLink(known)
      }
    }
    // rules are about links between forwarders, not about hosts
    if (index > 0) {
      checkLink(previous, links.previous)
    }
    if (!isExit && next !== undefined) {
      checkLink(next, links.next)
    }
  }

  /**
   * An entry in the table, counted to those who want it.
   *
   * @throws NotAuthorizedError, OverQuotaError
   */
  reserve (reservation: Reservation): { forward: Label, back: Label } {
    const { opened, caller, nowMs } = reservation
    this.check(opened, reservation)
    if (opened.path.expiresAtMs <= this.#init.nowUnixMs()) {
      throw new ExpiredError('the path has expired: ask the RSP for another offer')
    }
    const { accounts, quotas } = this.#init
    const { path, order } = opened
    const account = accounts.of(path.rsp, nowMs, caller)
    const ofPath = pathKey(account, path.pathNumber)
    if ((this.#perPath.get(ofPath) ?? 0) >= quotas.limits.maxPerPath) {
      throw new OverQuotaError(`this path is installed ${quotas.limits.maxPerPath} times already: remove one, or ask the RSP for another path`)
    }
    const place = quotas.take({ account, source: order.source, prefix: caller.prefix, forwarder: caller.isForwarder ? caller.peer : undefined })
    const labels = this.#enter(reservation, place)
    this.#perPath.set(ofPath, (this.#perPath.get(ofPath) ?? 0) + 1)
    this.#notes.set(labels.forward.slot >>> 1, { ...place, pathNumber: path.pathNumber, begins: opened.index === 0, ends: opened.isExit })
    return labels
  }

  /** Gives the place back when it throws. */
  #enter ({ opened: { path, order }, previous, next, leaseMs, nowMs }: Reservation, place: QuotaPlace): { forward: Label, back: Label } {
    const { accounts: { caps }, quotas, table } = this.#init
    const held: number[] = []
    try {
      for (const link of [next, previous]) {
        held.push(link === undefined ? UNKNOWN : caps.hold(place.account, link.index, nowMs))
      }
      const labels = table.reserve({
        previous: previous?.index ?? UNKNOWN,
        next: next.index,
        account: place.account,
        source: place.source,
        bytesPerSecond: Number(path.maxBytesPerSecond),
        caps: [held[0], held[1]],
        anchor: order.anchor,
        endsAtMs: nowMs + path.expiresAtMs - this.#init.nowUnixMs(),
        leaseMs
      }, nowMs)
      if (labels === undefined) {
        throw new OverQuotaError('the table of this forwarder is full: use another one, or try again later')
      }
      return labels
    } catch (error) {
      this.#letGo(held)
      quotas.give(place)
      throw error
    }
  }

  #letGo (caps: readonly number[]): void {
    for (const cap of caps) {
      this.#init.accounts.caps.letGo(cap)
    }
  }

  /**
   * The hop before has bound with an entry that waited for it: what goes back over that link counts to the RSP's share of it.
   *
   * @returns false when there is no such entry
   * @throws NotAuthorizedError, OverQuotaError
   */
  bindPrevious (forward: Label, previous: Link, out: Label, nowMs: number): boolean {
    this.#init.policy.checkLink(this.#init.neighbour(previous.peer))
    const { account } = this.#notes.get(forward.slot >>> 1)
    const cap = this.#init.accounts.caps.hold(account, previous.index, nowMs)
    const isBound = this.#init.table.bindPrevious(forward, previous.index, out, cap)
    if (!isBound) {
      this.#letGo([cap])
    }
    return isBound
  }

  get heldBytes (): number {
    return this.#notes.heldBytes
  }

  /** What the entry has carried since it was last asked goes to the ledger. By its forward label. */
  count ({ slot }: Label): void {
    const { slots } = this.#init.table
    this.#charge(slot >>> 1, {
      previous: slots.fromLink(slot),
      next: slots.fromLink(slot + 1),
      packets: [slots.packets(slot), slots.packets(slot + 1)],
      bytes: [slots.bytes(slot), slots.bytes(slot + 1)]
    })
  }

  /** Brings the ledger up to date with all entries. Takes a look at each. */
  settle (): void {
    this.#init.table.forEach((path) => { this.#charge(path.forward.slot >>> 1, path) })
  }

  /** An entry is gone. */
  release (path: PathState): void {
    const entry = path.forward.slot >>> 1
    this.#charge(entry, path)
    const note = this.#notes.get(entry)
    this.#init.quotas.give(note)
    this.#letGo(path.caps)
    const ofPath = pathKey(note.account, note.pathNumber)
    const left = (this.#perPath.get(ofPath) ?? 1) - 1
    if (left > 0) {
      this.#perPath.set(ofPath, left)
    } else {
      this.#perPath.delete(ofPath)
    }
  }

  #charge (entry: number, { previous, next, packets, bytes }: Pick<PathState, 'previous' | 'next' | 'packets' | 'bytes'>): void {
    const { accounts, quotas, ledger, links } = this.#init
    const note = this.#notes.get(entry)
    const rsp = accounts.rspOf(note.account)
    const source = quotas.peerOf(note.source)
    const directions = [
      { direction: 0, link: note.ends ? UNKNOWN : next },
      { direction: 1, link: note.begins ? UNKNOWN : previous }
    ] as const
    for (const { direction, link } of directions) {
      const news = this.#notes.since(entry, direction, packets[direction], bytes[direction])
      if (news.packets > 0 && rsp !== undefined && source !== undefined) {
        ledger.add({ rsp, source: nodeIdOf(source), pathNumber: note.pathNumber, next: link === UNKNOWN ? undefined : links.peerAt(link), ...news })
      }
    }
  }
}

/** Exact: an account is far below 2^20. */
function pathKey (account: number, pathNumber: number): number {
  return account * 2 ** 32 + pathNumber
}
