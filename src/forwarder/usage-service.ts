// Answers RSPs that ask for their receipt: what the ledger has of the caller's paths, signed. A receipt of several pages is kept
// for as long as its pages may be asked for, so that they are all of one moment.
import { NotFoundError, OverQuotaError } from '../../protocols/errors.ts'
import { MAX_PAGE_AGE_MS, MAX_PAGES, MAX_ROWS } from '../../protocols/usage/constants.ts'
import { sealPage } from '../../protocols/usage/receipt.ts'
import { countedPrefix } from '../defence/address-prefix.ts'
import { SharedBucket } from '../defence/shared-bucket.ts'
import type { RspUsage, UsageLedger } from './usage-ledger.ts'
import type { ReceiptInit } from '../../protocols/usage/receipt.ts'
import type { PageRequest, UsageRequest } from '../../protocols/usage/codec.ts'
import type { Caller } from '../../protocols/request-response.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** Each is a signature. */
const PAGES_PER_SECOND = 50
const PAGE_BURST = 200
/** Of one RSP: a whole receipt at once, and one each ten seconds. */
const PAGES_PER_SECOND_OF_RSP = 8
const PAGE_BURST_OF_RSP = MAX_PAGES + 16
const MAX_RSPS = 1_024
/** To bring the ledger up to date takes a look at all paths. */
const SETTLE_INTERVAL_MS = 1_000
/** Receipts whose pages are being read; a further RSP takes the place of the one that began first. */
const MAX_KEPT = 32

export interface UsageServiceInit {
  privateKey: PrivateKey
  ledger: UsageLedger
  /** May something have been carried on paths of this RSP of which the ledger does not know yet? */
  hasAccount: (rsp: PeerId) => boolean
  /** Brings the ledger up to date with what counts by itself. */
  settle: () => void
  /** Unix time, ms. */
  now: () => number
  /** Monotonic, ms: for what counts by time that has passed. */
  clock: () => number
}

export class UsageService {
  readonly #init: UsageServiceInit
  readonly #pages: SharedBucket
  readonly #kept = new Map<string, ReceiptInit>()
  #sequence: bigint
  #settledAtMs = -Infinity

  constructor (init: UsageServiceInit) {
    this.#init = init
    // rises over a restart too
    this.#sequence = BigInt(init.now())
    this.#pages = new SharedBucket({
      ratePerSecond: PAGES_PER_SECOND, burst: PAGE_BURST, ownPerSecond: PAGES_PER_SECOND_OF_RSP, ownBurst: PAGE_BURST_OF_RSP, maxNames: MAX_RSPS, nowMs: init.clock()
    })
  }

  /** @throws NotFoundError, OverQuotaError */
  async handle ({ page }: UsageRequest, caller: Pick<Caller, 'peer'> & Partial<Pick<Caller, 'connection'>>): Promise<Uint8Array> {
    const receipt = page === undefined ? this.#issue(caller.peer, nameOf(caller)) : this.#keptFor(caller.peer, page)
    if (page !== undefined) {
      this.#charge(nameOf(caller))
    }
    return sealPage(receipt, page?.cursor ?? 0, this.#init.privateKey)
  }

  #charge (name: string): void {
    if (!this.#pages.take(name, 1, this.#init.clock())) {
      throw new OverQuotaError('too many receipts are asked for: try again in some seconds')
    }
  }

  /** Charged before paths are looked at and rows are copied, and only who may have used something: the pages that are kept for a receipt before stay where there is no other. */
  #issue (rsp: PeerId, name: string): ReceiptInit {
    const { ledger, hasAccount } = this.#init
    if (ledger.has(rsp) || hasAccount(rsp)) {
      this.#charge(name)
      this.#settle()
    }
    if (!ledger.has(rsp)) {
      throw new NotFoundError('nothing was carried on paths of yours since this forwarder began')
    }
    const usage = ledger.ofPaths(rsp) as Omit<RspUsage, 'sources'>
    const rows = usage.paths.slice(-MAX_PAGES * MAX_ROWS).map(({ key, ...row }) => ({ pathNumber: key, ...row }))
    const receipt = {
      rsp,
      sinceMs: usage.sinceMs,
      sequence: ++this.#sequence,
      issuedAtMs: Math.max(usage.sinceMs, this.#init.now()),
      packets: usage.packets,
      bytes: usage.bytes,
      rows
    }
    this.#keep(receipt)
    return receipt
  }

  #settle (): void {
    const nowMs = this.#init.clock()
    if (nowMs - this.#settledAtMs >= SETTLE_INTERVAL_MS) {
      this.#settledAtMs = nowMs
      this.#init.settle()
    }
  }

  #keep (receipt: ReceiptInit): void {
    const key = receipt.rsp.toString()
    this.#kept.delete(key)
    for (const [other, { issuedAtMs }] of this.#kept) {
      if (this.#kept.size >= MAX_KEPT || issuedAtMs < receipt.issuedAtMs - MAX_PAGE_AGE_MS) {
        this.#kept.delete(other)
      }
    }
    if (receipt.rows.length > MAX_ROWS) {
      this.#kept.set(key, receipt)
    }
  }

  #keptFor (rsp: PeerId, { sequence, cursor }: PageRequest): ReceiptInit {
    const receipt = this.#kept.get(rsp.toString())
    const isKept = receipt?.sequence === sequence && receipt.issuedAtMs >= this.#init.now() - MAX_PAGE_AGE_MS
    if (!isKept || cursor >= receipt.rows.length) {
      throw new NotFoundError('this receipt, or its page, is not kept any more: ask for a new one')
    }
    return receipt
  }
}

/** Ids cost nothing: RSPs of one address prefix share what one may ask for. */
function nameOf ({ peer, connection }: Pick<Caller, 'peer'> & Partial<Pick<Caller, 'connection'>>): string {
  return (connection && countedPrefix(connection.remoteAddr)) ?? peer.toString()
}
