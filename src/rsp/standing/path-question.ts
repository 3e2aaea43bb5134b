// A path query as a question that stands.
import { Weighting } from '../../path-finding/weighting.ts'
import { keepsTo } from '../../path-finding/path-limits.ts'
import { UNKNOWN } from '../../topology/link-columns.ts'
import type { Patience } from '../../path-finding/patience.ts'
import type { Graph } from '../../topology/graph.ts'
import type { PathFinder, PathQuery } from '../../path-finding/path-finder.ts'
import type { AccessPoint } from '../../topology/path.ts'
import type { Question } from './question.ts'

const US_PER_MS = 1_000

export class PathQuestion implements Question {
  readonly source: readonly AccessPoint[]
  readonly destination: readonly AccessPoint[]
  readonly group: string
  readonly costPerUs: number
  #query: PathQuery
  readonly #finder: PathFinder
  readonly #weighting: Weighting
  readonly #avoidNow: (() => PathQuery['avoid']) | undefined

  /**
   * Throws InvalidPathQueryError.
   *
   * @param avoidNow - another set only when it has changed. Default: always the query's
   */
  constructor (query: PathQuery, finder: PathFinder, avoidNow?: () => PathQuery['avoid']) {
    const { weights, relayCostUs, limits: { leastBytesPerSecond, loadPpm } = {} } = query
    this.#query = { ...query, paths: 1 }
    this.#avoidNow = avoidNow
    this.#finder = finder
    this.#weighting = new Weighting(weights, relayCostUs)
    this.source = query.source
    this.destination = query.destination
    this.costPerUs = weights.delay / US_PER_MS
    this.group = `${this.#weighting.key} ${leastBytesPerSecond ?? ''} ${loadPpm ?? ''}`
  }

  /** Forwarders may have come to take other paths than before. */
  get basis (): PathQuery['avoid'] | undefined {
    const avoid = this.#avoidNow?.()
    if (avoid !== undefined && avoid !== this.#query.avoid) {
      this.#query = { ...this.#query, avoid }
    }
    return avoid
  }

  linkCost (graph: Graph, link: number): number {
    const { leastBytesPerSecond = 0, loadPpm = Infinity } = this.#query.limits ?? {}
    const rate = graph.bytesPerSecond?.[link] ?? UNKNOWN
    const load = graph.loadPpm?.[link] ?? UNKNOWN
    const isClosed = (leastBytesPerSecond > 0 && (rate === UNKNOWN || rate < leastBytesPerSecond)) || (loadPpm < Infinity && (load === UNKNOWN || load > loadPpm))
    return isClosed ? Infinity : this.#weighting.linkUnits(graph, link) / this.#weighting.units
  }

  costOf (graph: Graph, nodes: readonly number[]): number {
    const entry = nearest(this.source, nodes[0])
    const exit = nearest(this.destination, nodes[nodes.length - 1])
    if (entry === undefined || exit === undefined || nodes.some((node) => this.#isAvoided(node)) || !keepsTo(graph, this.#query, nodes, entry, exit)) {
      return Infinity
    }
    const weighting = this.#weighting
    let units = weighting.accessUnits(entry) + weighting.unitsPerForwarder + weighting.accessUnits(exit)
    for (let hop = 1; hop < nodes.length; hop++) {
      units += weighting.linkUnits(graph, graph.linkBetween(nodes[hop - 1], nodes[hop]))
    }
    return units / weighting.units
  }

  bestCost (graph: Graph, patience?: Patience): number {
    const [best] = this.#finder.find(graph, { ...this.#query, avoid: this.basis ?? this.#query.avoid, patience })
    return best?.cost ?? Infinity
  }

  #isAvoided (node: number): boolean {
    return this.#query.avoid.has(node) || this.#query.avoidSet?.has(node) === true
  }
}

function nearest (points: readonly AccessPoint[], node: number): number | undefined {
  const rttsUs = points.flatMap((point) => point.node === node ? [point.rttUs] : [])
  return rttsUs.length === 0 ? undefined : Math.min(...rttsUs)
}
