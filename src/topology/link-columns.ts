// The values of links, one typed array for each metric. Two layouts: the table's, in which links keep the slot that they
// were put into, and the snapshots', in the order of rows. Metrics that no link ever had take no memory.
//
// A snapshot shares every array with the one before it that did not change between the two; one that did change is copied as
// a block and then mended where it did. Only a new order of rows has all of them laid out again.
import type { LinkMetrics } from './link-metrics.ts'

/** What stands in an optional column where the value is not known. */
export const UNKNOWN = -1

/** By column: the array that holds it. The first four are always there. */
const KINDS = {
  delayUs: Int32Array,
  lossPpm: Int32Array,
  jitterUs: Int32Array,
  updatedAtMs: Float64Array,
  bytesPerSecond: Int32Array,
  loadPpm: Int32Array,
  price: Int32Array,
  delayVariance: Float32Array,
  lossVariance: Float32Array
} as const

export type ColumnName = keyof typeof KINDS
type Values = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>

/** The columns of a snapshot: the required ones, and those optional ones that hold something. */
export interface MetricColumns {
  delayUs: Int32Array
  lossPpm: Int32Array
  jitterUs: Int32Array
  updatedAtMs: Float64Array
  bytesPerSecond?: Int32Array
  loadPpm?: Int32Array
  price?: Int32Array
  delayVariance?: Float32Array
  lossVariance?: Float32Array
}

const NAMES = Object.keys(KINDS) as ColumnName[]
const [DELAY, LOSS, JITTER, UPDATED, RATE, LOAD, PRICE, DELAY_VARIANCE, LOSS_VARIANCE] = NAMES.keys()
const REQUIRED: readonly ColumnName[] = ['delayUs', 'lossPpm', 'jitterUs', 'updatedAtMs']

/** From this share of the links on, laying a column out anew costs no more than mending it. */
const MENDED_SHARE = 0.25

class Column {
  readonly name: ColumnName
  readonly isWhole: boolean
  /** By slot. */
  values: Values
  /** In the order of rows, as the last snapshot has it; never written once given out. */
  shared: Values | undefined
  isChanged = false

  constructor (name: ColumnName, capacity: number) {
    this.name = name
    this.values = new KINDS[name](capacity)
    this.isWhole = this.values instanceof Int32Array
    if (!REQUIRED.includes(name)) {
      this.values.fill(UNKNOWN)
    }
  }

  /** Compares what is stored, since a value may be rounded on the way. */
  set (slot: number, value: number): void {
    const before = this.values[slot]
    this.values[slot] = this.isWhole ? Math.round(value) : value
    this.isChanged ||= this.values[slot] !== before
  }

  grow (capacity: number): void {
    const values = new KINDS[this.name](capacity)
    if (!REQUIRED.includes(this.name)) {
      values.fill(UNKNOWN, this.values.length)
    }
    values.set(this.values)
    this.values = values
  }
}

export class LinkColumns {
  /** In the order of NAMES; undefined where no link ever had such a value. */
  readonly #columns: Array<Column | undefined>
  #capacity: number
  /** Slots whose values changed since the last snapshot; given up, and cleared, when they become too many. */
  #changed: number[] = []
  #isMendable = true

  constructor (capacity: number) {
    this.#capacity = capacity
    this.#columns = NAMES.map((name) => REQUIRED.includes(name) ? new Column(name, capacity) : undefined)
  }

  get capacity (): number {
    return this.#capacity
  }

  set (slot: number, metrics: LinkMetrics): void {
    // one by one, since reading them by name in a loop takes twice the time
    this.#put(DELAY, slot, metrics.delayUs)
    this.#put(LOSS, slot, metrics.lossPpm)
    this.#put(JITTER, slot, metrics.jitterUs)
    this.#put(UPDATED, slot, metrics.updatedAtMs)
    this.#put(RATE, slot, metrics.bytesPerSecond)
    this.#put(LOAD, slot, metrics.loadPpm)
    this.#put(PRICE, slot, metrics.price)
    this.#put(DELAY_VARIANCE, slot, metrics.delayVariance)
    this.#put(LOSS_VARIANCE, slot, metrics.lossVariance)
    if (this.#isMendable) {
      this.#changed.push(slot)
      this.#isMendable = this.#changed.length < this.#capacity * MENDED_SHARE
    }
  }

  get (slot: number): LinkMetrics {
    const metrics: Partial<LinkMetrics> = {}
    for (const { name, values } of this.#present) {
      if (REQUIRED.includes(name) || values[slot] !== UNKNOWN) {
        metrics[name] = values[slot]
      }
    }
    return metrics as LinkMetrics
  }

  updatedAtMs (slot: number): number {
    return this.#columns[UPDATED]?.values[slot] ?? 0
  }

  /** The rows have to be laid out again after this. */
  move (from: number, to: number): void {
    for (const { values } of this.#present) {
      values[to] = values[from]
    }
  }

  grow (capacity: number): void {
    this.#capacity = capacity
    for (const column of this.#present) {
      column.grow(capacity)
    }
  }

  /** The order of rows is another one: no array of an earlier snapshot fits any more. */
  forgetShared (): void {
    for (const column of this.#present) {
      column.shared = undefined
    }
  }

  /** For the rows' order: slots has the slot by position, positions the position by slot. */
  snapshot (slots: Uint32Array, positions: Uint32Array): MetricColumns {
    const columns: Partial<Record<ColumnName, Values>> = {}
    for (const column of this.#present) {
      columns[column.name] = this.#share(column, slots, positions)
    }
    this.#changed = []
    this.#isMendable = true
    return columns as MetricColumns
  }

  #share (column: Column, slots: Uint32Array, positions: Uint32Array): Values {
    const { shared, values } = column
    if (shared === undefined || (column.isChanged && !this.#isMendable)) {
      column.shared = new KINDS[column.name](slots.length)
      for (let position = 0; position < slots.length; position++) {
        column.shared[position] = values[slots[position]]
      }
    } else if (column.isChanged) {
      column.shared = shared.slice()
      for (const slot of this.#changed) {
        column.shared[positions[slot]] = values[slot]
      }
    }
    column.isChanged = false
    return column.shared as Values
  }

  get #present (): Column[] {
    return this.#columns.filter((column) => column !== undefined)
  }

  #put (at: number, slot: number, value: number | undefined): void {
    const column = this.#columns[at]
    if (column !== undefined) {
      column.set(slot, value ?? UNKNOWN)
    } else if (value !== undefined) {
      const added = this.#columns[at] = new Column(NAMES[at], this.#capacity)
      added.set(slot, value)
    }
  }
}
