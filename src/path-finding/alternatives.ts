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

/** The label of a path that has no forwarder yet. */
const START: Label = { cost: 0, tieUs: 0 }

interface Candidate extends RankedPath {
  /** How many forwarders it has in common with the path it was split from. */
  deviation: number
}

/** What is left of all paths, in parts that have no path in common, and the best path of each as far as it may be wanted. */
interface Parts {
  search: PathSearch
  accepted: RankedPath[]
  /** Best first. */
  candidates: Candidate[]
  maxForwarders: number
  wanted: number
  /** Candidates are better than this. */
  limit: Readonly<Label>
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

/**
 * Up to count paths, best first, of the query that the search has begun; best is the first of them.
 *
 * @param backup - the best of the paths that share no forwarder with best; it is one of those given, at the latest the last. Nothing
 * worse is looked for while there is more than one place left, so that knowing it makes the others cheaper to find.
 */
export function cheapestPaths (search: PathSearch, best: RankedPath | undefined, count: number, maxForwarders: number, backup?: RankedPath): RankedPath[] {
  const accepted: RankedPath[] = []
  const parts: Parts = { search, accepted, candidates: best === undefined ? [] : [{ ...best, deviation: 0 }], maxForwarders, wanted: count, limit: backup ?? WORST }
  let isBackupDue = backup !== undefined
  while (accepted.length < count) {
    const next = parts.candidates.shift()
    if (next !== undefined) {
      accepted.push(next)
    } else if (!isBackupDue) {
      return accepted
    }
    parts.wanted = count - accepted.length - (isBackupDue ? 1 : 0)
    if (isBackupDue && (next === undefined || parts.wanted === 0)) {
      accepted.push(backup as RankedPath)
      isBackupDue = false
      parts.limit = WORST
      splitAll(parts)
    } else if (next !== undefined) {
      split(parts, next)
    }
  }
  return accepted
}

/**
 * Searches all parts that the accepted paths leave, of which nothing is known. First those that begin at none of their entries:
 * the search from both ends is quick, and what it finds bounds all others.
 */
function splitAll (parts: Parts): void {
  if (parts.wanted > 0) {
    searchPart(parts, [], START)
    for (const [rank, path] of parts.accepted.entries()) {
      const shared = parts.accepted.slice(0, rank).map(before => sharedLength(before.nodes, path.nodes))
      split(parts, { ...path, deviation: 1 + Math.max(0, ...shared) })
    }
  }
}

/**
 * Finds the best path of each part that an accepted path leaves, and keeps the best ones, no more than are wanted. The longest
 * prefixes come first: little remains to be searched after them, and what they give bounds the others.
 */
function split (parts: Parts, path: Candidate): void {
  const { search, maxForwarders, wanted } = parts
  const { costs } = search
  const { nodes } = path
  if (wanted === 0) {
    return
  }
  const labels = [START]
  try {
    for (let length = 1; length <= nodes.length && length < maxForwarders; length++) {
      labels.push(stepTo(search, labels[length - 1], nodes, length - 1))
      costs.blocked[nodes[length - 1]] = 1
    }
    for (let length = labels.length - 1; length >= path.deviation; length--) {
      searchPart(parts, nodes.slice(0, length), labels[length])
      if (length > 0) {
        costs.blocked[nodes[length - 1]] = 0
      }
    }
  } finally {
    for (const node of nodes) {
      costs.blocked[node] = 0
    }
  }
}

/** The best path of those that follow the prefix and then leave all accepted ones becomes a candidate, if it is good enough. */
function searchPart (parts: Parts, prefix: number[], label: Label): void {
  const { search, accepted, wanted, limit } = parts
  const taken = accepted.filter(other => sharesPrefix(other.nodes, prefix)).map(other => other.nodes[prefix.length] ?? DESTINATION)
  const bound = parts.candidates.length < wanted ? limit : parts.candidates[wanted - 1]
  const candidate = bestAfter(search, prefix, label, taken, bound)
  if (candidate !== undefined) {
    parts.candidates = [...parts.candidates, candidate].sort(compareRanked).slice(0, wanted)
  }
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

function sharedLength (a: readonly number[], b: readonly number[]): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) {
    length++
  }
  return length
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
