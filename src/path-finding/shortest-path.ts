// The path finder for those who want one path: the best.
import type { Graph } from '../topology/graph.ts'
import type { CostRowsCache } from './cost-rows.ts'
import type { FoundPath, PathFinder, PathQuery } from './path-finder.ts'
import { PathSearch } from './path-search.ts'

export class ShortestPathFinder implements PathFinder {
  readonly #search: PathSearch

  constructor (cache?: CostRowsCache) {
    this.#search = new PathSearch(cache)
  }

  /** One path at most, whatever query.paths asks for. */
  find (graph: Graph, query: PathQuery): FoundPath[] {
    this.#search.begin(graph, query)
    const best = this.#search.fromSource()
    return best === undefined ? [] : [this.#search.describe(best)]
  }
}
