// Standing queries: tells who waits of a path that is better by their margin, and of their present one when it gets worse by that or fails.
// Looked at a few times per second, at what has changed since:
//
//   changed links ─▶ present-paths.ts: who goes over it? ─▶ its cost now ─▶ failed, degraded
//                 └▶ question-group.ts: to whom can it be worth a better path? ─▶ a few queries ─▶ search ─▶ better
//
// Most changes are noise, and most others are far from most paths, so searches are few. What is left out is gains that are noise by themselves
// (question-group.ts): a path that is better by them alone is found when a query's turn comes, or when its host asks for it again.
import { DistanceBounds } from './distance-bounds.ts'
import { PresentPaths } from './present-paths.ts'
import { QuestionGroups } from './question-groups.ts'
import { Turns } from './turns.ts'
import { bestAtFloors, excessOf, scaled } from './question-group.ts'
import type { WatchAnswer } from '../../../protocols/route/watch.ts'
import type { Graph } from '../../topology/graph.ts'
import type { Question } from './question.ts'
import type { QuestionGroup, Standing } from './question-group.ts'
import type { WorkBudget } from '../work-budget.ts'
import type { Logger } from '@libp2p/interface'

const MAX_QUERIES = 16_384
/** Searches in one look: a tenth of a millisecond each. */
const MAX_SEARCHES = 48
/** One query is not searched for again sooner. */
const SEARCH_INTERVAL_MS = 1_000
const TURNS = 2
/** Of so many texts it is looked whether they are to be compiled anew in one look, and so many are: a tenth of a millisecond each, or more. */
const MAX_BASES = 1_024
const MAX_REBASED = 64
/** Paths that may age out of a query's limits are looked at once in so many looks, a second; of more than so many it takes longer: each takes some µs. */
const LOOKS_PER_AGE = 4
const MAX_AGED = 2_048

export interface StandingInit {
  question: Question
  /** Who asks. */
  host: string
  /** The path in use; undefined where there is none that can be judged. */
  present?: readonly number[]
  /** Share of a cost. */
  margin: number
  lifetimeMs: number
  /** It ends when this fires, and nobody is told. */
  ended?: AbortSignal
}

interface Query extends Standing {
  readonly init: StandingInit
  readonly group: QuestionGroup
  readonly untilMs: number
  /** Of the present path at first, and now; without one what was best at first. */
  readonly firstCost: number
  cost: number
  /** A better path was there from the start: what counts is one that is better than that. */
  readonly knownCost: number
  searchedMs: number
  isPending: boolean
  /** Of its question, as the present path was judged last. */
  basis: unknown
  /** `init.ended` may live longer than it. */
  stopListening: () => void
  settle: (answer: WatchAnswer) => void
}

export interface StandingQueriesInit {
  relayCostUs: number
  /** Ms of any monotonic origin: lives must end though somebody sets the wall clock back. */
  clock: () => number
  maxQueries?: number
  /** Searches in one look for those whose turn it is. */
  turns?: number
  /** Whose searches have to wait, and on whose account they are. Default: nobody's. */
  budget?: Pick<WorkBudget, 'waitMs' | 'spend'>
  log?: Logger
}

export class StandingQueries {
  readonly #clock: () => number
  readonly #maxQueries: number
  readonly #turns: number
  readonly #budget: StandingQueriesInit['budget']
  readonly #log: Logger | undefined
  readonly #bounds: DistanceBounds
  readonly #queries = new Set<Query>()
  readonly #groups: QuestionGroups
  readonly #present = new PresentPaths<Query>()
  /** To be searched for. */
  #pending: Query[] = []
  readonly #searched = new Turns(this.#queries)
  readonly #bases = new Turns(this.#queries)
  readonly #aged = new Turns(this.#queries)
  #graph: Graph | undefined
  readonly counters = { looks: 0, changes: 0, searches: 0, better: 0, degraded: 0, failed: 0 }

  constructor ({ relayCostUs, clock, maxQueries = MAX_QUERIES, turns = TURNS, budget, log }: StandingQueriesInit) {
    this.#clock = clock
    this.#maxQueries = maxQueries
    this.#turns = turns
    this.#budget = budget
    this.#log = log
    this.#bounds = new DistanceBounds({ relayCostUs })
    this.#groups = new QuestionGroups(this.#bounds)
  }

  get size (): number {
    return this.#queries.size
  }

  /** Memory for distances, which nobody needs while there is no query. */
  get boundsBytes (): number {
    return this.#bounds.byteLength
  }

  get isFull (): boolean {
    return this.#queries.size >= this.#maxQueries
  }

  /**
   * Waits for something to tell. A better path that is there already was offered when it was asked for, and is not told of again; a present one
   * that is no answer from the start is told of at once.
   *
   * @param graph - the newest snapshot
   * @returns how to end it early, and what comes of it
   * @throws OverQuotaError - of more kinds than are kept, or than one host may ask; what judging the question throws
   */
  add (init: StandingInit, graph: Graph): { end: () => void, answer: Promise<WatchAnswer> } {
    this.#follow(graph)
    const { promise: answer, resolve } = Promise.withResolvers<WatchAnswer>()
    const { question, present, margin } = init
    if (present !== undefined && question.breaks?.(graph, present) === true) {
      this.counters.failed++
      return { end: () => {}, answer: Promise.resolve({ event: 'failed', change: 0 }) }
    }
    const best = question.bestCost(graph)
    const presentCost = present === undefined ? Infinity : question.costOf(graph, present)
    const cost = presentCost < Infinity ? presentCost : best
    const { basis } = question
    // last, for whoever has joined must be added
    const group = this.#groups.join(question, init.host)
    const query: Query = {
      init: presentCost < Infinity ? init : { ...init, present: undefined },
      question,
      group,
      untilMs: this.#clock() + init.lifetimeMs,
      firstCost: cost,
      cost,
      knownCost: best <= scaled(question, cost, 1 - margin) ? best : Infinity,
      threshold: 0,
      best: bestAtFloors(question, best, margin),
      place: -1,
      searchedMs: this.#clock(),
      isPending: false,
      basis,
      stopListening: () => { init.ended?.removeEventListener('abort', end) },
      settle: resolve
    }
    const end = (): void => { this.#end(query, { event: 'ended', change: 0 }) }
    judge(query)
    this.#queries.add(query)
    query.group.add(query)
    this.#present.add(query.init.present ?? [], query)
    init.ended?.addEventListener('abort', end, { once: true })
    return { end, answer }
  }

  /** Looks at what has changed. To be called a few times per second. */
  look (graph: Graph): void {
    const nowMs = this.#clock()
    this.counters.looks++
    this.#follow(graph)
    for (const query of this.#queries) {
      if (query.untilMs <= nowMs) {
        this.#end(query, { event: 'ended', change: 0 })
      }
    }
    this.#lookAtAges(graph)
    this.#lookAtBases(graph)
    this.#takeTurns(nowMs)
    this.#search(graph, nowMs)
    this.#bounds.refreshNext()
  }

  #follow (graph: Graph): void {
    const before = this.#graph
    this.#graph = graph
    if (before === graph) {
      return
    }
    const changed = before === undefined ? undefined : changedLinks(before, graph)
    const hasAnchors = this.#bounds.follow(graph, changed)
    if (before === undefined || changed === undefined || !hasAnchors) {
      this.#beginAnew(graph)
      return
    }
    this.counters.changes += changed.length
    const touched = new Set<Query>()
    for (const [from, to] of changed) {
      for (const query of this.#present.over(from, to)) {
        touched.add(query)
      }
    }
    for (const query of touched) {
      this.#lookAtPresent(query, graph)
    }
    for (const [from, to] of changed) {
      const link = { from, to, places: [before.linkBetween(from, to), graph.linkBetween(from, to)] as const }
      for (const group of this.#groups.all) {
        group.changed(before, graph, link, (standing) => { this.#wait(standing as Query) })
      }
    }
  }

  /** It is not known what has changed, or how far it is from whom. */
  #beginAnew (graph: Graph): void {
    for (const group of this.#groups.all) {
      group.beginAnew()
    }
    for (const query of this.#queries) {
      this.#lookAtPresent(query, graph)
      this.#wait(query)
    }
  }

  #lookAtPresent (query: Query, graph: Graph): void {
    const { init: { present, margin }, question, firstCost } = query
    if (present === undefined || !this.#queries.has(query)) {
      return
    }
    const cost = this.#judged(query, () => question.costOf(graph, present))
    if (cost === undefined) {
      return
    }
    query.cost = cost
    if (query.cost === Infinity) {
      this.counters.failed++
      this.#end(query, { event: 'failed', change: 0 })
    } else if (query.cost > scaled(question, firstCost, 1 + margin)) {
      this.counters.degraded++
      this.#end(query, { event: 'degraded', change: degradedBy(query) })
    } else {
      judge(query)
      query.group.update(query)
      if (query.best < query.threshold) {
        this.#wait(query)
      }
    }
  }

  #lookAtAges (graph: Graph): void {
    for (let looked = Math.min(MAX_AGED, Math.ceil(this.#queries.size / LOOKS_PER_AGE)); looked > 0; looked--) {
      const query = this.#aged.next()
      if (query?.question.ages === true) {
        this.#lookAtPresent(query, graph)
      }
    }
  }

  /** Texts are compiled anew where forwarders say other things of themselves, which these may do as often as they like: so many in one look, in turns. */
  #lookAtBases (graph: Graph): void {
    let left = MAX_REBASED
    for (let looked = Math.min(MAX_BASES, this.#queries.size); looked > 0 && left > 0; looked--) {
      const query = this.#bases.next()
      if (query?.basis !== undefined && this.#mayWork(query)) {
        const basis = this.#judged(query, () => this.#onAccountOf(query, () => query.question.basis))
        if (basis !== query.basis && this.#queries.has(query)) {
          left--
          query.basis = basis
          this.#lookAtPresent(query, graph)
        }
      }
    }
  }

  #wait (query: Query): void {
    if (!query.isPending) {
      query.isPending = true
      this.#pending.push(query)
    }
  }

  #takeTurns (nowMs: number): void {
    for (let turns = Math.min(this.#turns, this.#queries.size); turns > 0; turns--) {
      const query = this.#searched.next()
      if (query !== undefined && nowMs - query.searchedMs >= SEARCH_INTERVAL_MS) {
        this.#wait(query)
      }
    }
  }

  #search (graph: Graph, nowMs: number): void {
    const later: Query[] = []
    let left = MAX_SEARCHES
    for (const query of this.#pending) {
      if (!this.#queries.has(query)) {
        continue
      }
      if (left === 0 || nowMs - query.searchedMs < SEARCH_INTERVAL_MS || !this.#mayWork(query)) {
        later.push(query)
        continue
      }
      left--
      query.isPending = false
      query.searchedMs = nowMs
      this.#searchFor(query, graph)
    }
    this.#pending = later
  }

  #searchFor (query: Query, graph: Graph): void {
    this.counters.searches++
    const best = this.#judged(query, () => this.#onAccountOf(query, () => query.question.bestCost(graph)))
    if (best === undefined) {
      return
    }
    if (best < query.threshold) {
      this.counters.better++
      this.#end(query, { event: 'better', change: excessOf(query.question, query.cost, best) })
    } else {
      query.best = bestAtFloors(query.question, best, query.init.margin)
      query.group.update(query)
    }
  }

  #mayWork ({ init: { host } }: Query): boolean {
    return this.#budget === undefined || this.#budget.waitMs(host) === 0
  }

  #onAccountOf<Result> ({ init: { host } }: Query, work: () => Result): Result {
    return this.#budget === undefined ? work() : this.#budget.spend(host, work)
  }

  /** What cannot be judged ends, and nobody else hears of it. */
  #judged<Result> (query: Query, judge: () => Result): Result | undefined {
    try {
      return judge()
    } catch (error) {
      this.#log?.('a standing query cannot be judged any more - %e', error)
      this.#end(query, { event: 'ended', change: 0 })
      return undefined
    }
  }

  #end (query: Query, answer: WatchAnswer): void {
    if (!this.#queries.delete(query)) {
      return
    }
    const { group, question, init: { host, present = [] } } = query
    this.#present.remove(present, query)
    group.remove(query)
    this.#groups.leave(question, host)
    if (this.#queries.size === 0) {
      this.#bounds.forget()
    }
    query.stopListening()
    query.settle(answer)
  }
}

function judge (query: Query): void {
  query.threshold = scaled(query.question, Math.min(query.cost, query.knownCost), 1 - query.init.margin)
}

function degradedBy ({ question, cost, firstCost }: Query): number {
  const share = excessOf(question, cost, firstCost)
  return share < 1 ? share / (1 - share) : 1
}

/** The ends of each link that is not as it was, once each; undefined where that is not known. */
function changedLinks (before: Graph, after: Graph): Array<readonly [number, number]> | undefined {
  const { changes } = after
  if (changes === undefined || changes !== before.changes || changes.count(before.version, after.version) === -1) {
    return undefined
  }
  const links = new Map<number, readonly [number, number]>()
  changes.each(before.version, after.version, (from, to) => { links.set(from * 65_536 + to, [from, to]) })
  return [...links.values()]
}
