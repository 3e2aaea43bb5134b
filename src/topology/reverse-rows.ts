// The links of a graph by the node they enter: for searches that come from the destination.
import type { Graph } from './graph.ts'

/** The links that enter node i are links[offsets[i]] … links[offsets[i + 1] - 1], positions in the graph's columns, and come from sources. */
export interface ReverseRows {
  offsets: Uint32Array
  sources: Uint32Array
  links: Uint32Array
}

const known = new WeakMap<Uint32Array, ReverseRows>()

/** Computed once for all snapshots that share their layout. */
export function reverseRowsOf (graph: Graph): ReverseRows {
  let rows = known.get(graph.targets)
  if (rows === undefined) {
    rows = reverse(graph)
    known.set(graph.targets, rows)
  }
  return rows
}

function reverse ({ nodeCount, linkCount, offsets, targets }: Graph): ReverseRows {
  const rows = { offsets: new Uint32Array(nodeCount + 1), sources: new Uint32Array(linkCount), links: new Uint32Array(linkCount) }
  for (const target of targets) {
    rows.offsets[target + 1]++
  }
  for (let node = 0; node < nodeCount; node++) {
    rows.offsets[node + 1] += rows.offsets[node]
  }
  const next = rows.offsets.slice(0, nodeCount)
  for (let node = 0; node < nodeCount; node++) {
    for (let link = offsets[node]; link < offsets[node + 1]; link++) {
      const place = next[targets[link]]++
      rows.sources[place] = node
      rows.links[place] = link
    }
  }
  return rows
}
