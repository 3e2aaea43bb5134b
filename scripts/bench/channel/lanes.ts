// What runs side by side.
import { byway } from './carriers/byway.ts'
import { plain } from './carriers/plain.ts'
import type { Carrier } from './carriers/carrier.ts'

export const CARRIERS = { plain, byway } as const satisfies Record<string, Carrier>

export type CarrierName = keyof typeof CARRIERS

export const LANES = {
  plain: { carrier: 'plain', isRelayed: false },
  circuitRelay: { carrier: 'plain', isRelayed: true },
  byway: { carrier: 'byway', isRelayed: false },
  bywayForwarder: { carrier: 'byway', isRelayed: true }
} as const satisfies Record<string, { carrier: CarrierName, isRelayed: boolean }>

export type LaneName = keyof typeof LANES
