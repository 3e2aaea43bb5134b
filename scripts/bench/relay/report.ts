// What the rounds of the relay benchmark come to: medians, ratios of lanes, and the goals.
import { cryptoPacketsPerCpuSecond } from './floor.ts'
import { medians, ratio } from './measure.ts'
import { LANES } from './lanes.ts'
import type { LaneName } from './lanes.ts'
import type { Rounds } from './measure.ts'
import type { RoundFigures } from './lane.ts'

export interface Goal {
  figure: string
  value: number
  atLeast?: number
  atMost?: number
  /** What would be better still. */
  reachFor?: number
  isMet: boolean
}

type Sizes = Record<string, Partial<Record<LaneName, RoundFigures>>>
type Ratios = Record<string, Record<string, number>>

/** Packets per second of CPU time. */
export interface Floor {
  /** Of a relay that does nothing but decrypt and encrypt. */
  crypto: number
  /** Of one that does this and what the bare TCP relay does: what is left is the price of libp2p's streams, and ours. */
  cryptoAndTcp?: number
}

export interface Report { sizes: Sizes, ratios: Ratios, floors: Record<string, Floor>, goals: Goal[] }

interface RatioKind { figure: keyof RoundFigures, of: LaneName, to: LaneName }

const PER_CPU = 'packetsPerCpuSecond'
const RATIOS: Record<string, RatioKind> = {
  labelledOverCircuitRelay: { figure: PER_CPU, of: 'labelled', to: 'circuitRelay' },
  labelledOverCircuitRelayBulk: { figure: PER_CPU, of: 'labelled', to: 'circuitRelayBulk' },
  sourceRoutedOverLabelled: { figure: PER_CPU, of: 'sourceRouted', to: 'labelled' },
  labelledOverSplice: { figure: PER_CPU, of: 'labelled', to: 'splice' },
  labelledOverSpliceBulk: { figure: PER_CPU, of: 'labelled', to: 'spliceBulk' },
  labelledOverTcp: { figure: PER_CPU, of: 'labelled', to: 'tcp' },
  idleP50LabelledOverCircuitRelay: { figure: 'idleP50Us', of: 'labelled', to: 'circuitRelay' },
  halfLoadP99LabelledOverCircuitRelay: { figure: 'halfLoadP99Us', of: 'labelled', to: 'circuitRelay' }
}

type GoalKind = { bytes: number, ratio: string, reachFor?: number } & ({ atLeast: number } | { atMost: number })

/** What is required, and what would be better still. */
const GOALS: GoalKind[] = [
  { bytes: 1_024, ratio: 'labelledOverCircuitRelay', atLeast: 8, reachFor: 15 },
  { bytes: 1_024, ratio: 'labelledOverCircuitRelayBulk', atLeast: 1.3, reachFor: 2 },
  { bytes: 1_024, ratio: 'sourceRoutedOverLabelled', atLeast: 0.8 },
  { bytes: 1_024, ratio: 'labelledOverSpliceBulk', atLeast: 0.95, reachFor: 1.3 },
  { bytes: 1_024, ratio: 'labelledOverTcp', atLeast: 0.11, reachFor: 0.2 },
  { bytes: 64, ratio: 'labelledOverCircuitRelay', atLeast: 30, reachFor: 60 },
  { bytes: 1_024, ratio: 'idleP50LabelledOverCircuitRelay', atMost: 1 },
  { bytes: 1_024, ratio: 'halfLoadP99LabelledOverCircuitRelay', atMost: 0.333 }
]

const FLOOR_MS = 300

export function reportOf (bySize: ReadonlyMap<number, Rounds>): Report {
  const sizes: Sizes = {}
  const ratios: Ratios = {}
  const floors: Record<string, Floor> = {}
  for (const [bytes, rounds] of bySize) {
    const lanes = Object.keys(LANES).filter((name) => rounds[name as LaneName] !== undefined) as LaneName[]
    sizes[bytes] = Object.fromEntries(lanes.map((name) => [name, medians(rounds[name] as RoundFigures[])]))
    ratios[bytes] = Object.fromEntries(Object.entries(RATIOS).flatMap(([name, kind]) => {
      const value = ratio(rounds, kind.figure, kind.of, kind.to)
      return value === undefined ? [] : [[name, value]]
    }))
    floors[bytes] = floorOf(bytes, sizes[bytes].tcp?.packetsPerCpuSecond)
  }
  return { sizes, ratios, floors, goals: GOALS.flatMap((kind) => goalOf(kind, ratios)) }
}

function floorOf (bytes: number, tcp: number | undefined): Floor {
  const crypto = cryptoPacketsPerCpuSecond(bytes, FLOOR_MS)
  return { crypto: Math.round(crypto), ...(tcp === undefined ? {} : { cryptoAndTcp: Math.round(1 / (1 / crypto + 1 / tcp)) }) }
}

/** None where the run left out what it is about. */
function goalOf (kind: GoalKind, ratios: Ratios): Goal[] {
  const value = ratios[kind.bytes]?.[kind.ratio]
  if (value === undefined) {
    return []
  }
  const { bytes, ratio: name, ...bounds } = kind
  return [{ figure: `ratios.${bytes}.${name}`, value, ...bounds, isMet: 'atLeast' in kind ? value >= kind.atLeast : value <= kind.atMost }]
}

/** For people. */
export function tableOf ({ sizes, floors, goals }: Report): string {
  const rows = Object.entries(sizes).flatMap(([bytes, lanes]) => Object.entries(lanes).map(([name, figures]) =>
    [bytes, name, ...Object.values(figures).map(number)]))
  const head = ['bytes', 'lane', 'packets/CPU s', 'packets/s', 'idle p50 µs', 'idle p99 µs', 'half p99 µs', 'of the whole', 'own half p99 µs', 'lost']
  const least = Object.entries(floors).map(([bytes, { crypto, cryptoAndTcp }]) =>
    [bytes, 'packets/CPU s at most', number(crypto), 'with crypto alone,', cryptoAndTcp === undefined ? '' : number(cryptoAndTcp), 'with sockets too'])
  const bounds = goals.map(({ figure, value, atLeast, atMost, isMet }) =>
    [figure, number(value), atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`, isMet ? 'met' : 'missed'])
  return [[head, ...rows], least, bounds].filter(({ length }) => length > 0).map(aligned).join('\n\n')
}

function number (value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 3 })
}

function aligned (rows: readonly string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])).join('  ').trimEnd()).join('\n')
}
