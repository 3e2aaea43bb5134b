// Repeatable noise for the estimators' tests.

/** Uniform in [0, 1): Marsaglia's xorshift32, after a few rounds that spread small seeds. */
export function seededRandom (seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** One-sided, as queues make it. */
export function exponentialUs (random: () => number, meanUs: number): number {
  return -meanUs * Math.log(1 - random())
}
