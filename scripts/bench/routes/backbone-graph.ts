// Graphs as an RSP keeps them: forwarders on a plane, each linked with its nearest, with some hubs, and with a few at random.
// Measured delays are off the straight line by up to a half, and a tenth of the links is far worse than that, so that
// detours pay. Every link is there in both directions with the same values.
import { LinkTable } from '../../../src/topology/link-table.ts'
import { randomFrom } from './random.ts'

export const MEAN_DEGREE = 24
const NEAREST = 6
const HUB_LINKS = 3
const HUB_SHARE = 0.02
/** The plane's side: 150 ms of round trip in a straight line. */
const SIDE_MS = 150

export function backboneGraph (nodeCount: number, seed: number): LinkTable {
  const random = randomFrom(seed)
  const table = new LinkTable({ maxNodes: nodeCount, maxLinks: nodeCount * (MEAN_DEGREE + 2) })
  const places = Array.from({ length: nodeCount }, () => [random() * SIDE_MS, random() * SIDE_MS])
  const hubs = Array.from({ length: Math.ceil(nodeCount * HUB_SHARE) }, () => Math.floor(random() * nodeCount))
  const distanceMs = (a: number, b: number): number => Math.hypot(places[a][0] - places[b][0], places[a][1] - places[b][1])
  const link = (a: number, b: number): void => {
    if (a === b || table.get(a, b) !== undefined) {
      return
    }
    const detour = 1 + random() / 2 + (random() < 0.1 ? 2 * random() : 0)
    const metrics = {
      delayUs: Math.round((1 + distanceMs(a, b) * detour) * 1000),
      lossPpm: Math.floor(random() ** 4 * 20_000),
      jitterUs: Math.floor(random() * 2_000),
      updatedAtMs: 0,
      price: 1 + Math.floor(random() * 20),
      bytesPerSecond: Math.floor(1e6 * 10 ** (random() * 2))
    }
    table.upsert(a, b, metrics)
    table.upsert(b, a, metrics)
  }
  for (let node = 0; node < nodeCount; node++) {
    nearestOf(node, nodeCount, distanceMs).forEach(other => { link(node, other) })
    for (let hub = 0; hub < HUB_LINKS; hub++) {
      link(node, hubs[Math.floor(random() * hubs.length)])
    }
  }
  while (table.linkCount < nodeCount * Math.min(MEAN_DEGREE, nodeCount - 1)) {
    link(Math.floor(random() * nodeCount), Math.floor(random() * nodeCount))
  }
  return table
}

/** The NEAREST other nodes, by a walk over all that keeps the best so far. */
function nearestOf (node: number, nodeCount: number, distanceMs: (a: number, b: number) => number): number[] {
  const best: Array<{ other: number, ms: number }> = []
  for (let other = 0; other < nodeCount; other++) {
    const ms = other === node ? Number.POSITIVE_INFINITY : distanceMs(node, other)
    if (best.length < NEAREST || ms < best[NEAREST - 1].ms) {
      best.push({ other, ms })
      best.sort((a, b) => a.ms - b.ms)
      best.length = Math.min(best.length, NEAREST)
    }
  }
  return best.map(({ other }) => other)
}
