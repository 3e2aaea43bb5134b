// A map small enough to know by heart: from ams to vie by way of fra, kbp or lon.
import { graphOf } from '../compliance/random-query.ts'
import type { LinkRow } from '../compliance/random-query.ts'
import type { Ask } from '../../src/query/ask.ts'
import type { NodeFacts, Population } from '../../src/query/node-facts.ts'

export const NAMES = ['ams', 'fra', 'kbp', 'lon', 'vie', 'osl']
export const [AMS, FRA, KBP, LON, VIE, OSL] = NAMES.keys()
export const NOW_MS = 1_000_000

const attributes: NodeFacts[] = [
  { operator: 'acme', country: 'nl', region: 'eu', tags: { country: 'nl', region: 'eu' } },
  { operator: 'bolt', country: 'de', region: 'eu', tags: { country: 'de', region: 'eu' } },
  { operator: 'bolt', country: 'xx', tags: { country: 'xx' } },
  { operator: 'acme', country: 'gb', tags: { country: 'gb' } },
  { operator: 'bolt', country: 'at', region: 'eu', tags: { country: 'at', region: 'eu' } },
  { operator: 'cord', country: 'no', tags: { country: 'no' } }
]

const link = (from: number, to: number, delayMs: number, lossPpm: number, mbps: number, price: number, ageS: number): LinkRow =>
  [from, to, { delayUs: delayMs * 1_000, lossPpm, jitterUs: 300, updatedAtMs: NOW_MS - ageS * 1_000, bytesPerSecond: mbps * 125_000, price }]

/** kbp is the quickest, lon the cheapest. osl has no link. */
const graph = graphOf(NAMES.length, [
  link(AMS, FRA, 10, 500, 20, 4, 3), link(FRA, VIE, 14, 500, 40, 4, 1),
  link(AMS, KBP, 8, 0, 50, 1, 2), link(KBP, VIE, 9, 0, 50, 1, 2),
  link(AMS, LON, 9, 1_000, 4, 1, 200), link(LON, VIE, 16, 0, 4, 1, 4)
])

export const ask: Ask = { graph, source: [{ node: AMS, rttUs: 4_000 }], destination: [{ node: VIE, rttUs: 6_000 }], relayCostUs: 1_000, paths: 1, nowMs: NOW_MS }

export const population: Population = { nodeCount: NAMES.length, attributes, indexOf: (key) => NAMES.indexOf(key) }
