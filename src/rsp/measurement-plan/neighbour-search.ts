// Proposes links between nodes that stand near each other in the Internet: such a link is short, and opens the good links of the
// one to the other. No model of distances finds these: what is 30 ms in the model is 0.2 ms in one machine room. Near are those that look alike
// from elsewhere, by the path lengths to all others, and by what was measured from others that both have links to.
import type { AllPairs } from './all-pairs.ts'
import type { LinkMemory, Links } from './link-memory.ts'

/** Path lengths to so many nodes tell two nodes apart. */
const MAX_WITNESSES = 100

/** How much a constant difference speaks against a pair in a detour: one of two neighbours may have a slow access. */
const OFFSET_SHARE = 0.3
/** How much a long present path speaks for a pair: there is more to gain. */
const DETOUR_SHARE = 0.6

/** @param paths - over all known links. Returns at most `count` pairs that have never been measured, the likeliest neighbours first. */
export function likelyNeighbours (memory: LinkMemory, paths: AllPairs, mayAsk: (pair: number) => boolean, count: number): number[] {
  const differences = logDifferences(memory.nodeCount, memory.known(), paths)
  return best(memory, mayAsk, count, (a, b, pair) => {
    const [spread] = rowDifference(paths, a, b)
    return differences[pair] + Math.log(1 + spread)
  })
}

/** Likewise, but those first whose present path would be shortened most. */
export function likelyDetours (memory: LinkMemory, paths: AllPairs, mayAsk: (pair: number) => boolean, count: number): number[] {
  return best(memory, mayAsk, count, (a, b, pair) => {
    const [spread, mean] = rowDifference(paths, a, b)
    return spread + OFFSET_SHARE * Math.abs(mean) - DETOUR_SHARE * paths.distanceMs[pair]
  })
}

function best (memory: LinkMemory, mayAsk: (pair: number) => boolean, count: number, scoreOf: (a: number, b: number, pair: number) => number): number[] {
  const { nodeCount } = memory
  const scores = new Float64Array(nodeCount * nodeCount)
  const candidates: number[] = []
  for (let a = 0; a < nodeCount; a++) {
    for (let b = a + 1; b < nodeCount; b++) {
      const pair = memory.pairOf(a, b)
      if (!memory.isKnown(pair) && mayAsk(pair)) {
        scores[pair] = scoreOf(a, b, pair)
        if (Number.isFinite(scores[pair])) {
          candidates.push(pair)
        }
      }
    }
  }
  return candidates.sort((one, other) => scores[one] - scores[other]).slice(0, count)
}

/** In ms: how much the differences of both nodes' path lengths to others vary, and their mean. */
function rowDifference ({ nodeCount, distanceMs }: AllPairs, a: number, b: number): [spread: number, mean: number] {
  const step = Math.max(1, Math.floor(nodeCount / MAX_WITNESSES))
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
  return [Math.sqrt(Math.max(0, squares / witnesses - mean * mean)), mean]
}

/**
 * By pair: the mean of ln(1 + |difference in ms|) of the links that both nodes have to the same third one, and of the pair's
 * present path as if it were one more of them.
 */
function logDifferences (nodeCount: number, { pairs, rttMs }: Links, paths: AllPairs): Float64Array {
  const sums = paths.distanceMs.map((ms) => Math.log(1 + ms))
  const counts = new Uint16Array(nodeCount * nodeCount).fill(1)
  const neighbours = Array.from({ length: nodeCount }, (): Array<[node: number, rttMs: number]> => [])
  for (const [link, pair] of pairs.entries()) {
    const [a, b] = [Math.floor(pair / nodeCount), pair % nodeCount]
    neighbours[a].push([b, rttMs[link]])
    neighbours[b].push([a, rttMs[link]])
  }
  for (const ends of neighbours) {
    ends.sort(([one], [other]) => one - other)
    for (let one = 0; one < ends.length; one++) {
      const [a, aMs] = ends[one]
      for (let other = one + 1; other < ends.length; other++) {
        const [b, bMs] = ends[other]
        sums[a * nodeCount + b] += Math.log(1 + Math.abs(aMs - bMs))
        counts[a * nodeCount + b]++
      }
    }
  }
  return sums.map((sum, pair) => sum / counts[pair])
}
