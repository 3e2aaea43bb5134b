// Rows of usage of many owners within one bound. Rows of what is over are folded into what else their owner used of their links. The hungriest
// owner pays when the bound is reached: its oldest rows are folded too, so nobody's rows go because another has many.
import type { PeerId } from '@libp2p/interface'

export interface UsageRow<K> {
  /** Undefined: folded rows. */
  key: K | undefined
  next: PeerId | undefined
  packets: number
  bytes: number
}

/** To find the hungriest owner takes a look at all: so an eighth of its rows goes at once, at most so many. */
const MAX_FOLDED_AT_ONCE = 64

/** What nothing was added to for so long is over: no offer lives longer. */
const OVER_MS = 600_000
const FOLD_INTERVAL_MS = 60_000

interface KeptRow<K> extends UsageRow<K> {
  usedMs: number
}

/** Of one owner. */
export class OwnRows<K> {
  /** By key and link, the one that was added to last at the end. */
  readonly rows = new Map<string, KeptRow<K>>()
  /** By link. */
  readonly folded = new Map<string, UsageRow<K>>()

  /** Copies, the oldest first. */
  list (): Array<UsageRow<K>> {
    return [...this.rows.values(), ...this.folded.values()].map(({ key, next, packets, bytes }) => ({ key, next, packets, bytes }))
  }
}

export class UsageRows<K extends string | number> {
  readonly #maxRows: number
  readonly #owners = new Set<OwnRows<K>>()
  #rows = 0
  #folded = 0
  #foldedMs = Number.NEGATIVE_INFINITY

  /** So many rows, and so many for what is folded. */
  constructor (maxRows: number) {
    this.#maxRows = maxRows
  }

  get size (): number {
    return this.#rows + this.#folded
  }

  open (): OwnRows<K> {
    const own = new OwnRows<K>()
    this.#owners.add(own)
    return own
  }

  close (own: OwnRows<K>): void {
    this.#owners.delete(own)
    this.#rows -= own.rows.size
    this.#folded -= own.folded.size
  }

  /** @param nowMs - never less than at the last call */
  add (own: OwnRows<K>, key: K, next: PeerId | undefined, packets: number, bytes: number, nowMs: number): void {
    const name = `${key} ${nameOf(next)}`
    let row = own.rows.get(name)
    if (row === undefined) {
      if (this.#rows >= this.#maxRows) {
        this.#makeRoom()
      }
      row = { key, next, packets: 0, bytes: 0, usedMs: nowMs }
      this.#rows++
    }
    own.rows.delete(name)
    own.rows.set(name, row)
    row.packets += packets
    row.bytes += bytes
    row.usedMs = nowMs
    this.#foldAllOver(nowMs)
  }

  /** Of those that have gone, too. */
  #foldAllOver (nowMs: number): void {
    if (nowMs - this.#foldedMs >= FOLD_INTERVAL_MS) {
      this.#foldedMs = nowMs
      for (const own of this.#owners) {
        this.#foldOver(own, nowMs)
      }
    }
  }

  #foldOver (own: OwnRows<K>, nowMs: number): void {
    for (const [name, row] of own.rows) {
      if (nowMs - row.usedMs < OVER_MS) {
        return
      }
      own.rows.delete(name)
      this.#rows--
      this.#fold(own, row)
    }
  }

  #makeRoom (): void {
    const [first, ...others] = this.#owners
    const hungriest = others.reduce((most, own) => own.rows.size > most.rows.size ? own : most, first)
    let left = Math.min(MAX_FOLDED_AT_ONCE, Math.ceil(hungriest.rows.size / 8))
    for (const [name, row] of hungriest.rows) {
      if (left-- === 0) {
        break
      }
      hungriest.rows.delete(name)
      this.#rows--
      this.#fold(hungriest, row)
    }
  }

  /** With no room even for that, the owner's total still has it. */
  #fold (own: OwnRows<K>, { next, packets, bytes }: UsageRow<K>): void {
    const name = nameOf(next)
    let row = own.folded.get(name)
    if (row === undefined) {
      if (this.#folded >= this.#maxRows) {
        return
      }
      row = { key: undefined, next, packets: 0, bytes: 0 }
      own.folded.set(name, row)
      this.#folded++
    }
    row.packets += packets
    row.bytes += bytes
  }
}

function nameOf (next: PeerId | undefined): string {
  return next?.toString() ?? ''
}
