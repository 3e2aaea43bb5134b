// Which path an RSP answers with, and which pairs it sends by default: the shortest over links of this round, unless what it remembers
// of the direct link is clearly better. Guesses have no say in it: a host has its default route to go back to, but not a path that it was not told of.
import { AllPairs } from './all-pairs.ts'
import type { LinkMemory } from './link-memory.ts'

/**
 * What the last look counts beside the mean of all: a link that has just been lucky is chosen less often, so the choice lasts longer. The mean
 * alone keeps more for the next round, but loses as much in the round itself.
 */
const LAST_WEIGHT = 0.5

/**
 * A link measured one round ago must be better than the path by so much for the pair to be sent by default, and in each further round by so much more: it
 * may have become worse. The host finds out itself when the path is; it never finds out about a path that it was not told of.
 */
const DEFAULT_IF_BELOW = 0.8
const TRUST_PER_ROUND = 0.9

/** The relays from source to destination; undefined and none both mean the default route. */
export type PathChoice = (source: number, destination: number) => readonly number[] | undefined

/** What is chosen stays as it is, whatever `memory` learns later. */
export function choosePaths (memory: LinkMemory, relayCostMs: number): PathChoice {
  const { pairs, rttMs } = memory.measured()
  const paths = new AllPairs(memory.nodeCount, relayCostMs)
  paths.run({ pairs, rttMs: rttMs.map((ms, link) => LAST_WEIGHT * ms + (1 - LAST_WEIGHT) * memory.meanMs(pairs[link])) })
  const direct = betterByDefault(memory, paths)
  return (source, destination) => direct[memory.pairOf(source, destination)] === 1 ? undefined : paths.relays(source, destination)
}

/** By pair: 1 where a link that was not measured in this round is remembered as better than the path. */
function betterByDefault (memory: LinkMemory, paths: AllPairs): Uint8Array {
  const direct = new Uint8Array(memory.nodeCount ** 2)
  for (const pair of memory.known().pairs) {
    direct[pair] = !memory.isMeasured(pair) && memory.meanMs(pair) < DEFAULT_IF_BELOW * TRUST_PER_ROUND ** (memory.age(pair) - 1) * paths.distanceMs[pair] ? 1 : 0
  }
  return direct
}
