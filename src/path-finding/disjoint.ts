// Paths that fail apart from each other: a backup that shares no forwarder with a path, and the finder that an RSP answers
// with, whose paths contain such a backup of the best one.
import type { Graph } from '../topology/graph.ts'
import { cheapestPaths } from './alternatives.ts'
import type { CostRowsCache } from './cost-rows.ts'
import type { FoundPath, PathFinder, PathQuery } from './path-finder.ts'
import { PathSearch } from './path-search.ts'
import type { RankedPath } from './path-search.ts'

/**
 * The best path that shares no forwarder with the given one, or undefined where there is none. Two paths of an end with
 * a single access forwarder always share that one: such an end has no disjoint backup.
 */
export function disjointBackup (graph: Graph, query: PathQuery, path: Pick<FoundPath, 'nodes'>, search: PathSearch = new PathSearch()): FoundPath | undefined {
  search.begin(graph, query)
  const backup = bestWithout(search, path.nodes)
  return backup === undefined ? undefined : search.describe(backup)
}

/**
 * The first path is the best one. Where two or more are asked for and some path is disjoint from the first, the best such
 * path is among them; the others are the cheapest that there are. All are in order of cost, so the backup is the
 * last or stands where its cost puts it: find it with `areDisjoint`.
 */
export class DisjointFinder implements PathFinder {
  readonly #search: PathSearch

  constructor (cache?: CostRowsCache) {
    this.#search = new PathSearch(cache)
  }

  find (graph: Graph, query: PathQuery): FoundPath[] {
    this.#search.begin(graph, query)
    const best = this.#search.fromSource()
    if (best === undefined) {
      return []
    }
    const backup = query.paths === 1 ? undefined : bestWithout(this.#search, best.nodes)
    return cheapestPaths(this.#search, best, query.paths, query.maxForwarders, backup).map(path => this.#search.describe(path))
  }
}

/** The best path past the given forwarders, which are open again afterwards. */
export function bestWithout (search: PathSearch, nodes: readonly number[]): RankedPath | undefined {
  const { blocked } = search.costs
  const closedHere = nodes.filter(node => node < blocked.length && blocked[node] === 0)
  for (const node of closedHere) {
    blocked[node] = 1
  }
  try {
    return search.fromSource()
  } finally {
    for (const node of closedHere) {
      blocked[node] = 0
    }
  }
}
