// The units that quantities are written in, and how they are read and printed without losing a digit.
import type { BaseUnit, Quantity } from './ast.ts'

export interface Unit {
  name: string
  base: BaseUnit
  /** Base units in one of it. */
  factor: number
}

/** Of each base, the largest first: quantities are printed in the first that suits. */
export const UNITS: readonly Unit[] = [
  { name: 'min', base: 'us', factor: 60_000_000 },
  { name: 's', base: 'us', factor: 1_000_000 },
  { name: 'ms', base: 'us', factor: 1_000 },
  { name: 'us', base: 'us', factor: 1 },
  { name: '%', base: 'ppm', factor: 10_000 },
  { name: 'ppm', base: 'ppm', factor: 1 },
  { name: 'Gbps', base: 'B/s', factor: 125_000_000 },
  { name: 'Mbps', base: 'B/s', factor: 125_000 },
  { name: 'kbps', base: 'B/s', factor: 125 },
  { name: 'bps', base: 'B/s', factor: 0.125 },
  { name: 'GB/s', base: 'B/s', factor: 1e9 },
  { name: 'MB/s', base: 'B/s', factor: 1e6 },
  { name: 'kB/s', base: 'B/s', factor: 1e3 },
  { name: 'B/s', base: 'B/s', factor: 1 }
]

const SPELLINGS: ReadonlyArray<readonly [spelling: string, name: string]> = [['µs', 'us'], ['μs', 'us']]

/** In any case: no two units differ by case alone. */
const BY_SPELLING = new Map<string, Unit>([
  ...UNITS.map((unit) => [unit.name.toLowerCase(), unit] as const),
  ...SPELLINGS.map(([spelling, name]) => [spelling, UNITS.find((unit) => unit.name === name) as Unit] as const)
])

const PRINTED: Readonly<Record<BaseUnit, readonly Unit[]>> = {
  us: UNITS.filter(({ base, name }) => base === 'us' && name !== 'min'),
  ppm: UNITS.filter(({ base }) => base === 'ppm'),
  'B/s': UNITS.filter(({ base, name }) => base === 'B/s' && (name.endsWith('bps') || name === 'B/s')),
  '': []
}

/** `MBps` and `Mb/s`: who writes so may mean either, eight times more or less. */
const AMBIGUOUS = /Bps$|b\/s$/

/** Undefined where there is no such unit. */
export function unitNamed (spelling: string): Unit | undefined {
  return AMBIGUOUS.test(spelling) ? undefined : BY_SPELLING.get(spelling.toLowerCase())
}

/** A number of the unit in base units; rounded to 15 digits, so that 0.1 × 10,000 is what it says. */
export function inBaseUnits (number: number, { factor }: Unit): number {
  return factor === 1 ? number : Number((number * factor).toPrecision(15))
}

/** Loss is mostly less than one percent, and said so. */
const LEAST_PERCENT = 0.01

/** In the largest unit of which it is at least one and has few digits: `50 ms`, `5 Mbps`. Reading it gives the quantity again. */
export function printQuantity ({ value, unit }: Quantity): string {
  for (const candidate of PRINTED[unit]) {
    const number = Number((value / candidate.factor).toPrecision(15))
    const isShort = number >= (candidate.name === '%' ? LEAST_PERCENT : 1) && String(number).length <= 7
    if (isShort && inBaseUnits(number, candidate) === value) {
      return withUnit(String(number), candidate.name)
    }
  }
  return withUnit(String(value), unit)
}

function withUnit (number: string, unit: string): string {
  return unit === '' || unit === '%' ? `${number}${unit}` : `${number} ${unit}`
}
