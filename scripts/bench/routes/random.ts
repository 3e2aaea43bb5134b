// The randomness of the benchmark: seeded, so that every run sees the same graphs and queries.

/** Marsaglia's xorshift32: numbers from 0 to below 1. */
export function randomFrom (seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
