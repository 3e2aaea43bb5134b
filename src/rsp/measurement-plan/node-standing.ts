// What the present paths say of nodes as relays: a good hub already carries much for the few links that it has, and is near to most.
import type { AllPairs } from './all-pairs.ts'
import type { LinkMemory } from './link-memory.ts'

/** A node that cannot be reached is as far as this: far, but it should not outweigh all others. */
const MAX_PATH_MS = 1_000

export interface NodeStandings {
  /** By node: uses of its links by paths, per known link and some besides. */
  traffic: Float64Array
  /** By node: sum of the lengths of its paths to all others. */
  remotenessMs: Float64Array
}

/**
 * @param paths - over known links
 * @param linksBesides - so many links that carry nothing are counted with each node; above 0. The more, the less a lucky link or two make a hub
 */
export function nodeStandings (memory: LinkMemory, paths: AllPairs, linksBesides = 1): NodeStandings {
  const { nodeCount } = memory
  const uses = paths.usage()
  const traffic = new Float64Array(nodeCount)
  const links = new Uint32Array(nodeCount)
  const remotenessMs = new Float64Array(nodeCount)
  for (let a = 0; a < nodeCount; a++) {
    for (let b = a + 1; b < nodeCount; b++) {
      const pair = memory.pairOf(a, b)
      const pathMs = Math.min(paths.distanceMs[pair], MAX_PATH_MS)
      const known = memory.isKnown(pair) ? 1 : 0
      for (const node of [a, b]) {
        traffic[node] += uses[pair]
        remotenessMs[node] += pathMs
        links[node] += known
      }
    }
  }
  return { traffic: traffic.map((count, node) => count / (linksBesides + links[node])), remotenessMs }
}
