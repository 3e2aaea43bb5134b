// The figures of the set-up benchmark, what they should be, and how they read.
import type { CircuitRelayFigures } from './circuit-relay.ts'
import type { HeaderBytes } from './headers.ts'
import type { InstallRates } from './install-rate.ts'
import type { RoundTrips } from './round-trips.ts'

export interface SetUpFigures extends RoundTrips, Pick<InstallRates, 'installsPerCpuSecond' | 'refreshesPerCpuSecond' | 'removalsPerCpuSecond'> {
  /** By the clock, while the callers shared the machine with the forwarder. */
  installLoad: Pick<InstallRates, 'cachedPerSecond' | 'forwarderLoad'>
  circuitRelay: CircuitRelayFigures
  /** By which live memory grows, in heap and typed arrays: the whole state of an installed path, two labels each. */
  bytesPerLabel: number
  /** By which the resident set grows: with what the allocator keeps of arrays that were outgrown. */
  residentBytesPerLabel: number
  /** What the node says that its typed arrays hold. */
  heldBytesPerLabel: number
  headerBytes: HeaderBytes
  /** Packets per second under 100,000 labels over those under ten. */
  forwardRate100kOver10: number
}

export interface Goal { figure: string, value: number, atLeast?: number, atMost?: number, isMet: boolean }

export function goalsOf ({ installsPerCpuSecond, setupPathRtts, bytesPerLabel, headerBytes, forwardRate100kOver10 }: SetUpFigures): Goal[] {
  return [
    atLeast('installsPerCpuSecond.cached', installsPerCpuSecond.cached, 10_000),
    atLeast('installsPerCpuSecond.verified', installsPerCpuSecond.verified, 2_500),
    atMost('setupPathRtts.onePass', setupPathRtts.onePass, 1.2),
    atMost('bytesPerLabel', bytesPerLabel, 256),
    atMost('headerBytes.labelled', headerBytes.labelled, 14),
    atLeast('forwardRate100kOver10', forwardRate100kOver10, 0.9)
  ]
}

/** For people: what has a goal first. */
export function tableOf (figures: SetUpFigures, goals: readonly Goal[]): string {
  const rows = goals.map(({ figure, value, atLeast, atMost, isMet }) =>
    [figure, number(value), atLeast === undefined ? `at most ${number(atMost ?? NaN)}` : `at least ${number(atLeast)}`, isMet ? 'met' : 'missed'])
  const named = new Set(goals.map(({ figure }) => figure))
  const others = flat(figures).filter(([figure]) => !named.has(figure)).map(([figure, value]) => [figure, number(value), '', ''])
  return aligned([['figure', 'value', 'goal', ''], ...rows, ...others])
}

function atLeast (figure: string, value: number, least: number): Goal {
  return { figure, value, atLeast: least, isMet: value >= least }
}

function atMost (figure: string, value: number, most: number): Goal {
  return { figure, value, atMost: most, isMet: value <= most }
}

/** Numbers by their path in the object. */
function flat (figures: object, prefix = ''): Array<[figure: string, value: number]> {
  return Object.entries(figures).flatMap(([key, value]: [string, object | number]) => typeof value === 'number' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`))
}

function number (value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 3 })
}

function aligned (rows: readonly string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => column === 1 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n')
}
