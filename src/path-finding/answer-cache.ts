// Recent answers, by the snapshot they were given on and the query's digest: who asks again before the map has changed costs
// one look-up. Answers on older snapshots are not wrong, only no longer asked for, and are the first to go.
import type { Graph } from '../topology/graph.ts'
import type { FoundPath, PathFinder, PathQuery } from './path-finder.ts'
import type { Waypoint } from './waypoint.ts'

/** A few hundred bytes each: some megabytes in all. */
const DEFAULT_MAX_ANSWERS = 16_384

/**
 * For the snapshots of one table; when one of another table comes, all is forgotten. Answers are kept in two generations: what is
 * asked for moves into the young one, and when that is full the old one goes. To move them within one map would leave a hole for each
 * use, which later look-ups have to step over.
 */
export class AnswerCache<Answer> {
  readonly #maxPerGeneration: number
  #young = new Map<string, Answer>()
  #old = new Map<string, Answer>()
  #table: Graph['changes']
  hits = 0
  misses = 0

  /** At most so many answers are kept, and of those used last at least half as many. */
  constructor (maxAnswers: number = DEFAULT_MAX_ANSWERS) {
    this.#maxPerGeneration = Math.max(1, Math.floor(maxAnswers / 2))
  }

  get size (): number {
    return this.#young.size + this.#old.size
  }

  get (graph: Graph, digest: string): Answer | undefined {
    const key = this.#keyOf(graph, digest)
    const young = this.#young.get(key)
    const answer = young ?? this.#old.get(key)
    if (answer === undefined) {
      this.misses++
      return undefined
    }
    this.hits++
    if (young === undefined) {
      this.#put(key, answer)
    }
    return answer
  }

  set (graph: Graph, digest: string, answer: Answer): void {
    this.#put(this.#keyOf(graph, digest), answer)
  }

  #put (key: string, answer: Answer): void {
    this.#old.delete(key)
    if (this.#young.size >= this.#maxPerGeneration && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, answer)
  }

  #keyOf (graph: Graph, digest: string): string {
    if (graph.changes !== this.#table) {
      this.#young.clear()
      this.#old.clear()
      this.#table = graph.changes
    }
    return `${graph.version} ${digest}`
  }
}

/**
 * A finder that remembers what it found, unless the query's patience was over: what was left out then is looked for the next time. Paths
 * that were remembered are given to several callers, so they are frozen.
 */
export class CachedFinder implements PathFinder {
  readonly #finder: PathFinder
  readonly cache: AnswerCache<FoundPath[]>

  constructor (finder: PathFinder, maxAnswers?: number) {
    this.#finder = finder
    this.cache = new AnswerCache(maxAnswers)
  }

  find (graph: Graph, query: PathQuery): FoundPath[] {
    const digest = digestOf(query)
    const known = this.cache.get(graph, digest)
    if (known !== undefined) {
      return [...known]
    }
    const found = this.#finder.find(graph, query)
    for (const path of found) {
      Object.freeze(path.nodes)
      Object.freeze(path)
    }
    if (query.patience?.isCutShort !== true) {
      this.cache.set(graph, digest, found)
    }
    return [...found]
  }
}

/** The same for queries that are written the same; of two with the same meaning it may be another. */
function digestOf (query: PathQuery): string {
  const points = (access: PathQuery['source']): string => access.map(({ node, rttUs }) => `${node}:${rttUs}`).join()
  const { source, destination, paths, avoid, avoidSet, maxForwarders, relayCostUs, waypoints = [] } = query
  return [
    points(source), points(destination), paths, maxForwarders, relayCostUs, JSON.stringify(query.weights), JSON.stringify(query.limits ?? {}),
    [...avoid].join(), waypoints.map(textOf).join(' '), avoidSet?.words.join() ?? ''
  ].join('|')
}

function textOf (waypoint: Waypoint): string {
  return typeof waypoint === 'number' ? String(waypoint) : `set ${waypoint.words.join()}`
}
