// Randomness of one flow: the same draws whenever its offers are ranked anew, so that near-equals take turns from flow to flow and not
// in the middle of one. Pure.

/** Marsaglia's xorshift32 (Journal of Statistical Software 8, 2003), after a multiplication that spreads small seeds. @returns draws, 0 ≤ … < 1 */
export function flowDraws (seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
