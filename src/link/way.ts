// How packets leave a node: a header that is copied before each payload, and the neighbour that gets them. With a source route
// the header says who that is; a label says nothing of it.
import { encodeLabelled } from '../../protocols/forward/labelled.ts'
import { copyOf } from '../../protocols/forward/node-id.ts'
import { NODE_ID_BYTES } from '../../protocols/forward/constants.ts'
import { At, entryAt } from '../../protocols/forward/source-route.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'

export interface Way {
  readonly header: Uint8Array
  readonly neighbour: NodeId
}

/** Along the list of a source-routed header (see `encodeSourceRoute` and `replyHeader`). */
export function wayAlong (header: Uint8Array): Way {
  const at = entryAt(header[At.hopIndex])
  return { header, neighbour: copyOf(header, at, at + NODE_ID_BYTES) }
}

/** Under a label that the neighbour has given to us. */
export function wayUnder (label: Label, neighbour: NodeId): Way {
  return { header: encodeLabelled(label), neighbour }
}
