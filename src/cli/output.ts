// How commands speak: results on stdout, progress and complaints on stderr, ids short but for where they are to be copied.
import { BywayError } from '../../protocols/errors.ts'

/** What a command has of the world. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>
  /** One line on stdout. */
  out: (line: string) => void
  /** One line on stderr. */
  err: (line: string) => void
  /** Aborted when the user wants an end. */
  signal: AbortSignal
  /** The process is there for this command alone, and may be set up for it. */
  ownsProcess?: boolean
  /** Tells the shell how it went; the last call counts. */
  exit: (code: number) => void
}

/** The end of a peer id is what tells it from others. */
export function short (id: string): string {
  return id.slice(-6)
}

export function pathText (path: readonly string[]): string {
  return path.map(short).join(' → ')
}

export function msText (ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '–' : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`
}

export function percentText (share: number): string {
  return `${(100 * share).toFixed(share === 0 || share >= 0.1 ? 0 : 1)} %`
}

const BITS_PER_BYTE = 8
const BIT_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s']

/** In bits per second, as links are sold. */
export function rateText (bytesPerSecond: number | null | undefined): string {
  if (bytesPerSecond === null || bytesPerSecond === undefined) {
    return '–'
  }
  const bits = bytesPerSecond * BITS_PER_BYTE
  const unit = Math.min(BIT_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bits, 1)) / 3)))
  const value = bits / 1_000 ** unit
  return `${value.toFixed(unit > 0 && value < 100 ? 1 : 0)} ${BIT_UNITS[unit]}`
}

/** Millionths of an operator's unit. */
export function priceText (micro: number | null | undefined): string {
  return micro === null || micro === undefined ? '–' : String(micro / 1e6)
}

/** To a hundredth: more digits than that are noise. */
export function rounded (value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(100 * value) / 100
}

/** Columns as wide as their widest cell, two blanks apart. */
export function table (rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = rows.reduce<number[]>((sofar, row) => row.map((cell, i) => Math.max(sofar[i] ?? 0, cell.length)), [])
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd())
}

/** Texts of other nodes must not steer a terminal. */
export function printable (line: string): string {
  return line.replace(/[\p{C}\u2028\u2029]/gu, ' ')
}

/** Short ids and what they stand for. */
export function legend (ids: readonly string[]): string[] {
  return [...new Set(ids)].map((id) => `  ${short(id)}  ${id}`)
}

/** What to tell of an error: its message; where it came from only to those who have set DEBUG. */
export function complaint (error: unknown, env: Terminal['env']): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  const isOurs = error instanceof BywayError
  const text = isOurs ? message : `${message} (set DEBUG=byway:* to see where this comes from)`
  return (env.DEBUG ?? '') === '' ? text : `${message}\n${stack ?? ''}`
}
