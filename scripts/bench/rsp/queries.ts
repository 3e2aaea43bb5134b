// Route queries, encoded before anything is measured: hosts that share the machine with the RSP should take as little of it as they can.
import { digestQuery, encodeRequest } from '../../../protocols/route/codec.ts'
import type { DigestedQuery, RouteQuery } from '../../../protocols/route/codec.ts'
import type { PeerId } from '@libp2p/interface'

export interface PreparedQuery {
  asked: DigestedQuery
  body: Uint8Array
}

/** Of each end. */
const ACCESS_POINTS = 4
const MAX_ACCESS_RTT_US = 20_000

/** No two ask the same: each has its own ends and access round trips. */
export function prepareQueries (count: number, forwarders: readonly PeerId[]): PreparedQuery[] {
  return Array.from({ length: count }, (_, number) => {
    const asked = digestQuery(queryOf(number, forwarders))
    return { asked, body: encodeRequest(asked) }
  })
}

function queryOf (number: number, forwarders: readonly PeerId[]): RouteQuery {
  const points = (from: number): RouteQuery['source'] => Array.from({ length: ACCESS_POINTS }, (_, i) => ({
    forwarder: forwarders[(from + i * 17) % forwarders.length],
    rttUs: Math.floor(Math.random() * MAX_ACCESS_RTT_US)
  }))
  return {
    nonce: crypto.getRandomValues(new Uint8Array(16)),
    source: points(number * 31),
    destination: points(number * 57 + 211),
    sourceCommitment: crypto.getRandomValues(new Uint8Array(32)),
    destinationCommitment: crypto.getRandomValues(new Uint8Array(32)),
    weights: { delay: 1, loss: 20 },
    paths: 3,
    avoid: []
  }
}
