// What a forwarder has carried since its start, for whom: by RSP, path and link for the receipts that RSPs get, and by RSP, source
// and link for the operator. Rows are bounded, bytes are never lost: rows of what is over, and when there are
// too many the oldest of the RSP with the most, are folded into what the RSP's other paths (or sources) used of their links.
import { toString } from 'uint8arrays/to-string'
import { UsageRows } from './usage-rows.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { OwnRows, UsageRow } from './usage-rows.ts'
import type { PeerId } from '@libp2p/interface'

/** More packets of one path in one direction. */
export interface Usage {
  rsp: PeerId
  source: NodeId
  pathNumber: number
  /** The forwarder at the other end of the link; undefined where the path ends there. */
  next: PeerId | undefined
  packets: number
  bytes: number
}

export interface UsageTotal {
  packets: number
  bytes: number
}

/** Of one RSP. What was folded with no row to go to is in the totals only. */
export interface RspUsage extends UsageTotal {
  /** Counted from then on, Unix time in ms: the start, or when an RSP that had been forgotten came back. */
  sinceMs: number
  /** `key` is the path number; undefined: of paths that have no row of their own any more. */
  paths: Array<UsageRow<number>>
  /** `key` is the source's node id in hex; undefined: of sources that have no row of their own any more. */
  sources: Array<UsageRow<string>>
}

export interface UsageLedgerInit {
  /** Unix time, ms. */
  now?: () => number
  /** Rows of paths, and as many of sources; and as many again of what was folded. */
  maxRows?: number
  /** Those with an account, and as many that had one. */
  maxRsps?: number
}

const DEFAULT_MAX_ROWS = 16_384
const DEFAULT_MAX_RSPS = 2_048

interface Owner extends UsageTotal {
  rsp: PeerId
  sinceMs: number
  paths: OwnRows<number>
  sources: OwnRows<string>
}

export class UsageLedger {
  readonly #now: () => number
  readonly #startMs: number
  readonly #maxRsps: number
  readonly #paths: UsageRows<number>
  readonly #sources: UsageRows<string>
  /** The one that was used last is the last. */
  readonly #owners = new Map<string, Owner>()
  readonly #total: UsageTotal = { packets: 0, bytes: 0 }
  #hasForgotten = false
  /** The clock may be set back. */
  #latestMs = 0

  constructor ({ now = Date.now, maxRows = DEFAULT_MAX_ROWS, maxRsps = DEFAULT_MAX_RSPS }: UsageLedgerInit = {}) {
    this.#now = now
    this.#startMs = now()
    this.#maxRsps = maxRsps
    this.#paths = new UsageRows(maxRows)
    this.#sources = new UsageRows(maxRows)
  }

  /** Of all RSPs, those that are not named any more too. */
  get total (): Readonly<UsageTotal> {
    return this.#total
  }

  /** Rows that are kept, for metrics and tests of the bound. */
  get rows (): number {
    return this.#paths.size + this.#sources.size
  }

  add ({ rsp, source, pathNumber, next, packets, bytes }: Usage): void {
    const owner = this.#ownerOf(rsp)
    this.#latestMs = Math.max(this.#latestMs, this.#now())
    this.#paths.add(owner.paths, pathNumber, next, packets, bytes, this.#latestMs)
    this.#sources.add(owner.sources, toString(source, 'base16'), next, packets, bytes, this.#latestMs)
    for (const total of [owner, this.#total]) {
      total.packets += packets
      total.bytes += bytes
    }
  }

  /** Was something carried on paths of this RSP, not so long ago that it was forgotten? Copies nothing. */
  has (rsp: PeerId): boolean {
    return this.#owners.has(rsp.toString())
  }

  /** A copy; undefined for an RSP of which `has` says no. */
  of (rsp: PeerId): RspUsage | undefined {
    const usage = this.ofPaths(rsp)
    return usage && { ...usage, sources: this.#owners.get(rsp.toString())?.sources.list() ?? [] }
  }

  /** As `of`, without what its sources used. */
  ofPaths (rsp: PeerId): Omit<RspUsage, 'sources'> | undefined {
    const owner = this.#owners.get(rsp.toString())
    return owner && { sinceMs: owner.sinceMs, packets: owner.packets, bytes: owner.bytes, paths: owner.paths.list() }
  }

  /** Totals of each RSP, the one that was used last at the end. */
  * totals (): Generator<UsageTotal & { rsp: PeerId }> {
    for (const { rsp, packets, bytes } of this.#owners.values()) {
      yield { rsp, packets, bytes }
    }
  }

  #ownerOf (rsp: PeerId): Owner {
    const key = rsp.toString()
    const owner = this.#owners.get(key) ?? this.#newOwner(rsp)
    this.#owners.delete(key)
    this.#owners.set(key, owner)
    return owner
  }

  #newOwner (rsp: PeerId): Owner {
    if (this.#owners.size >= this.#maxRsps) {
      const [[key, { paths, sources }]] = this.#owners
      this.#paths.close(paths)
      this.#sources.close(sources)
      this.#owners.delete(key)
      this.#hasForgotten = true
    }
    const sinceMs = this.#hasForgotten ? this.#now() : this.#startMs
    return { rsp, sinceMs, packets: 0, bytes: 0, paths: this.#paths.open(), sources: this.#sources.open() }
  }
}
