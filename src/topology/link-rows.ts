// Turns links in any order into rows by the node they leave, each row sorted by target: a radix sort over the two ends,
// O(nodes + links). The layout depends on the links alone, not on the order in which they came, and so do the answers.

export interface LinkRows {
  /** Node i's links are offsets[i] … offsets[i + 1] - 1. */
  offsets: Uint32Array
  targets: Uint32Array
  /** For each link in row order, where it stood in the input. */
  slots: Uint32Array
}

export function layOutRows (nodeCount: number, from: Uint32Array, to: Uint32Array): LinkRows {
  const arrival = new Uint32Array(from.length).map((_, slot) => slot)
  const byTarget = sortedBy(nodeCount, arrival, to)
  const slots = sortedBy(nodeCount, byTarget.slots, from)
  return { offsets: slots.offsets, targets: slots.slots.map(slot => to[slot]), slots: slots.slots }
}

/** A stable counting sort of slots by the node that each has in the column. */
function sortedBy (nodeCount: number, slots: Uint32Array, nodes: Uint32Array): { offsets: Uint32Array, slots: Uint32Array } {
  const offsets = new Uint32Array(nodeCount + 1)
  for (const node of nodes) {
    offsets[node + 1]++
  }
  for (let node = 0; node < nodeCount; node++) {
    offsets[node + 1] += offsets[node]
  }
  const next = offsets.slice(0, nodeCount)
  const sorted = new Uint32Array(slots.length)
  for (const slot of slots) {
    sorted[next[nodes[slot]]++] = slot
  }
  return { offsets, slots: sorted }
}
