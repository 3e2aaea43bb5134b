// The k cheapest loopless paths: Yen's algorithm (Management Science 17, 1971) with Lawler's partition (1972), over the
// graph with the source and destination in it, so that paths differ by entry and exit as well.
//
// Every accepted path splits the paths that it was the best of: for each of its prefixes, those that follow the prefix and
// then go on differently. The best of each such part is a candidate; the best candidate is the next path.
import type { Graph } from '../topology/graph.ts'
import { compareNodes } from '../topology/path.ts'
import type { CostRowsCache } from './cost-rows.ts'
import type { FoundPath, PathFinder, PathQuery } from './path-finder.ts'
import { PathSearch } from './path-search.ts'
import type { RankedPath } from './path-search.ts'
import { WORST, isBetter } from './query-costs.ts'
import type { Label } from './query-costs.ts'

/** Stands for the destination, where it is what follows a prefix. */
const DESTINATION = -1

interface Candidate extends RankedPath {
  /** How many forwarders it has in common with the path it was split from. */
  deviation: number
}

export class AlternativesFinder implements PathFinder {
  readonly #search: PathSearch

  constructor (cache?: CostRowsCache) {
    this.#search = new PathSearch(cache)
  }

  find (graph: Graph, query: PathQuery): FoundPath[] {
    this.#search.begin(graph, query)
    const best = this.#search.fromSource()
    return cheapestPaths(this.#search, best, query.paths, query.maxForwarders).map(path => this.#search.describe(path))
  }
}

/** Up to count paths, best first, of the query that the search has begun; best is the first of them. */
export function cheapestPaths (search: PathSearch, best: RankedPath | undefined, count: number, maxForwarders: number): RankedPath[] {
  const accepted: RankedPath[] = []
  let candidates: Candidate[] = best === undefined ? [] : [{ ...best, deviation: 0 }]
  while (true) {
    const next = candidates.shift()
    if (next === undefined) {
      return accepted
    }
    accepted.push(next)
    const wanted = count - accepted.length
    if (wanted === 0) {
      return accepted
    }
    candidates = split(search, next, accepted, candidates, wanted, maxForwarders)
  }
}

/** The candidates after a path was accepted: the best ones, no more than are wanted, best first. */
function split (search: PathSearch, path: Candidate, accepted: readonly RankedPath[], candidates: Candidate[], wanted: number, maxForwarders: number): Candidate[] {
  const { costs } = search
  const { nodes } = path
  let label: Label = { cost: 0, tieUs: 0 }
  for (let length = 0; length <= nodes.length && length < maxForwarders; length++) {
    if (length > 0) {
      label = stepTo(search, label, nodes, length - 1)
      costs.blocked[nodes[length - 1]] = 1
    }
    if (length < path.deviation) {
      continue
    }
    const prefix = nodes.slice(0, length)
    const taken = accepted.filter(other => sharesPrefix(other.nodes, prefix)).map(other => other.nodes[length] ?? DESTINATION)
    const bound = candidates.length < wanted ? WORST : candidates[wanted - 1]
    const candidate = bestAfter(search, prefix, label, taken, bound)
    if (candidate !== undefined) {
      candidates = [...candidates, candidate].sort(compareRanked).slice(0, wanted)
    }
  }
  for (const node of nodes) {
    costs.blocked[node] = 0
  }
  return candidates
}

/** The best path that follows the prefix, whose label is given, and then goes where none of those taken does. */
function bestAfter (search: PathSearch, prefix: number[], label: Label, taken: readonly number[], bound: Readonly<Label>): Candidate | undefined {
  let best: Candidate | undefined
  if (prefix.length > 0 && !taken.includes(DESTINATION) && search.canEndAfter(prefix)) {
    const whole = search.costs.exitLabel(label, prefix[prefix.length - 1])
    if (isBetter(whole, bound)) {
      best = { ...whole, nodes: prefix, deviation: prefix.length }
    }
  }
  const rest = search.after(prefix, label, taken, best ?? bound)
  return rest === undefined ? best : { ...rest, deviation: prefix.length }
}

function stepTo (search: PathSearch, label: Label, nodes: readonly number[], position: number): Label {
  const { costs } = search
  return position === 0
    ? costs.entryLabel(nodes[0])
    : costs.linkLabel(label, costs.graph.linkBetween(nodes[position - 1], nodes[position]))
}

function sharesPrefix (nodes: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((node, position) => nodes[position] === node)
}

function compareRanked (a: RankedPath, b: RankedPath): number {
  if (a.cost !== b.cost) {
    return a.cost - b.cost
  }
  return a.tieUs !== b.tieUs ? a.tieUs - b.tieUs : compareNodes(a.nodes, b.nodes)
}
