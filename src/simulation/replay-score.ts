// Judges the paths that an engine chose by the whole slice, and what the best choice would have been: with one relay, and
// with any number.
import type { ReplaySlice } from './replay.ts'

/** For every ordered pair the relays of its path, none where it was sent by default. */
export class ChosenPaths {
  readonly size: number
  readonly #offsets: Uint32Array
  readonly #relays: Uint16Array

  /** `relays` gives those between two different nodes; undefined and none both mean the default route. */
  constructor (size: number, relays: (source: number, destination: number) => readonly number[] | undefined) {
    const all: number[] = []
    this.size = size
    this.#offsets = new Uint32Array(size * size + 1)
    for (let source = 0; source < size; source++) {
      for (let destination = 0; destination < size; destination++) {
        if (source !== destination) {
          all.push(...relays(source, destination) ?? [])
        }
        this.#offsets[source * size + destination + 1] = all.length
      }
    }
    this.#relays = Uint16Array.from(all)
  }

  relays (source: number, destination: number): Uint16Array {
    const pair = source * this.size + destination
    return this.#relays.subarray(this.#offsets[pair], this.#offsets[pair + 1])
  }

  /** What the path costs in a slice: round trips of its hops and relayCostMs per relay. */
  costMs (source: number, destination: number, slice: ReplaySlice, relayCostMs: number): number {
    let [at, costMs] = [source, 0]
    for (const relay of this.relays(source, destination)) {
      costMs += slice.rttMs[at * slice.size + relay] + relayCostMs
      at = relay
    }
    return costMs + slice.rttMs[at * slice.size + destination]
  }
}

/** Sums are over all ordered pairs, in ms. */
export interface ReplayScore {
  /** With a host that goes back to the default route where that is better. */
  gainMs: number
  /** Without. */
  netGainMs: number
  /** Shares of the ordered pairs, 0 to 1, whose path is better or worse than the default route. */
  improvedShare: number
  worseShare: number
}

export function scorePaths (paths: ChosenPaths, slice: ReplaySlice, relayCostMs: number): ReplayScore {
  const { size, rttMs } = slice
  const score: ReplayScore = { gainMs: 0, netGainMs: 0, improvedShare: 0, worseShare: 0 }
  const share = 1 / (size * (size - 1))
  for (let source = 0; source < size; source++) {
    for (let destination = 0; destination < size; destination++) {
      if (paths.relays(source, destination).length === 0) {
        continue
      }
      const gainMs = rttMs[source * size + destination] - paths.costMs(source, destination, slice, relayCostMs)
      score.netGainMs += gainMs
      score.gainMs += Math.max(0, gainMs)
      score.improvedShare += gainMs > 0 ? share : 0
      score.worseShare += gainMs < 0 ? share : 0
    }
  }
  return score
}

/** The gain over all ordered pairs, in ms, of whoever knows the slice and uses at most one relay per path. O(size³). */
export function oneRelayGainMs ({ size, rttMs }: ReplaySlice, relayCostMs: number): number {
  let gainMs = 0
  for (let row = 0; row < size * size; row += size) {
    const best = rttMs.slice(row, row + size)
    for (let relay = 0; relay < size; relay++) {
      relax(best, rttMs, relay, rttMs[row + relay] + relayCostMs)
    }
    gainMs += savedMs(best, rttMs, row)
  }
  return gainMs
}

/** The same with any number of relays (Floyd and Warshall's algorithm). */
export function anyRelaysGainMs ({ size, rttMs }: ReplaySlice, relayCostMs: number): number {
  const best = rttMs.slice()
  for (let relay = 0; relay < size; relay++) {
    for (let row = 0; row < size * size; row += size) {
      relax(best.subarray(row, row + size), best, relay, best[row + relay] + relayCostMs)
    }
  }
  let gainMs = 0
  for (let row = 0; row < size * size; row += size) {
    gainMs += savedMs(best.subarray(row, row + size), rttMs, row)
  }
  return gainMs
}

/** Takes the way over the relay wherever it is better; `best` is a row, and so is the part of `rttMs` that belongs to the relay. */
function relax (best: Float64Array, rttMs: Float64Array, relay: number, toRelayMs: number): void {
  const size = best.length
  for (let destination = 0; destination < size; destination++) {
    const viaMs = toRelayMs + rttMs[relay * size + destination]
    if (viaMs < best[destination]) {
      best[destination] = viaMs
    }
  }
}

function savedMs (best: Float64Array, rttMs: Float64Array, row: number): number {
  let savedMs = 0
  for (let destination = 0; destination < best.length; destination++) {
    if (destination * best.length !== row) {
      savedMs += rttMs[row + destination] - best[destination]
    }
  }
  return savedMs
}
