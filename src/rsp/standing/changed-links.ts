// What has changed from one snapshot of the map to another.
import type { Graph } from '../../topology/graph.ts'

const NODES = 65_536

/** The ends of each link that is not as it was, once each; undefined where that is not known. */
export function changedLinks (before: Graph, after: Graph): Array<readonly [from: number, to: number]> | undefined {
  const { changes } = after
  if (changes === undefined || changes !== before.changes || changes.count(before.version, after.version) === -1) {
    return undefined
  }
  const links = new Map<number, readonly [number, number]>()
  changes.each(before.version, after.version, (from, to) => { links.set(from * NODES + to, [from, to]) })
  return [...links.values()]
}
