// The measurement plan in real time: which links between the forwarders are watched now. A round goes through the plan's batches
// (plan-batch.ts).
//
//   round n-1: measured links ──────────────────────────────┐ watched until round n is over,
//   round n:   backbone, hubs, twins, proposals … growing ──┤ so that there is always a whole round to answer from
//   offers:    links of paths that hosts may be using ──────┘
//
// Where the budget has room for all links, all are watched, and nothing is planned. Otherwise a round is for the forwarders that there were
// when it began: who comes waits for the next one, and who goes does not answer any more. Only where many have come is it begun anew.
import { KeyedLinks, joined } from './keyed-links.ts'
import { BATCH_MS, PlanBatch } from './plan-batch.ts'
import { RoundPace } from './measurement-plan/round-pace.ts'
import type { GivenInit, GivenLink } from './exchange/shared-links.ts'
import type { LinkEstimate } from './link-view.ts'
import type { LinkPair, Measurement } from './measurement-plan/link-memory.ts'
import type { Planner } from './measurement-plan/planner.ts'
import type { Logger } from '@libp2p/interface'

/** The natural budget: 5 % of the links of 490 nodes. On half the nodes it takes 10 % to do as well, so it goes by nodes. */
export const DEFAULT_LINKS_PER_FORWARDER = 12

const TICK_MS = 500
/** Forwarders come in bunches. */
const SETTLE_MS = 500
const MAX_SETTLE_MS = 3_000
/**
 * A round is broken off only where there are so many times more forwarders than it began with: of twenty one more will do. Those who come while
 * others go do not count, nor those who come back: where one of hundreds does every few seconds, no round would ever end.
 */
const GROWN = 1.05
/** What others tell is renewed every half minute. */
const GIVEN_MS = 45_000
/** A small budget goes to audits for a tenth, but for a few links at least: without them nobody would ever be believed. */
const MAX_AUDIT_SHARE = 0.1
const MIN_AUDITS = 4
/** How often the links of offers are looked at. */
const OFFERS_MS = 5_000

export interface LivePlanInit {
  map: {
    estimate: (a: string, b: string) => Pick<LinkEstimate, 'rttUs' | 'measuredAtMs'> | undefined
    links: () => Iterable<{ from: string, to: string, rttUs: number }>
  }
  planner: Planner
  /** How many links are measured per round: so many times the number of forwarders. */
  linksPerForwarder?: number
  /** Links between forwarders that offers are made of, by the clock. */
  offered?: (clockMs: number) => Iterable<readonly [a: string, b: string]>
  /** Links of which others have told us since then, so that we need not look; `isOwn`: those measured in the round before, `isKnown`: those of no interest. */
  given?: (sinceMs: number, sorting: Pick<GivenInit, 'isOwn' | 'isKnown'>) => Iterable<GivenLink>
  /** Links of others to measure in a round all the same, to know whether to believe them. */
  audits?: (sinceMs: number, isOwn: (a: string, b: string) => boolean) => ReadonlyArray<readonly [a: string, b: string]>
  /** What is watched has changed at these forwarders. */
  onChange: (keys: ReadonlySet<string>) => void
  /** Unix time, ms: what measurements are dated with. */
  now: () => number
  /** Monotonic, ms: what the plan is paced with, so that a clock that is set does not hold it up. */
  clock: () => number
  log: Logger
}

export interface LivePlanStatus {
  /** Rounds that were finished. */
  rounds: number
  /** Links watched now, and all that there are between the forwarders. */
  watchedLinks: number
  possibleLinks: number
  /** Where others tell: links of this round that they have measured for us, and those that we measure to know whether to believe them. */
  givenLinks?: number
  auditedLinks?: number
  /** Shares of the links measured in the last round that have moved since the one before; undefined before the second. */
  movedShare?: number
}

export class LivePlan {
  readonly #init: LivePlanInit
  readonly #members = new Set<string>()
  readonly #pace = new RoundPace()
  /** Members that have left since it was last told what is watched. Who is back by then has changed too: whoever measures has let its links go. */
  readonly #left = new Set<string>()
  /** The forwarders of this round, by their numbers in the plan. */
  #nodes: string[] = []
  #before = new KeyedLinks()
  #round = new KeyedLinks()
  #watched = new KeyedLinks()
  #given = new KeyedLinks()
  #audits = new KeyedLinks()
  #batch: PlanBatch | undefined
  /** The planner is thinking. */
  #isThinking = false
  /** These are of the monotonic clock. */
  #changedAtMs = Number.POSITIVE_INFINITY
  #changedSinceMs = Number.POSITIVE_INFINITY
  #nextRoundMs = Number.POSITIVE_INFINITY
  #offersAtMs = Number.NEGATIVE_INFINITY
  #rounds = 0
  #timer: ReturnType<typeof setInterval> | undefined
  #isStopped = false

  constructor (init: LivePlanInit) {
    this.#init = init
  }

  start (): void {
    this.#timer = setInterval(() => { this.#tick() }, TICK_MS)
  }

  stop (): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#init.planner.stop()
  }

  add (key: string): void {
    if (!this.#members.has(key)) {
      this.#members.add(key)
      this.#memberChanged()
    }
  }

  remove (key: string): void {
    if (this.#members.delete(key)) {
      this.#left.add(key)
      this.#memberChanged()
    }
  }

  /** The forwarders to which this one's links are watched, the most important first. */
  targetsOf (key: string): ReadonlySet<string> {
    return this.#watched.of(key)
  }

  isWatched (a: string, b: string): boolean {
    return this.#watched.has(a, b)
  }

  /** All links that are watched. */
  links (): Iterable<readonly [a: string, b: string]> {
    return this.#watched.links()
  }

  get status (): LivePlanStatus {
    const { size } = this.#members
    return {
      rounds: this.#rounds,
      watchedLinks: this.#watched.size,
      possibleLinks: size * (size - 1) / 2,
      ...(this.#init.given === undefined ? {} : { givenLinks: this.#given.size, auditedLinks: this.#audits.size }),
      ...(this.#pace.movedShare === undefined ? {} : { movedShare: this.#pace.movedShare })
    }
  }

  #memberChanged (): void {
    this.#changedAtMs = this.#init.clock()
    this.#changedSinceMs = Math.min(this.#changedSinceMs, this.#changedAtMs)
  }

  get #budgetLinks (): number {
    return Math.round((this.#init.linksPerForwarder ?? DEFAULT_LINKS_PER_FORWARDER) * this.#members.size)
  }

  get #hasRoomForAll (): boolean {
    return this.status.possibleLinks <= this.#budgetLinks
  }

  #tick (): void {
    const clockMs = this.#init.clock()
    if (this.#isThinking) {
      return
    }
    if (clockMs >= this.#nextRoundMs || this.#isOutdated(clockMs)) {
      this.#begin(clockMs)
    } else if (this.#batch !== undefined) {
      this.#look(this.#batch, clockMs)
    }
    if (clockMs - this.#offersAtMs >= OFFERS_MS) {
      this.#watch()
    }
  }

  /** Whether the forwarders have changed so much that the next round should begin now. */
  #isOutdated (clockMs: number): boolean {
    if (clockMs - this.#changedAtMs < SETTLE_MS && clockMs - this.#changedSinceMs < MAX_SETTLE_MS) {
      return false
    }
    if (this.#hasRoomForAll || this.#nodes.length === 0) {
      return true
    }
    return this.#batch === undefined ? clockMs >= this.#pace.soonestMs : this.#members.size >= GROWN * this.#nodes.length
  }

  /** Of a round, for the forwarders that there are now. */
  #begin (clockMs: number): void {
    const numbers = new Map(this.#nodes.map((key, number) => [key, number]))
    this.#changedAtMs = this.#changedSinceMs = this.#nextRoundMs = Number.POSITIVE_INFINITY
    this.#batch = undefined
    if (this.#hasRoomForAll) {
      this.#watchAll()
      return
    }
    const isFirst = this.#nodes.length === 0
    this.#nodes = [...this.#members]
    // of a round that was broken off, what it has measured so far is all that there is besides the one before
    this.#before = joined(this.#members, [this.#round, this.#before], this.#budgetLinks)
    this.#round = new KeyedLinks()
    this.#pace.begin(clockMs)
    this.#drawAudits()
    this.#given = new KeyedLinks()
    const given = this.#takeGiven()
    void this.#think(async () => this.#init.planner.begin({
      previous: this.#nodes.map((key) => numbers.get(key) ?? -1),
      budgetLinks: Math.max(0, this.#budgetLinks - this.#audits.size),
      known: isFirst ? this.#known() : [],
      given
    }))
  }

  #watchAll (): void {
    this.#nodes = []
    this.#before = new KeyedLinks()
    this.#round = new KeyedLinks()
    this.#audits = new KeyedLinks()
    this.#given = new KeyedLinks()
    const all = [...this.#members]
    all.forEach((a, i) => {
      for (const b of all.slice(i + 1)) {
        this.#round.add(a, b)
      }
    })
    this.#watch()
  }

  /** What the map knows of the forwarders' links without us: from before a restart, or from when all were watched. */
  #known (): Measurement[] {
    const numbers = new Map(this.#nodes.map((key, number) => [key, number]))
    const known: Measurement[] = []
    for (const { from, to, rttUs } of this.#init.map.links()) {
      const [a, b] = [numbers.get(from), numbers.get(to)]
      if (a !== undefined && b !== undefined && a < b) {
        known.push({ a, b, rttMs: rttUs / 1_000 })
      }
    }
    return known
  }

  /** What others have told since it was last asked for, in the numbers of the plan. */
  #takeGiven (): Measurement[] {
    const numbers = new Map(this.#nodes.map((key, number) => [key, number]))
    const taken: Measurement[] = []
    const sorting: Parameters<NonNullable<LivePlanInit['given']>>[1] = {
      isOwn: (a, b) => this.#before.has(a, b),
      isKnown: (a, b) => this.#given.has(a, b) || this.#round.has(a, b)
    }
    for (const { a: keyA, b: keyB, rttMs } of this.#init.given?.(this.#init.now() - GIVEN_MS, sorting) ?? []) {
      const [a, b] = [numbers.get(keyA), numbers.get(keyB)]
      if (a !== undefined && b !== undefined) {
        this.#given.add(keyA, keyB)
        taken.push({ a, b, rttMs })
      }
    }
    return taken
  }

  #drawAudits (): void {
    this.#audits = new KeyedLinks()
    const drawn = this.#init.audits?.(this.#init.now() - GIVEN_MS, (a, b) => this.#watched.has(a, b)) ?? []
    for (const [a, b] of drawn.slice(0, Math.max(MIN_AUDITS, Math.floor(MAX_AUDIT_SHARE * this.#budgetLinks)))) {
      this.#audits.add(a, b)
    }
  }

  async #think (ask: () => Promise<readonly LinkPair[]>): Promise<void> {
    this.#isThinking = true
    try {
      const batch = await ask()
      if (!this.#isStopped) {
        this.#take(batch)
      }
    } catch (error) {
      if (this.#isStopped) {
        // a planner that is stopped fails what it is asked
        return
      }
      this.#init.log.error('the measurement plan failed; it begins anew - %e', error)
      this.#nodes = []
      this.#nextRoundMs = this.#init.clock() + BATCH_MS
    } finally {
      this.#isThinking = false
    }
  }

  #take (pairs: readonly LinkPair[]): void {
    const clockMs = this.#init.clock()
    if (pairs.length === 0) {
      this.#rounds++
      this.#before = new KeyedLinks()
      this.#nextRoundMs = this.#pace.end(clockMs)
      this.#watch()
      return
    }
    const links = pairs.map((pair) => {
      const [a, b] = [this.#nodes[pair[0]], this.#nodes[pair[1]]]
      return { pair, a, b, wasWatched: this.#watched.has(a, b) }
    })
    for (const { a, b } of links) {
      this.#round.add(a, b)
    }
    const isThere = (a: string, b: string): boolean => this.#members.has(a) && this.#members.has(b)
    this.#batch = new PlanBatch({ links, estimate: (a, b) => this.#init.map.estimate(a, b), isThere, clockMs })
    this.#watch()
  }

  /** Has everything been measured? */
  #look (batch: PlanBatch, clockMs: number): void {
    for (const { a, b, rttMs } of batch.look({ nowMs: this.#init.now(), clockMs })) {
      this.#pace.measured(a, b, rttMs)
    }
    if (batch.isOver(clockMs)) {
      this.#batch = undefined
      const { results } = batch
      const given = this.#takeGiven()
      void this.#think(async () => this.#init.planner.next([...results, ...given]))
    }
  }

  /** Tells of what is watched from now on. This round's links come first, since those who watch take only so many. */
  #watch (): void {
    const clockMs = this.#offersAtMs = this.#init.clock()
    const offered = new KeyedLinks()
    for (const [a, b] of this.#init.offered?.(clockMs) ?? []) {
      offered.add(a, b)
    }
    const watched = joined(this.#members, [this.#round, this.#audits, offered, this.#before])
    const changed = new Set([...this.#members].filter((key) => this.#left.has(key) || !isSame(watched.of(key), this.#watched.of(key))))
    this.#left.clear()
    this.#watched = watched
    if (changed.size > 0) {
      this.#init.onChange(changed)
    }
  }
}

function isSame (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((key) => other.has(key))
}
