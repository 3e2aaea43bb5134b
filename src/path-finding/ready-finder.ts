// The finder that has looked before it is asked: the best path from trees kept ready, all else from the finder behind it.
import type { Graph } from '../topology/graph.ts'
import { measurePath } from '../topology/path.ts'
import { checkPathQuery, MAX_FORWARDERS } from './path-finder.ts'
import type { AccessPoint, FoundPath, PathFinder, PathQuery } from './path-finder.ts'
import { keepsTo } from './path-limits.ts'
import { PathTrees } from './path-trees.ts'
import type { Weighting } from './weighting.ts'

/** Trees take ten bytes per node and source each; providers sell few weightings. */
const MAX_WEIGHTINGS = 2

interface Ends {
  entry: AccessPoint
  exit: AccessPoint
  units: number
}

/**
 * Trees are of the snapshot that `prepare` was given last; queries on any other go to the finder behind. So do those for
 * several paths, and those that the best path of all does not meet: it is the answer where it keeps to the query, avoided
 * forwarders and limits included. Only weightings by delay alone have trees: these do not know how else to choose between equal costs.
 */
export class ReadyFinder implements PathFinder {
  readonly #behind: PathFinder
  readonly #maxTrees: number | undefined
  readonly #trees = new Map<string, PathTrees>()
  readonly #nodes = new Uint16Array(MAX_FORWARDERS)
  /** Queries answered from trees, and others. */
  ready = 0
  passedOn = 0

  /** At most maxTrees sources have a tree, for each weighting. */
  constructor (behind: PathFinder, maxTrees?: number) {
    this.#behind = behind
    this.#maxTrees = maxTrees
  }

  get byteLength (): number {
    return [...this.#trees.values()].reduce((sum, trees) => sum + trees.byteLength, 0)
  }

  /** Keeps trees for the weighting from now on; they are grown source by source, as queries come. The oldest weighting makes room. */
  keep (graph: Graph, weighting: Weighting): void {
    if (weighting.isDelayOnly && !this.#trees.has(weighting.key)) {
      this.#trees.set(weighting.key, new PathTrees(graph, weighting, this.#maxTrees))
      if (this.#trees.size > MAX_WEIGHTINGS) {
        this.#trees.delete(this.#trees.keys().next().value as string)
      }
    }
  }

  /** Mends the trees for a new snapshot; with many sources and many changes that takes a while, so not for every report. */
  prepare (graph: Graph): void {
    for (const trees of this.#trees.values()) {
      trees.follow(graph)
    }
  }

  find (graph: Graph, query: PathQuery): FoundPath[] {
    const trees = this.#treesFor(query)
    const path = trees?.graph === graph && query.paths === 1 ? this.#look(trees, query) : undefined
    if (path === undefined) {
      this.passedOn++
      return this.#behind.find(graph, query)
    }
    this.ready++
    return [path]
  }

  #treesFor ({ weights, relayCostUs }: PathQuery): PathTrees | undefined {
    for (const trees of this.#trees.values()) {
      if (trees.weighting.isOf(weights, relayCostUs)) {
        return trees
      }
    }
    return undefined
  }

  #look (trees: PathTrees, query: PathQuery): FoundPath | undefined {
    checkPathQuery(query)
    const ends = bestEnds(trees, query)
    if (ends === undefined) {
      return undefined
    }
    const length = trees.path(ends.entry.node, ends.exit.node, this.#nodes)
    if (length > query.maxForwarders) {
      return undefined
    }
    const nodes = Array.from(this.#nodes.subarray(0, length))
    if (nodes.some(node => isAvoided(query, node)) || !keepsTo(trees.graph, query, nodes, ends.entry.rttUs, ends.exit.rttUs)) {
      return undefined
    }
    const metrics = measurePath(trees.graph, nodes, ends.entry.rttUs, ends.exit.rttUs)
    const { units } = trees.weighting
    return metrics === undefined ? undefined : { nodes, cost: (ends.units - (length - 1)) / units, ...metrics }
  }
}

/** Undefined where there is no path, or a tree is missing. */
function bestEnds (trees: PathTrees, query: PathQuery): Ends | undefined {
  const { weighting } = trees
  let best: Ends | undefined
  for (const entry of query.source) {
    if (isAvoided(query, entry.node) || !isNode(trees.graph, entry.node)) {
      continue
    }
    const tree = trees.treeOf(entry.node)
    if (tree === undefined) {
      return undefined
    }
    for (const exit of query.destination) {
      if (isAvoided(query, exit.node) || !isNode(trees.graph, exit.node)) {
        continue
      }
      const units = weighting.accessUnits(entry.rttUs) + weighting.unitsPerForwarder + tree.costs[exit.node] + weighting.accessUnits(exit.rttUs)
      const most = best?.units ?? Number.POSITIVE_INFINITY
      if (units < most || (best !== undefined && units === most && isBefore(entry, exit, best))) {
        best = { entry, exit, units }
      }
    }
  }
  return best
}

/** Which of two ends that are as good comes first must not depend on the order in which they were named. */
function isBefore (entry: AccessPoint, exit: AccessPoint, best: Ends): boolean {
  return entry.node < best.entry.node || (entry.node === best.entry.node && exit.node < best.exit.node)
}

function isAvoided (query: PathQuery, node: number): boolean {
  return query.avoid.has(node) || query.avoidSet?.has(node) === true
}

function isNode (graph: Graph, node: number): boolean {
  return Number.isInteger(node) && node >= 0 && node < graph.nodeCount
}
