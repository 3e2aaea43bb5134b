// What runs side by side.
import * as byway from './carriers/byway.ts'
import * as circuitRelay from './carriers/circuit-relay.ts'
import * as splice from './carriers/splice.ts'
import * as tcp from './carriers/tcp.ts'
import type { Carrier } from './carriers/carrier.ts'

export const CARRIERS = { byway, circuitRelay, splice, tcp } as const satisfies Record<string, Carrier>

export type CarrierName = keyof typeof CARRIERS

export interface LaneKind {
  carrier: CarrierName
  /** Does the application write 60 KB at once? Else each packet by itself. */
  isBulk: boolean
}

export const LANES = {
  labelled: { carrier: 'byway', isBulk: false },
  sourceRouted: { carrier: 'byway', isBulk: false },
  circuitRelay: { carrier: 'circuitRelay', isBulk: false },
  circuitRelayBulk: { carrier: 'circuitRelay', isBulk: true },
  splice: { carrier: 'splice', isBulk: false },
  spliceBulk: { carrier: 'splice', isBulk: true },
  tcp: { carrier: 'tcp', isBulk: false }
} as const satisfies Record<string, LaneKind>

export type LaneName = keyof typeof LANES
