// The measured world that a simulation plays: round trips between n places, read from a file.
// Only the wiring of the delayed transport, the drawing of rows and the oracle read it: what an RSP or a host
// knows of a link it must have measured. test/simulation/matrix-readers.spec.ts holds that.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** 2,048 rows are 32 MiB of numbers: four times the largest published matrix that the project uses. */
export const MAX_ROWS = 2048

/** An entry of 15 characters and a separator is more than any file spends; it bounds what a .gz may unfold to. */
const MAX_TEXT_BYTES = MAX_ROWS * MAX_ROWS * 16

const GZIP_MAGIC = [0x1f, 0x8b]

const unzip = promisify(gunzip)

/** Round-trip times between places 0…size-1. */
export interface LatencyMatrix {
  readonly size: number
  /** From `a` to `b` and back, in ms; need not be symmetric. Throws RangeError for a row that is not there. */
  rttMs: (a: number, b: number) => number
}

/** The file cannot be read or unpacked, or is larger than any valid matrix. */
export class MatrixUnreadableError extends Error {
  override readonly name = 'MatrixUnreadableError'
  readonly file: string

  constructor (file: string, cause: unknown) {
    super(`Cannot read the latency matrix ${file} (${cause instanceof Error ? cause.message : String(cause)}): give a text or gzip file of at most ${MAX_TEXT_BYTES} bytes of text`, { cause })
    this.file = file
  }
}

/** The file's rows do not make a square of 1 to MAX_ROWS rows. `line` is where that shows, from 1. */
export class MatrixShapeError extends Error {
  override readonly name = 'MatrixShapeError'
  readonly file: string
  readonly line: number

  constructor (file: string, line: number, problem: string) {
    super(`${file}, line ${line}: ${problem}; give n lines of n round trips in ms, n from 1 to ${MAX_ROWS}`)
    this.file = file
    this.line = line
  }
}

/** An entry is not a finite number ≥ 0. Line and column count from 1; a column is an entry, not a character. */
export class MatrixEntryError extends Error {
  override readonly name = 'MatrixEntryError'
  readonly file: string
  readonly line: number
  readonly column: number
  readonly found: string

  constructor (file: string, line: number, column: number, found: string) {
    const shown = found.slice(0, 40)
    super(`${file}, line ${line}, column ${column}: '${shown}' is no round trip; give a finite number of ms, 0 or more`)
    this.file = file
    this.line = line
    this.column = column
    this.found = shown
  }
}

/** Reads a matrix of whitespace-separated round trips in ms, one row per line; gzip is told by its first bytes. */
export async function loadMatrix (file: string): Promise<LatencyMatrix> {
  return parseMatrix(await readText(file), file)
}

/** The PlanetLab matrix that comes with the package, for a demo that needs no download. */
export function bundledMatrixFile (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) {
    folder = dirname(folder)
  }
  return join(folder, 'scripts', 'data', 'planetlab', 'PlanetLabData_1.gz')
}

async function readText (file: string): Promise<string> {
  try {
    const bytes = await readFile(file)
    const zipped = GZIP_MAGIC.every((byte, at) => bytes[at] === byte)
    const text = zipped ? await unzip(bytes, { maxOutputLength: MAX_TEXT_BYTES }) : bytes
    if (text.byteLength > MAX_TEXT_BYTES) {
      throw new RangeError(`${text.byteLength} bytes are too many`)
    }
    return text.toString('latin1')
  } catch (err) {
    throw new MatrixUnreadableError(file, err)
  }
}

function parseMatrix (text: string, file: string): LatencyMatrix {
  const lines = text.split(/\r\n|\n|\r/)
  const rows = lines.flatMap((line, at) => line.trim() === '' ? [] : [{ line: at + 1, entries: line.trim().split(/\s+/) }])
  const size = rows.length
  if (size === 0 || size > MAX_ROWS) {
    throw new MatrixShapeError(file, lines.length, `the file has ${size} rows`)
  }
  const rtts = new Float64Array(size * size)
  for (const [row, { line, entries }] of rows.entries()) {
    if (entries.length !== size) {
      throw new MatrixShapeError(file, line, `${entries.length} entries where the file has ${size} rows`)
    }
    for (const [column, entry] of entries.entries()) {
      const rttMs = Number(entry)
      if (!Number.isFinite(rttMs) || rttMs < 0) {
        throw new MatrixEntryError(file, line, column + 1, entry)
      }
      rtts[row * size + column] = rttMs
    }
  }
  return new DenseMatrix(size, rtts)
}

class DenseMatrix implements LatencyMatrix {
  readonly size: number
  readonly #rtts: Float64Array

  constructor (size: number, rtts: Float64Array) {
    this.size = size
    this.#rtts = rtts
  }

  rttMs (a: number, b: number): number {
    for (const row of [a, b]) {
      if (!Number.isInteger(row) || row < 0 || row >= this.size) {
        throw new RangeError(`There is no row ${row}: the matrix has rows 0 to ${this.size - 1}`)
      }
    }
    return this.#rtts[a * this.size + b]
  }
}
