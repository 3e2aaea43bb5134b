// What a path between two nodes is worth: how much shorter it may be than the default route. A link that carries many paths which are all
// longer than their default routes earns nothing; a budget that is small cannot afford it.
import type { AllPairs } from './all-pairs.ts'
import type { LinkMemory } from './link-memory.ts'
import type { RttModel } from './rtt-model.ts'

/** How far a remembered round trip, and a guessed one, may be off, as shares of themselves: a path that is a little longer may win all the same. */
const KNOWN_SPREAD = 0.05
const GUESS_SPREAD = 0.15
/** And besides: nothing is known to less. */
const LEAST_SPREAD_MS = 0.5

/** Beyond it a node is overloaded, and one such node should not decide what is watched. */
const MAX_WORTH_MS = 300
/** A node that cannot be reached yet is as far as this. */
const MAX_PATH_MS = 2_000

/** Every pair counts so much of the mean besides, since most default routes are only guessed. */
const EQUAL_SHARE = 0.2

/** By pair: what is thought of the default route, and by how much that may be off. */
export interface DefaultRoutes {
  rttMs: Float64Array
  spreadMs: Float64Array
}

export function defaultRoutes (memory: LinkMemory, model: RttModel): DefaultRoutes {
  const { nodeCount } = memory
  const routes = { rttMs: new Float64Array(nodeCount * nodeCount), spreadMs: new Float64Array(nodeCount * nodeCount) }
  for (let a = 0; a < nodeCount; a++) {
    for (let b = a + 1; b < nodeCount; b++) {
      const pair = memory.pairOf(a, b)
      const isKnown = memory.isKnown(pair)
      routes.rttMs[pair] = isKnown ? memory.meanMs(pair) : model.guessMs(a, b)
      routes.spreadMs[pair] = LEAST_SPREAD_MS + (isKnown ? KNOWN_SPREAD : GUESS_SPREAD) * routes.rttMs[pair]
    }
  }
  return routes
}

/**
 * @param paths - over the links from which is chosen
 * @returns for each row and column what the path is expected to save, in ms, and the equal share
 */
export function pairWorth (routes: DefaultRoutes, paths: AllPairs): Float32Array {
  const { nodeCount } = paths
  const worth = new Float32Array(nodeCount * nodeCount)
  let sumMs = 0
  for (let a = 0; a < nodeCount; a++) {
    for (let b = a + 1; b < nodeCount; b++) {
      const savedMs = expectedSavingMs(routes, paths, a * nodeCount + b)
      worth[a * nodeCount + b] = worth[b * nodeCount + a] = savedMs
      sumMs += savedMs
    }
  }
  const equalMs = EQUAL_SHARE * sumMs / Math.max(1, nodeCount * (nodeCount - 1) / 2)
  return worth.map((savedMs) => savedMs + equalMs)
}

/** What all paths together are expected to save, each pair counted once and without the equal share. */
export function totalWorthMs (routes: DefaultRoutes, paths: AllPairs): number {
  const { nodeCount } = paths
  let sumMs = 0
  for (let a = 0; a < nodeCount; a++) {
    for (let b = a + 1; b < nodeCount; b++) {
      sumMs += expectedSavingMs(routes, paths, a * nodeCount + b)
    }
  }
  return sumMs
}

function expectedSavingMs ({ rttMs, spreadMs }: DefaultRoutes, { distanceMs }: AllPairs, pair: number): number {
  return expectedExcess(rttMs[pair] - Math.min(distanceMs[pair], MAX_PATH_MS), spreadMs[pair])
}

/** The mean of what a logistically distributed quantity has above 0, in closed form. */
function expectedExcess (mean: number, spread: number): number {
  const ratio = mean / spread
  // the exponential of more would overflow, and adds nothing
  return Math.min(MAX_WORTH_MS, ratio > 30 ? mean : spread * Math.log1p(Math.exp(ratio)))
}
