// The metrics that a query can name, and what of each can be asked: in which unit it is written and ranked, which way a limit on it
// goes, and whether the path finder can weigh it.
import type { BaseUnit } from './ast.ts'

export interface Metric {
  name: string
  /** Other names of it. */
  aliases: readonly string[]
  /** What limits of it are kept in. */
  unit: BaseUnit
  /** The unit of a number without one, in the text form. */
  defaultUnit: string
  /** Which limits there are; undefined where it cannot be limited. */
  limit?: '<=' | '>='
  /** True where it adds up along a path, so that it can be minimized. */
  isWeighable: boolean
  /** Base units in 1 of what the objective counts: a millisecond, a percent. */
  perRankingUnit: number
  /** For people: what it is. */
  summary: string
}

export const METRICS: readonly Metric[] = [
  { name: 'delay', aliases: ['rtt', 'latency'], unit: 'us', defaultUnit: 'ms', limit: '<=', isWeighable: true, perRankingUnit: 1_000, summary: 'round trip from end to end, ranked in ms' },
  { name: 'loss', aliases: [], unit: 'ppm', defaultUnit: '%', limit: '<=', isWeighable: true, perRankingUnit: 10_000, summary: 'share of packets lost or late, ranked in percent' },
  { name: 'jitter', aliases: [], unit: 'us', defaultUnit: 'ms', limit: '<=', isWeighable: true, perRankingUnit: 1_000, summary: 'variation of the round trip, ranked in ms' },
  { name: 'rate', aliases: ['bandwidth'], unit: 'B/s', defaultUnit: 'Mbps', limit: '>=', isWeighable: false, perRankingUnit: 1, summary: 'what every link delivers at least' },
  { name: 'load', aliases: [], unit: 'ppm', defaultUnit: '%', limit: '<=', isWeighable: true, perRankingUnit: 10_000, summary: 'use of the most loaded link, ranked in percent summed over the links' },
  { name: 'price', aliases: [], unit: '', defaultUnit: '', limit: '<=', isWeighable: true, perRankingUnit: 1, summary: 'sum of the links\' prices' },
  { name: 'hops', aliases: ['forwarders'], unit: '', defaultUnit: '', limit: '<=', isWeighable: true, perRankingUnit: 1, summary: 'forwarders on the path' },
  { name: 'transfer', aliases: [], unit: 'us', defaultUnit: 'ms', isWeighable: true, perRankingUnit: 1_000, summary: 'time that 1,000 bytes take at each link\'s rate, ranked in ms' },
  { name: 'age', aliases: [], unit: 'us', defaultUnit: 's', limit: '<=', isWeighable: false, perRankingUnit: 1_000_000, summary: 'time since the oldest measurement of a link on the path' }
]

const BY_NAME = new Map(METRICS.flatMap((metric) => [metric.name, ...metric.aliases].map((name) => [name, metric] as const)))

/** By name or alias, in lower case; undefined where nobody here knows it. */
export function metricNamed (name: string): Metric | undefined {
  return BY_NAME.get(name)
}
