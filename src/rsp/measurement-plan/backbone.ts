// Which links carry the shortest paths. Choosing those that most paths use, all at once, would keep ten links side by
// side that do for each other; so the weaker half is dropped and the paths are laid anew until what is left fits.
import type { AllPairs } from './all-pairs.ts'
import type { Links } from './link-memory.ts'

/**
 * @param links - among which paths are laid
 * @param isFree - whether a pair is one to choose; the others stay, and count nothing
 * @param worthOf - by row and column, what a path counts, given the paths over all links; without it all count the same
 * @returns the chosen pairs, at most `count`, in no order; none that no path uses
 */
export function mostUsed (paths: AllPairs, links: Links, isFree: (pair: number) => boolean, count: number, worthOf?: (paths: AllPairs) => Float32Array): number[] {
  let worth: Float32Array | undefined
  for (let left = links; ; ) {
    paths.run(left)
    worth ??= worthOf?.(paths)
    const uses = paths.usage(worth)
    const free = [...left.pairs].filter((pair) => uses[pair] > 0 && isFree(pair))
    if (free.length <= count) {
      return free
    }
    free.sort((a, b) => uses[b] - uses[a])
    const kept = free.slice(0, Math.max(count, free.length >> 1))
    if (kept.length === count) {
      return kept
    }
    left = restricted(left, new Set(kept), isFree)
  }
}

function restricted ({ pairs, rttMs }: Links, kept: ReadonlySet<number>, isFree: (pair: number) => boolean): Links {
  const stay = pairs.map((pair) => kept.has(pair) || !isFree(pair) ? 1 : 0)
  return { pairs: pairs.filter((_, link) => stay[link] === 1), rttMs: rttMs.filter((_, link) => stay[link] === 1) }
}
