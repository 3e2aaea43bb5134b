// Proposes links between nodes that stand at the same place of the Internet, going by their path lengths to all others:
// such a link is short, and opens the good links of the one to the other. No model of distances finds these: what is 30 ms in the model
// is 0.2 ms in one machine room.
import type { AllPairs } from './all-pairs.ts'
import type { LinkMemory } from './link-memory.ts'

/** Path lengths to so many nodes tell two nodes apart. */
const MAX_WITNESSES = 100

/** A constant difference speaks less against a pair than one that varies: one of two neighbours may have a slow access. */
const OFFSET_SHARE = 0.3

/** How much a long present path speaks for a pair: there is more to gain. Half as much or twice as much were worse. */
const DETOUR_SHARE = 0.6

/** @param paths - over all known links. Returns at most `count` pairs that have never been measured, best first. */
export function likelyTwins (memory: LinkMemory, paths: AllPairs, mayAsk: (pair: number) => boolean, count: number): number[] {
  const { nodeCount } = memory
  const step = Math.max(1, Math.floor(nodeCount / MAX_WITNESSES))
  const scores = new Float64Array(nodeCount * nodeCount)
  const candidates: number[] = []
  for (let a = 0; a < nodeCount; a++) {
    for (let b = a + 1; b < nodeCount; b++) {
      const pair = memory.pairOf(a, b)
      if (!memory.isKnown(pair) && mayAsk(pair)) {
        scores[pair] = unlikeness(paths, a, b, step) - DETOUR_SHARE * paths.distanceMs[pair]
        if (Number.isFinite(scores[pair])) {
          candidates.push(pair)
        }
      }
    }
  }
  return candidates.sort((one, other) => scores[one] - scores[other]).slice(0, count)
}

/** In ms; how much the differences of both nodes' path lengths vary, and a part of their mean. */
function unlikeness ({ nodeCount, distanceMs }: AllPairs, a: number, b: number, step: number): number {
  let [sum, squares, witnesses] = [0, 0, 0]
  // different pairs ask different witnesses, so that no witness has a part in all proposals
  for (let witness = (a + b) % step; witness < nodeCount; witness += step) {
    const difference = distanceMs[a * nodeCount + witness] - distanceMs[b * nodeCount + witness]
    if (Number.isFinite(difference)) {
      sum += difference
      squares += difference * difference
      witnesses++
    }
  }
  const mean = sum / witnesses
  return Math.sqrt(Math.max(0, squares / witnesses - mean * mean)) + OFFSET_SHARE * Math.abs(mean)
}
