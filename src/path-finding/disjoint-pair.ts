// Two paths that share no forwarder and together cost least. The best path and the best one past it need not be that: the best
// path may stand in the way of every good second one, or of all.
import { areDisjoint } from '../topology/path.ts'
import type { Graph } from '../topology/graph.ts'
import type { CostRowsCache } from './cost-rows.ts'
import { bestWithout } from './disjoint.ts'
import { PairSearch } from './pair-search.ts'
import { isConstrained } from './path-finder.ts'
import type { FoundPath, PathFinder, PathQuery } from './path-finder.ts'
import { PathSearch } from './path-search.ts'
import type { RankedPath } from './path-search.ts'

/**
 * Two paths, the better one first, or the best path alone where query.paths is 1 or there is no such pair. An end with a
 * single access forwarder has it on both; all other forwarders are on one of the two.
 *
 * With limits or waypoints, and where one of the cheapest two has too many forwarders, the pair is the best path that
 * keeps to the query and the best one past it: a pair where these two exist, but not always the cheapest.
 */
export class DisjointPairFinder implements PathFinder {
  readonly #search: PathSearch
  readonly #pairs = new PairSearch()

  constructor (cache?: CostRowsCache) {
    this.#search = new PathSearch(cache)
  }

  find (graph: Graph, query: PathQuery): FoundPath[] {
    this.#search.begin(graph, query)
    if (query.paths === 1 || isConstrained(query)) {
      return this.#bestAndBackup(query)
    }
    const pair = this.#pairs.run(this.#search.costs)
    if (pair === undefined || pair.some(nodes => nodes.length > query.maxForwarders)) {
      return this.#bestAndBackup(query)
    }
    const ranked = pair.map(nodes => ({ ...this.#search.costs.pathLabel(nodes), nodes }))
    return ranked.sort((a, b) => a.cost - b.cost || a.tieUs - b.tieUs).map(path => this.#search.describe(path))
  }

  #bestAndBackup (query: PathQuery): FoundPath[] {
    const best = this.#search.fromSource()
    if (best === undefined) {
      return []
    }
    const backup = query.paths === 1 ? undefined : this.#past(best, query)
    return [best, ...backup === undefined ? [] : [backup]].map(path => this.#search.describe(path))
  }

  /** The best path that has nothing in common with this one but ends that cannot be others, and waypoints. */
  #past (best: RankedPath, query: PathQuery): RankedPath | undefined {
    const { entries, exits } = this.#search.costs
    const shared = [entries, exits].filter(nodes => nodes.length === 1).flat()
    if (query.waypoints?.some(waypoint => typeof waypoint === 'number' && !shared.includes(waypoint)) === true) {
      return undefined
    }
    const backup = bestWithout(this.#search, best.nodes.filter(node => !shared.includes(node)))
    const isOther = backup !== undefined && (areDisjoint(backup.nodes, best.nodes) || backup.nodes.join() !== best.nodes.join())
    return isOther ? backup : undefined
  }
}
