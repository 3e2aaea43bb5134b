// Recent answers, by the snapshot they were given on and the query's digest: who asks again before the map has changed costs
// one look-up. Answers on older snapshots are not wrong, only no longer asked for, and are the first to go.
import type { Graph } from '../topology/graph.ts'
import type { FoundPath, PathFinder, PathQuery } from './path-finder.ts'

/** A few hundred bytes each: some megabytes in all. */
const DEFAULT_MAX_ANSWERS = 16_384

/** For the snapshots of one table; when one of another table comes, all is forgotten. */
export class AnswerCache<Answer> {
  readonly #maxAnswers: number
  readonly #answers = new Map<string, Answer>()
  #table: Graph['changes']
  hits = 0
  misses = 0

  constructor (maxAnswers: number = DEFAULT_MAX_ANSWERS) {
    this.#maxAnswers = maxAnswers
  }

  get size (): number {
    return this.#answers.size
  }

  get (graph: Graph, digest: string): Answer | undefined {
    const key = this.#keyOf(graph, digest)
    const answer = this.#answers.get(key)
    if (answer === undefined) {
      this.misses++
      return undefined
    }
    this.hits++
    this.#answers.delete(key)
    this.#answers.set(key, answer)
    return answer
  }

  /** The answer used longest ago makes room. */
  set (graph: Graph, digest: string, answer: Answer): void {
    const key = this.#keyOf(graph, digest)
    this.#answers.delete(key)
    this.#answers.set(key, answer)
    if (this.#answers.size > this.#maxAnswers) {
      this.#answers.delete(this.#answers.keys().next().value as string)
    }
  }

  #keyOf (graph: Graph, digest: string): string {
    if (graph.changes !== this.#table) {
      this.#answers.clear()
      this.#table = graph.changes
    }
    return `${graph.version} ${digest}`
  }
}

/** A finder that remembers what it found. Paths that were remembered are given to several callers, so they are frozen. */
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
    this.cache.set(graph, digest, found)
    return [...found]
  }
}

/** The same for queries that are written the same; of two with the same meaning it may be another. */
function digestOf (query: PathQuery): string {
  const points = (access: PathQuery['source']): string => access.map(({ node, rttUs }) => `${node}:${rttUs}`).join()
  const { source, destination, paths, avoid, avoidSet, maxForwarders, relayCostUs, waypoints = [] } = query
  return [
    points(source), points(destination), paths, maxForwarders, relayCostUs, JSON.stringify(query.weights), JSON.stringify(query.limits ?? {}),
    [...avoid].join(), waypoints.join(), avoidSet?.words.join() ?? ''
  ].join('|')
}
