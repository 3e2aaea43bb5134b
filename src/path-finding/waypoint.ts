// What a path is to visit: one forwarder, or any one of a set.
import type { NodeSet } from '../topology/node-set.ts'

export type Waypoint = number | NodeSet

export function isAt (waypoint: Waypoint | undefined, node: number): boolean {
  return typeof waypoint === 'object' ? waypoint.has(node) : node === waypoint
}

/** Those that are nodes of the graph. */
export function nodesOf (waypoint: Waypoint, nodeCount: number): number[] {
  const nodes: number[] = []
  if (typeof waypoint === 'number') {
    nodes.push(waypoint)
  } else {
    waypoint.each((node) => nodes.push(node))
  }
  return nodes.filter((node) => Number.isInteger(node) && node >= 0 && node < nodeCount)
}
