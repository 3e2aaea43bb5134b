// Plays time slices of a latency matrix to an engine that knows of each slice only what it measures: all its looks go
// through one meter, which counts them and throws when the budget is spent. Afterwards the same slice, whole, judges
// the paths that the engine chose (replay-score.ts).
import { loadMatrix } from './latency-matrix.ts'
import { seededUint32 } from './draw.ts'

/** The engine asked for more links than the budget of the slice allows. */
export class BudgetExceededError extends Error {
  override readonly name = 'BudgetExceededError'
  readonly budgetLinks: number

  constructor (budgetLinks: number) {
    super(`The measurement budget of ${budgetLinks} links in this slice is spent: nothing more can be measured before the next slice`)
    this.budgetLinks = budgetLinks
  }
}

/** Slices of one replay must be of the same nodes. */
export class SliceSizeError extends Error {
  override readonly name = 'SliceSizeError'
  readonly file: string

  constructor (file: string, rows: number, expected: number) {
    super(`${file} has ${rows} rows where the first slice has ${expected}: give slices of the same nodes`)
    this.file = file
  }
}

/** One slice in the numbering of the engine: a dense matrix of round trips, row by row. */
export interface ReplaySlice {
  readonly size: number
  readonly rttMs: Float64Array
}

/**
 * Another numbering of the rows for each seed, so that an engine cannot know a node from elsewhere: row[i] is the row of node i. With a
 * `count`, only so many of them take part, others for each seed.
 */
export function shuffledRows (size: number, seed: number, count = size): number[] {
  const nextUint32 = seededUint32(seed)
  const rows = Array.from({ length: size }, (_, row) => row)
  for (let last = size - 1; last > 0; last--) {
    const chosen = Math.floor(nextUint32() / 2 ** 32 * (last + 1));
    [rows[last], rows[chosen]] = [rows[chosen], rows[last]]
  }
  return rows.slice(0, count)
}

/** How many nodes the slices of a replay have, by its first file. Throws what loadMatrix throws. */
export async function countRows (file: string): Promise<number> {
  return (await loadMatrix(file)).size
}

/** Reads a slice, which must have `size` rows, and numbers those of `rows` anew. Throws SliceSizeError, and what loadMatrix throws. */
export async function loadSlice (file: string, size: number, rows: readonly number[], msPerUnit = 1): Promise<ReplaySlice> {
  const matrix = await loadMatrix(file)
  if (matrix.size !== size) {
    throw new SliceSizeError(file, matrix.size, size)
  }
  const rttMs = new Float64Array(rows.length * rows.length)
  for (const [a, rowOfA] of rows.entries()) {
    for (const [b, rowOfB] of rows.entries()) {
      rttMs[a * rows.length + b] = msPerUnit * matrix.rttMs(rowOfA, rowOfB)
    }
  }
  return { size: rows.length, rttMs }
}

export interface MeteredLink {
  a: number
  b: number
  rttMs: number
}

/** The only window on a slice that an engine gets. */
export class LinkMeter {
  readonly #slice: ReplaySlice
  readonly #budgetLinks: number
  readonly #measured = new Map<number, MeteredLink>()

  constructor (slice: ReplaySlice, budgetLinks: number) {
    this.#slice = slice
    this.#budgetLinks = budgetLinks
  }

  /** Every link looked at, once. */
  get measured (): readonly MeteredLink[] {
    return [...this.#measured.values()]
  }

  hasMeasured (a: number, b: number): boolean {
    return this.#measured.has(Math.min(a, b) * this.#slice.size + Math.max(a, b))
  }

  /**
   * The round trip of a link, the mean of both directions. A second look at a link is free: it shows the same. Throws BudgetExceededError, and
   * RangeError for what is no link.
   */
  measure (a: number, b: number): MeteredLink {
    const { size, rttMs } = this.#slice
    if (a === b || !isRow(a, size) || !isRow(b, size)) {
      throw new RangeError(`There is no link from ${a} to ${b}: nodes are 0 to ${size - 1}`)
    }
    const name = Math.min(a, b) * size + Math.max(a, b)
    const known = this.#measured.get(name)
    if (known !== undefined) {
      return known
    }
    if (this.#measured.size >= this.#budgetLinks) {
      throw new BudgetExceededError(this.#budgetLinks)
    }
    const link = { a, b, rttMs: (rttMs[a * size + b] + rttMs[b * size + a]) / 2 }
    this.#measured.set(name, link)
    return link
  }
}

function isRow (row: number, size: number): boolean {
  return Number.isInteger(row) && row >= 0 && row < size
}
