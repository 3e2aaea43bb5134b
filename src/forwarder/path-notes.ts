// What the forwarder remembers of each path through it beside what packets need: whom it counts to, and how much of what it has
// carried was counted already. One row of numbers for each entry of the table.
import type { QuotaPlace } from './quotas.ts'

export interface PathNote extends QuotaPlace {
  pathNumber: number
  /** The hop before is the source. */
  begins: boolean
  /** The next hop is the destination. */
  ends: boolean
}

const FIELDS = 9
const Field = { account: 0, source: 1, bringer: 2, pathNumber: 3, flags: 4, packets: 5, bytes: 7 } as const
const BEGINS = 1
const ENDS = 2
const FIRST_ENTRIES = 64
const WRAP = 2 ** 32

export class PathNotes {
  #rows = new Float64Array(0)

  get heldBytes (): number {
    return this.#rows.byteLength
  }

  set (entry: number, note: PathNote): void {
    this.#grow(entry)
    const at = entry * FIELDS
    this.#rows.fill(0, at, at + FIELDS)
    this.#rows[at + Field.account] = note.account
    this.#rows[at + Field.source] = note.source
    this.#rows[at + Field.bringer] = note.bringer
    this.#rows[at + Field.pathNumber] = note.pathNumber
    this.#rows[at + Field.flags] = (note.begins ? BEGINS : 0) | (note.ends ? ENDS : 0)
  }

  get (entry: number): PathNote {
    const row = this.#rows.subarray(entry * FIELDS)
    return {
      account: row[Field.account],
      source: row[Field.source],
      bringer: row[Field.bringer],
      pathNumber: row[Field.pathNumber],
      begins: (row[Field.flags] & BEGINS) !== 0,
      ends: (row[Field.flags] & ENDS) !== 0
    }
  }

  /** What has come in this direction (0 forward, 1 back) since the last call. Packets are counted modulo 2^32. */
  since (entry: number, direction: 0 | 1, packets: number, bytes: number): { packets: number, bytes: number } {
    const at = entry * FIELDS + direction
    const news = { packets: (packets - this.#rows[at + Field.packets] + WRAP) % WRAP, bytes: bytes - this.#rows[at + Field.bytes] }
    this.#rows[at + Field.packets] = packets
    this.#rows[at + Field.bytes] = bytes
    return news
  }

  #grow (entry: number): void {
    if ((entry + 1) * FIELDS > this.#rows.length) {
      const rows = new Float64Array(Math.max(FIRST_ENTRIES, 2 * (entry + 1)) * FIELDS)
      rows.set(this.#rows)
      this.#rows = rows
    }
  }
}
