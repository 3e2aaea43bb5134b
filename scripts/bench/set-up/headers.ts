// Bytes that the header of a packet takes, as its encoders make it.
import { encodeLabelled } from '../../../protocols/forward/labelled.ts'
import { NODE_ID_BYTES } from '../../../protocols/forward/constants.ts'
import { encodeSourceRoute } from '../../../protocols/forward/source-route.ts'

export interface HeaderBytes {
  /** Whatever the length of the path. */
  labelled: number
  /** With both ends and three forwarders; each has room for its authenticator. */
  sourceRouted3: number
}

const FORWARDERS = 3

export function measureHeaders (): HeaderBytes {
  const nodes = Array.from({ length: FORWARDERS + 2 }, (_, index) => new Uint8Array(NODE_ID_BYTES).fill(index + 1))
  return {
    labelled: encodeLabelled({ slot: 1, check: 1 }).length,
    sourceRouted3: encodeSourceRoute({ nodes, expiryS: 1, pathTag: new Uint8Array(8) }).length
  }
}
