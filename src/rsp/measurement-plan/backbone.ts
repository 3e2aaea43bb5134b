// Which links carry the shortest paths. Choosing those that most paths use, all at once, would keep ten links side by
// side that do for each other; so the weaker half is dropped and the paths are laid anew until what is left fits, or until what is
// left is worth its place.
import type { AllPairs } from './all-pairs.ts'
import type { Links } from './link-memory.ts'

/** How much of the links each set of a value curve has of the one before: half would miss the bend. */
const CURVE_STEP = 0.6

/**
 * @param links - among which paths are laid
 * @param isFree - whether a pair is one to choose; the others stay, and count nothing
 * @param worthOf - by row and column, what a path counts, given the paths over all links; without it all count the same
 * @returns the chosen pairs, at most `count`, those first that are used most; none that no path uses
 */
export function mostUsed (paths: AllPairs, links: Links, isFree: (pair: number) => boolean, count: number, worthOf?: (paths: AllPairs) => Float32Array): number[] {
  for (const used of thinned(paths, links, isFree, (size) => Math.max(count, size >> 1), worthOf)) {
    if (used.length >> 1 <= count) {
      return used.slice(0, count)
    }
  }
  return []
}

export interface Earning {
  /** By row and column, what a path counts, given the paths over all links. */
  worthOf: (paths: AllPairs) => Float32Array
  /** What all paths together are worth. */
  totalMs: (paths: AllPairs) => number
  /** What the last link chosen must add to the total; above 0. */
  leastMs: number
  /** So many are chosen in any case, if paths use them; at least 1. */
  leastCount: number
}

/** Like mostUsed, as many as are worth it: between two sets of the curve, the total is taken to grow with the logarithm of their sizes. */
export function worthwhile (paths: AllPairs, links: Links, isFree: (pair: number) => boolean, { worthOf, totalMs, leastMs, leastCount }: Earning): number[] {
  let larger: { used: number[], worthMs: number } | undefined
  for (const used of thinned(paths, links, isFree, (size) => Math.max(leastCount, Math.floor(CURVE_STEP * size)), worthOf)) {
    const worthMs = totalMs(paths)
    if (larger !== undefined) {
      const count = Math.floor((larger.worthMs - worthMs) / Math.log(larger.used.length / used.length) / leastMs)
      if (count >= used.length) {
        return larger.used.slice(0, count)
      }
    }
    if (used.length <= leastCount) {
      return used
    }
    larger = { used, worthMs }
  }
  return []
}

/** Ever smaller sets, each with the paths laid over it: of the pairs that paths use, those first that are used most. */
function * thinned (paths: AllPairs, links: Links, isFree: (pair: number) => boolean, sizeAfter: (size: number) => number, worthOf?: (paths: AllPairs) => Float32Array): Generator<number[], void, undefined> {
  let worth: Float32Array | undefined
  for (let left = links; ; ) {
    paths.run(left)
    worth ??= worthOf?.(paths)
    const uses = paths.usage(worth)
    const used = [...left.pairs].filter((pair) => uses[pair] > 0 && isFree(pair)).sort((a, b) => uses[b] - uses[a])
    yield used
    left = restricted(left, new Set(used.slice(0, sizeAfter(used.length))), isFree)
  }
}

function restricted ({ pairs, rttMs }: Links, kept: ReadonlySet<number>, isFree: (pair: number) => boolean): Links {
  const stay = pairs.map((pair) => kept.has(pair) || !isFree(pair) ? 1 : 0)
  return { pairs: pairs.filter((_, link) => stay[link] === 1), rttMs: rttMs.filter((_, link) => stay[link] === 1) }
}
