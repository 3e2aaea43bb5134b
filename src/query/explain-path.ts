// One path of an answer, taken apart: what its score is made of, and of each link what is known, how fresh, and by whom.
import { UNKNOWN } from '../topology/link-columns.ts'
import type { Graph } from '../topology/graph.ts'
import type { Weights } from '../path-finding/path-finder.ts'
import type { Ask, RankedPath } from './ask.ts'
import type { CompiledQuery } from './compile-query.ts'
import { printPreference } from './print-query.ts'

/** Who measured a link. */
export interface LinkSource {
  /** Name or peer id. */
  by: string
  /** `report`, `survey`, `exchange`. */
  how: string
}

/** What the explanation calls things by, and what else is known of links. */
export interface ExplainNames {
  nameOf: (node: number) => string
  sourcesOf?: (from: number, to: number) => readonly LinkSource[]
}

/** A summand of the score. */
export interface ScorePart {
  /** A metric, `relays` for what forwarders cost besides their links, or the text of a preference whose penalty it is. */
  what: string
  weight: number
  /** In the metric's ranking unit: milliseconds, percent, plain numbers. */
  value: number
  score: number
}

export interface ExplainedLink {
  from: string
  to: string
  rttUs: number
  lossPpm: number
  jitterUs: number
  bytesPerSecond?: number
  loadPpm?: number
  price?: number
  /** Since it was last measured. */
  ageMs: number
  sources: readonly LinkSource[]
}

export interface ExplainedPath {
  /** Entry first. */
  forwarders: string[]
  /** What is minimized, or the rate in bytes per second; undefined for the rate of a path without links. */
  score?: number
  /** Empty where a rate is maximized. */
  parts: ScorePart[]
  /** Both access legs included, and these alone. */
  rttUs: number
  accessRttUs: number
  lossPpm: number
  jitterUs: number
  bytesPerSecond?: number
  loadPpm?: number
  price?: number
  /** Of the oldest measurement; undefined where there is no link. */
  ageMs?: number
  links: ExplainedLink[]
  /** Soft constraints that it does not keep to, as they are printed. */
  broken: string[]
}

export function explainPath ({ path, score, broken }: RankedPath, { ranking }: CompiledQuery, ask: Ask, names: ExplainNames): ExplainedPath {
  const { nodes, rttUs, lossPpm, jitterUs, bytesPerSecond, loadPpm, price, oldestMs } = path
  const links = nodes.slice(1).map((node, hop) => explainLink(nodes[hop], node, ask, names))
  const penalties = broken.filter(({ preference }) => preference.penalty !== undefined)
    .map(({ preference }): ScorePart => ({ what: printPreference(preference), weight: 1, value: preference.penalty ?? 0, score: preference.penalty ?? 0 }))
  return {
    forwarders: nodes.map(names.nameOf),
    ...(Number.isFinite(score) ? { score } : {}),
    parts: ranking.kind === 'rate' ? [] : [...partsOf(ranking.weights, nodes, rttUs, ask), ...penalties],
    rttUs,
    accessRttUs: rttUs - links.reduce((sum, link) => sum + link.rttUs, 0),
    lossPpm,
    jitterUs,
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(loadPpm === undefined ? {} : { loadPpm }),
    ...(price === undefined ? {} : { price }),
    ...(Number.isFinite(oldestMs) ? { ageMs: ageOf(oldestMs, ask) } : {}),
    links,
    broken: broken.map(({ preference }) => printPreference(preference))
  }
}

function partsOf (weights: Weights, nodes: readonly number[], rttUs: number, { graph, relayCostUs }: Ask): ScorePart[] {
  const links = nodes.slice(1).map((node, hop) => graph.linkBetween(nodes[hop], node))
  const sum = (valueOf: (link: number) => number): number => links.reduce((total, link) => total + valueOf(link), 0)
  const values: Array<[what: string, weight: number | undefined, value: number]> = [
    ['delay', weights.delay, rttUs / 1_000],
    ['relays', weights.delay, relayCostUs * nodes.length / 1_000],
    ['loss', weights.loss, sum((link) => graph.lossPpm[link] / 10_000)],
    ['jitter', weights.jitter, sum((link) => graph.jitterUs[link] / 1_000)],
    ['load', weights.load, sum((link) => (graph.loadPpm?.[link] ?? 0) / 10_000)],
    ['price', weights.price, sum((link) => graph.price?.[link] ?? 0)],
    ['transfer', weights.transfer, sum((link) => 1e6 / (graph.bytesPerSecond?.[link] ?? 0))],
    ['hops', weights.hops, nodes.length]
  ]
  return values.flatMap(([what, weight = 0, value]) => weight === 0 || (what === 'relays' && value === 0) ? [] : [{ what, weight, value, score: weight * value }])
}

function explainLink (from: number, to: number, ask: Ask, { nameOf, sourcesOf }: ExplainNames): ExplainedLink {
  const { graph } = ask
  const link = graph.linkBetween(from, to)
  return {
    from: nameOf(from),
    to: nameOf(to),
    rttUs: graph.delayUs[link],
    lossPpm: graph.lossPpm[link],
    jitterUs: graph.jitterUs[link],
    ...known(graph, 'bytesPerSecond', link),
    ...known(graph, 'loadPpm', link),
    ...known(graph, 'price', link),
    ageMs: ageOf(graph.updatedAtMs[link], ask),
    sources: sourcesOf?.(from, to) ?? []
  }
}

function known (graph: Graph, column: 'bytesPerSecond' | 'loadPpm' | 'price', link: number): Partial<ExplainedLink> {
  const value = graph[column]?.[link] ?? UNKNOWN
  return value === UNKNOWN ? {} : { [column]: value }
}

function ageOf (measuredAtMs: number, { nowMs }: Ask): number {
  return Math.max(0, nowMs - measuredAtMs)
}
