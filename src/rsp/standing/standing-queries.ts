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
import { OverQuotaError } from '../../../protocols/errors.ts'
import { Patience } from '../../path-finding/patience.ts'
import { QUESTION_MS } from '../work-budget.ts'
import { bestAtFloors, excessOf, scaled } from './question-group.ts'
import { changedLinks } from './changed-links.ts'
import { degradedBy, judge, namesNode } from './standing-query.ts'
import type { WatchAnswer } from '../../../protocols/route/watch.ts'
import type { Graph } from '../../topology/graph.ts'
import type { StandingInit, StandingQuery } from './standing-query.ts'
import type { WorkBudget } from '../work-budget.ts'
import type { Logger } from '@libp2p/interface'

const MAX_QUERIES = 16_384
/** Searches in one look: a tenth of a millisecond each, unless they are of costly texts. */
const MAX_SEARCHES = 48
/** After so long a look compiles and searches for no more: nobody is answered meanwhile. To compile has the first half of it. */
const MAX_LOOK_MS = 50
/** One search in a look. Who needs more of it is told of what is found by then. */
const SEARCH_MS = 25
/** One query is not searched for again sooner. */
const SEARCH_INTERVAL_MS = 1_000
const TURNS = 2
/** Of so many texts it is looked whether they are to be compiled anew in one look, and so many are: a tenth of a millisecond each, or more. */
const MAX_BASES = 1_024
const MAX_REBASED = 64
/** Paths that may age out of a query's limits are looked at once in so many looks, a second; of more than so many it takes longer: each takes some µs. */
const LOOKS_PER_AGE = 4
const MAX_AGED = 2_048

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
  readonly #queries = new Set<StandingQuery>()
  readonly #groups: QuestionGroups
  readonly #present = new PresentPaths<StandingQuery>()
  /** To be searched for. */
  #pending: StandingQuery[] = []
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
   * @throws OverQuotaError - of more kinds than are kept, or than one host may ask, or the table is full; what judging the question throws
   */
  add (init: StandingInit, graph: Graph): { end: () => void, answer: Promise<WatchAnswer> } {
    this.follow(graph)
    const { promise: answer, resolve } = Promise.withResolvers<WatchAnswer>()
    const { question, present, margin } = init
    if (present !== undefined && question.breaks?.(graph, present) === true) {
      this.counters.failed++
      return { end: () => {}, answer: Promise.resolve({ event: 'failed', change: 0 }) }
    }
    const patience = new Patience(this.#clock, QUESTION_MS)
    const best = question.bestCost(graph, patience)
    const presentCost = present === undefined ? Infinity : question.costOf(graph, present)
    const cost = presentCost < Infinity ? presentCost : best
    const { basis } = question
    this.#groups.check(question, init.host)
    if (this.isFull) {
      init.makeRoom?.()
    }
    if (this.isFull) {
      throw new OverQuotaError('no more standing queries are kept: ask in a while whether something is better')
    }
    // last, for whoever has joined must be added
    const group = this.#groups.join(question, init.host)
    const query: StandingQuery = {
      init: presentCost < Infinity ? init : { ...init, present: undefined },
      question,
      group,
      untilMs: this.#clock() + init.lifetimeMs,
      firstCost: cost,
      cost,
      knownCost: best <= scaled(question, cost, 1 - margin) ? best : Infinity,
      threshold: 0,
      // of a search that was cut short nothing is known but that there may be something better
      best: patience.isCutShort ? 0 : bestAtFloors(question, best, margin),
      place: -1,
      searchedMs: this.#clock(),
      isSlow: patience.isCutShort,
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
    if (query.best < query.threshold && query.isSlow) {
      this.#wait(query)
    }
    return { end, answer }
  }

  /** Looks at what has changed. To be called a few times per second. */
  look (graph: Graph): void {
    const nowMs = this.#clock()
    this.counters.looks++
    this.follow(graph)
    for (const query of this.#queries) {
      if (query.untilMs <= nowMs) {
        this.#end(query, { event: 'ended', change: 0 })
      }
    }
    this.#lookAtAges(graph)
    const startedMs = this.#clock()
    this.#lookAtBases(graph, startedMs + MAX_LOOK_MS / 2)
    this.#takeTurns(nowMs)
    this.#search(graph, nowMs, startedMs + MAX_LOOK_MS)
    this.#bounds.refreshNext()
  }

  /** The number goes to another node, or to none: a path over it is none, and who has said how near it is to him is to ask anew. */
  removeNode (node: number): void {
    for (const query of this.#queries) {
      if (query.init.present?.includes(node) === true) {
        this.counters.failed++
        this.#end(query, { event: 'failed', change: 0 })
      } else if (namesNode(query, node)) {
        this.#end(query, { event: 'ended', change: 0 })
      }
    }
  }

  /** Takes in what has changed since it was followed last. `add` and `look` do it too; it is the work of nobody who asks. */
  follow (graph: Graph): void {
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
    const touched = new Set<StandingQuery>()
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
        group.changed(before, graph, link, (standing) => { this.#wait(standing as StandingQuery) })
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

  #lookAtPresent (query: StandingQuery, graph: Graph): void {
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
  #lookAtBases (graph: Graph, untilMs: number): void {
    let left = MAX_REBASED
    for (let looked = Math.min(MAX_BASES, this.#queries.size); looked > 0 && left > 0; looked--) {
      const query = this.#bases.next()
      if (query?.basis !== undefined && this.#mayWork(query)) {
        const basis = this.#judged(query, () => this.#onAccountOf(query, () => query.question.basis))
        if (basis !== query.basis && this.#queries.has(query)) {
          left = this.#clock() < untilMs ? left - 1 : 0
          query.basis = basis
          this.#lookAtPresent(query, graph)
        }
      }
    }
  }

  #wait (query: StandingQuery): void {
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

  /** Those whose searches were cut short come last, so that nobody waits for them. */
  #search (graph: Graph, nowMs: number, untilMs: number): void {
    const [pending, later]: StandingQuery[][] = [this.#pending, []]
    // what must be searched for once more
    this.#pending = []
    let left = MAX_SEARCHES
    for (const query of [...pending.filter(({ isSlow }) => !isSlow), ...pending.filter(({ isSlow }) => isSlow)]) {
      if (!this.#queries.has(query)) {
        continue
      }
      if (left === 0 || nowMs - query.searchedMs < SEARCH_INTERVAL_MS || !this.#mayWork(query)) {
        later.push(query)
        continue
      }
      query.isPending = false
      query.searchedMs = nowMs
      this.#searchFor(query, graph)
      left = this.#clock() < untilMs ? left - 1 : 0
    }
    this.#pending = [...later, ...this.#pending]
  }

  #searchFor (query: StandingQuery, graph: Graph): void {
    this.counters.searches++
    const patience = new Patience(this.#clock, SEARCH_MS)
    const best = this.#judged(query, () => this.#onAccountOf(query, () => query.question.bestCost(graph, patience)))
    if (best === undefined) {
      return
    }
    query.isSlow = patience.isCutShort
    if (best < query.threshold) {
      this.counters.better++
      this.#end(query, { event: 'better', change: excessOf(query.question, query.cost, best) })
    } else if (!patience.isCutShort) {
      query.best = bestAtFloors(query.question, best, query.init.margin)
      query.group.update(query)
    } else if (query.best < query.threshold) {
      // what was left out may be better: what was known of the best holds still
      this.#wait(query)
    }
  }

  #mayWork ({ init }: StandingQuery): boolean {
    return this.#budget === undefined || this.#budget.waitMs(init) === 0
  }

  #onAccountOf<Result> ({ init }: StandingQuery, work: () => Result): Result {
    return this.#budget === undefined ? work() : this.#budget.spend(init, work)
  }

  /** What cannot be judged ends, and nobody else hears of it. */
  #judged<Result> (query: StandingQuery, judge: () => Result): Result | undefined {
    try {
      return judge()
    } catch (error) {
      this.#log?.('a standing query cannot be judged any more - %e', error)
      this.#end(query, { event: 'ended', change: 0 })
      return undefined
    }
  }

  #end (query: StandingQuery, answer: WatchAnswer): void {
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
