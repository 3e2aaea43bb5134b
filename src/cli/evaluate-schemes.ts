// Ways to choose what is measured: the engine's own plan, and those that it is compared with. Each knows of a slice only what it
// was given for the batches that it yielded, and all are answered from in the same way.
import { LinkMemory } from '../rsp/measurement-plan/link-memory.ts'
import { MeasurementPlan } from '../rsp/measurement-plan/measurement-plan.ts'
import { choosePaths } from '../rsp/measurement-plan/path-choice.ts'
import type { LinkPair } from '../rsp/measurement-plan/link-memory.ts'
import type { Measuring } from '../rsp/measurement-plan/round.ts'
import type { PathChoice } from '../rsp/measurement-plan/path-choice.ts'

export interface SchemeInit {
  nodeCount: number
  relayCostMs: number
  /** From 0 to 1. */
  random: () => number
}

export interface Scheme {
  /** At most `budgetLinks` different links. */
  round: (budgetLinks: number) => Measuring
  /** After a round. */
  choosePaths: () => PathChoice
}

export type SchemeName = 'learned-backbone' | 'domains' | 'random-hubs' | 'random-links'

export const SCHEMES: Record<SchemeName, (init: SchemeInit) => Scheme> = {
  'learned-backbone': (init) => new MeasurementPlan(init),
  domains,
  'random-hubs': randomHubs,
  'random-links': randomLinks
}

/** Gives a way to measure the engine's memory and choice of paths. */
function answering ({ nodeCount, relayCostMs }: SchemeInit, measuring: (budgetLinks: number) => Measuring): Scheme {
  const memory = new LinkMemory(nodeCount)
  return {
    * round (budgetLinks) {
      memory.beginRound()
      const batches = measuring(budgetLinks)
      for (let step = batches.next(); step.done !== true;) {
        const measured = yield step.value
        for (const measurement of measured) {
          memory.record(measurement)
        }
        step = batches.next(measured)
      }
    },
    choosePaths: () => choosePaths(memory, relayCostMs)
  }
}

function randomLinks (init: SchemeInit): Scheme {
  const { nodeCount, random } = init
  return answering(init, function * (budgetLinks) {
    yield collect(nodeCount, budgetLinks, drawnPairs(nodeCount, random))
  })
}

/** Other hubs in each round, with all their links, as many as the budget has room for. */
function randomHubs (init: SchemeInit): Scheme {
  const { nodeCount, random } = init
  return answering(init, function * (budgetLinks) {
    yield collect(nodeCount, budgetLinks, shuffled(nodeCount, random).flatMap((hub) => linksOf(hub, nodeCount)))
  })
}

/** Links measured only to find out who is near whom. */
const LANDMARKS = 3
const LINKS_BETWEEN_DOMAINS = 4

/**
 * The paper's scheme (section 3.2): all links inside a domain, a few between each two of them. Domains are halves of halves of the nodes, split by
 * their distance from landmarks, since nothing is known but what is measured; they are as large as the budget allows. Border links are drawn.
 */
function domains (init: SchemeInit): Scheme {
  const { nodeCount, random } = init
  return answering(init, function * (budgetLinks) {
    const landmarks = shuffled(nodeCount, random).slice(0, LANDMARKS)
    const seen = new Set<number>()
    const measured = yield collect(nodeCount, budgetLinks, landmarks.flatMap((landmark) => linksOf(landmark, nodeCount)), seen)
    const coordinates = coordinatesOf(nodeCount, landmarks, measured)
    const parts = split(Array.from({ length: nodeCount }, (_, node) => node), coordinates, domainCount(nodeCount, budgetLinks - seen.size))
    yield collect(nodeCount, budgetLinks - seen.size, [...borders(parts, random), ...parts.flatMap(inside)], seen)
  })
}

/** The fewest domains, a power of two, that the links suffice for; as many as there are nodes if none do. */
function domainCount (nodeCount: number, links: number): number {
  for (let count = 1; count < nodeCount; count *= 2) {
    if (nodeCount * (nodeCount / count - 1) / 2 + LINKS_BETWEEN_DOMAINS * count * (count - 1) / 2 <= links) {
      return count
    }
  }
  return nodeCount
}

function coordinatesOf (nodeCount: number, landmarks: readonly number[], measured: ReadonlyArray<{ a: number, b: number, rttMs: number | undefined }>): Float64Array[] {
  const coordinates = landmarks.map(() => new Float64Array(nodeCount))
  for (const { a, b, rttMs } of measured) {
    for (const [landmark, node] of [[a, b], [b, a]]) {
      const axis = landmarks.indexOf(landmark)
      if (axis !== -1) {
        coordinates[axis][node] = rttMs ?? 0
      }
    }
  }
  return coordinates
}

/** Halves along the axis on which the nodes lie farthest apart. */
function split (nodes: number[], coordinates: readonly Float64Array[], count: number): number[][] {
  if (count <= 1 || nodes.length <= 1) {
    return [nodes]
  }
  const spread = (axis: Float64Array): number => Math.max(...nodes.map((node) => axis[node])) - Math.min(...nodes.map((node) => axis[node]))
  const widest = coordinates.toSorted((a, b) => spread(b) - spread(a))[0]
  const sorted = nodes.toSorted((a, b) => widest[a] - widest[b])
  return [sorted.slice(0, nodes.length >> 1), sorted.slice(nodes.length >> 1)].flatMap((half) => split(half, coordinates, count / 2))
}

function * borders (parts: readonly number[][], random: () => number): Generator<LinkPair> {
  const drawn = (part: readonly number[]): number => part[Math.floor(random() * part.length)]
  for (const [at, part] of parts.entries()) {
    for (const other of parts.slice(at + 1)) {
      for (let link = 0; link < LINKS_BETWEEN_DOMAINS; link++) {
        yield [drawn(part), drawn(other)]
      }
    }
  }
}

function inside (part: readonly number[]): LinkPair[] {
  return part.flatMap((a, at) => part.slice(at + 1).map((b): LinkPair => [a, b]))
}

function linksOf (node: number, nodeCount: number): LinkPair[] {
  return Array.from({ length: nodeCount }, (_, other): LinkPair => [node, other]).filter(([a, b]) => a !== b)
}

function * drawnPairs (nodeCount: number, random: () => number): Generator<LinkPair> {
  for (;;) {
    const [a, b] = [Math.floor(random() * nodeCount), Math.floor(random() * nodeCount)]
    if (a !== b) {
      yield [a, b]
    }
  }
}

/** The first `count` different links that are not in `seen`, which gets them too. */
function collect (nodeCount: number, count: number, pairs: Iterable<LinkPair>, seen = new Set<number>()): LinkPair[] {
  const links: LinkPair[] = []
  const most = Math.min(count, nodeCount * (nodeCount - 1) / 2 - seen.size)
  if (most < 1) {
    return links
  }
  for (const [a, b] of pairs) {
    const name = Math.min(a, b) * nodeCount + Math.max(a, b)
    if (!seen.has(name)) {
      seen.add(name)
      links.push([a, b])
    }
    if (links.length >= most) {
      break
    }
  }
  return links
}

function shuffled (nodeCount: number, random: () => number): number[] {
  return Array.from({ length: nodeCount }, (_, node) => ({ node, key: random() })).sort((a, b) => a.key - b.key).map(({ node }) => node)
}
