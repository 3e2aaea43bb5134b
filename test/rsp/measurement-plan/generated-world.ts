// A made-up Internet for tests of the measurement plan: sites on a plane, the nodes of one next to each other, and routes that take detours,
// some of them long. So there are near neighbours to find and relays to gain by.
import { seededUint32 } from '../../../src/simulation/draw.ts'
import type { LinkPair, Measurement } from '../../../src/rsp/measurement-plan/link-memory.ts'
import type { Measuring } from '../../../src/rsp/measurement-plan/round.ts'

export interface World {
  size: number
  /** Row by row, symmetric. */
  rttMs: Float64Array
}

export function seededRandom (seed: number): () => number {
  const nextUint32 = seededUint32(seed)
  return () => nextUint32() / 2 ** 32
}

export function siteOf (node: number): number {
  return node >> 1
}

export function generatedWorld (size: number, seed: number): World {
  const random = seededRandom(seed)
  const sites = Array.from({ length: siteOf(size + 1) }, () => ({ x: 150 * random(), y: 150 * random() }))
  const rttMs = new Float64Array(size * size)
  for (let a = 0; a < size; a++) {
    for (let b = a + 1; b < size; b++) {
      const [one, other] = [sites[siteOf(a)], sites[siteOf(b)]]
      const detour = 1 + 2 * random() ** 4
      rttMs[a * size + b] = 0.5 + Math.hypot(one.x - other.x, one.y - other.y) * detour
      rttMs[b * size + a] = rttMs[a * size + b]
    }
  }
  return { size, rttMs }
}

/** Answers every batch from the world, and returns all batches. */
export function playRound (round: Measuring<unknown>, { size, rttMs }: World, isSilent: (a: number, b: number) => boolean = () => false): LinkPair[][] {
  const batches: LinkPair[][] = []
  for (let step = round.next(); step.done !== true;) {
    batches.push([...step.value])
    step = round.next(step.value.map(([a, b]): Measurement => ({ a, b, rttMs: isSilent(a, b) ? undefined : rttMs[a * size + b] })))
  }
  return batches
}

/** What is saved over all ordered pairs by the paths given, in ms, with a host that goes back to the default route where it is better. */
export function savedMs ({ size, rttMs }: World, relayCostMs: number, relays: (source: number, destination: number) => readonly number[] | undefined): number {
  let saved = 0
  for (let source = 0; source < size; source++) {
    for (let destination = 0; destination < size; destination++) {
      const path = source === destination ? [] : relays(source, destination) ?? []
      const hops = [source, ...path, destination]
      const costMs = hops.slice(1).reduce((sum, to, at) => sum + rttMs[hops[at] * size + to], path.length * relayCostMs)
      saved += Math.max(0, rttMs[source * size + destination] - costMs)
    }
  }
  return saved
}
