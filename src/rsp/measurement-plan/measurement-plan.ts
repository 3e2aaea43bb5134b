// What is measured: under a budget of links per round, the few links that good paths use, and a search for better ones.
// A round goes from what is sure to what is guessed:
//
//   backbone   the links that most shortest paths use, each path by what it may save, going by what is remembered; as many as earn more than
//              exploring would find with them
//   exploring  five searches that share by what they find: nodes tried as relays, of which the best get all their links measured; pairs that look
//              like neighbours; pairs that look nearer than their path is long; links that paths would use if the model's guesses were right;
//              and more links of the nodes that carry most for those that are known
//   proposals  what shortest paths would use most, the round's own values, remembered ones and guesses taken together
//   the rest   drawn
//
// The less is unknown, the less is searched: after a sweep of all links, proposals are backbone again, chosen by the round's own values.
// The plan does no I/O and knows no clock. Whoever drives it (reports, surveys, a replay) measures the batches that it yields.
import { AllPairs } from './all-pairs.ts'
import { Exploration } from './exploration.ts'
import { HubSearch } from './hub-search.ts'
import { LinkMemory } from './link-memory.ts'
import { mostUsed, worthwhile } from './backbone.ts'
import { Round } from './round.ts'
import { RttModel } from './rtt-model.ts'
import { choosePaths } from './path-choice.ts'
import { continueRows } from './row-search.ts'
import { defaultRoutes, pairWorth, totalWorthMs } from './pair-worth.ts'
import { likelyDetours, likelyNeighbours } from './neighbour-search.ts'
import type { Links, Measurement } from './link-memory.ts'
import type { Measuring } from './round.ts'
import type { PathChoice } from './path-choice.ts'
import type { Search } from './exploration.ts'

/** As long as nothing is known of what exploring finds: so many links per node, but something must be left for the search. */
const BACKBONE_LINKS_PER_NODE = 3.7
const MAX_BACKBONE_SHARE = 0.35

/**
 * Once it is known what exploring finds, the backbone is as large as it earns: what its last link saves in this round, a link that is measured in
 * exploring must find in so many. Longer, and later rounds gain more at the cost of the first ones.
 */
const HORIZON_ROUNDS = 10
/** Bounds of that: links per node, and the share of the budget; proposals know the round's own values, and choose better than what is remembered. */
const LEAST_BACKBONE_PER_NODE = 1
const MOST_BACKBONE_SHARE = 0.5

/** The last ones come in so many steps, each knowing what the one before has measured. */
const PROPOSALS = 2

/** Parts of the exploring at first: relays find most while little is known, looked for and gone on with. What they find decides later. */
const FIRST_HUB_PART = 0.172
const FIRST_ROW_PART = 0.444
const FIRST_OTHER_PART = 0.128

/** A hub is of use with all its links. Two are looked for at once, with a quarter of the links: the larger the field, the better the winners. */
const HUB_LINKS_PER_NODE = 2.5

/**
 * The first round knows nothing: it draws some links to fit the model to, and proposes twice, before it looks for hubs and after. With
 * fewer drawn, the search for hubs goes astray.
 */
const FIRST_DRAWN_SHARE = 0.3
const FIRST_PROPOSED_SHARE = 0.15
const FIRST_PROPOSALS = 3
const FIRST_HUB_SHARE = 0.4
const FIRST_LAST_PROPOSALS = 4

export interface MeasurementPlanInit {
  /** 0 to MAX_NODES of link-memory.ts. */
  nodeCount: number
  /** What each relay adds to a path, in ms. */
  relayCostMs: number
  /** From 0 to 1. */
  random: () => number
}

export class MeasurementPlan {
  readonly #init: MeasurementPlanInit
  #memory: LinkMemory
  #paths: AllPairs
  #model: RttModel
  #hubs: HubSearch
  readonly #exploration: Exploration

  /** Throws RangeError for a number of nodes out of bounds. */
  constructor (init: MeasurementPlanInit) {
    const { nodeCount, relayCostMs, random } = this.#init = init
    this.#memory = new LinkMemory(nodeCount)
    this.#paths = new AllPairs(nodeCount, relayCostMs)
    this.#model = new RttModel(nodeCount, random)
    this.#hubs = new HubSearch(nodeCount, { relayCostMs, random })
    this.#exploration = new Exploration(this.#searches(), init.random)
  }

  get memory (): LinkMemory {
    return this.#memory
  }

  /**
   * One round: yields batches of links, none twice, at most `budgetLinks` in all, and takes what was measured in each
   * before the next. A link that did not answer counts like any other.
   *
   * @param given - what others have measured just now: it counts as measured in this round, and nothing of the budget. More may
   * come with what was measured in a batch
   */
  * round (budgetLinks: number, given: readonly Measurement[] = []): Measuring {
    const memory = this.#memory
    const isFirst = memory.knownShare === 0
    memory.beginRound()
    for (const measurement of given) {
      memory.record(measurement)
    }
    const round = new Round(memory, Math.min(budgetLinks, memory.pairCount))
    if (round.left === memory.pairCount) {
      yield * round.measure(this.#allPairs())
      return
    }
    if (isFirst) {
      yield * this.#coldStart(round)
    } else {
      yield * this.#watchBackbone(round)
      yield * this.#explore(round)
      yield * this.#propose(round, round.left, PROPOSALS)
    }
    yield * round.measure(this.#drawn(round, round.left))
  }

  /** The paths to answer with after a round. */
  choosePaths (): PathChoice {
    return choosePaths(this.#memory, this.#init.relayCostMs)
  }

  /** The set of nodes has changed: node i was previous[i] until now, or -1 where it is new. Not while a round is under way. */
  renumber (previous: readonly number[]): void {
    const { relayCostMs, random } = this.#init
    this.#memory = this.#memory.renumbered(previous)
    this.#paths = new AllPairs(previous.length, relayCostMs)
    this.#model = this.#model.renumbered(previous, random)
    this.#hubs = this.#hubs.renumbered(previous)
  }

  * #coldStart (round: Round): Measuring {
    yield * round.measure(this.#drawn(round, Math.floor(FIRST_DRAWN_SHARE * round.left)))
    yield * this.#propose(round, Math.floor(FIRST_PROPOSED_SHARE * round.left), FIRST_PROPOSALS)
    yield * this.#searchHubs(round, Math.floor(FIRST_HUB_SHARE * round.left))
    yield * this.#propose(round, round.left, FIRST_LAST_PROPOSALS)
  }

  * #watchBackbone (round: Round): Measuring {
    this.#model.fit(this.#memory.known())
    yield * round.measure(this.#backbone(round, this.#exploration.foundMs))
  }

  #backbone (round: Round, foundMs: number | undefined): number[] {
    const { nodeCount } = this.#memory
    if (foundMs === undefined) {
      const count = Math.min(BACKBONE_LINKS_PER_NODE * nodeCount, MAX_BACKBONE_SHARE * round.left)
      return this.#mostWorth(round, this.#memory.known(), Math.floor(count))
    }
    const routes = defaultRoutes(this.#memory, this.#model)
    const earning = {
      worthOf: (paths: AllPairs) => pairWorth(routes, paths),
      totalMs: (paths: AllPairs) => totalWorthMs(routes, paths),
      leastMs: HORIZON_ROUNDS * foundMs,
      leastCount: LEAST_BACKBONE_PER_NODE * nodeCount
    }
    return worthwhile(this.#paths, this.#memory.known(), (pair) => round.mayAsk(pair), earning).slice(0, Math.floor(MOST_BACKBONE_SHARE * round.left))
  }

  * #explore (round: Round): Measuring {
    this.#model.fit(this.#memory.known())
    const routes = defaultRoutes(this.#memory, this.#model)
    yield * this.#exploration.run(round, (1 - this.#memory.knownShare) ** 2 * round.left, this.#paths, (paths) => totalWorthMs(routes, paths))
  }

  #searches (): Search[] {
    const leastHubLinks = (): number => HUB_LINKS_PER_NODE * this.#memory.nodeCount
    const other = { firstPart: FIRST_OTHER_PART, leastLinks: () => 0 }
    return [
      { firstPart: FIRST_HUB_PART, leastLinks: leastHubLinks, run: (round, count) => this.#searchHubs(round, count) },
      { ...other, run: (round, count) => this.#nearest(round, count, likelyNeighbours) },
      { ...other, run: (round, count) => this.#nearest(round, count, likelyDetours) },
      { ...other, run: (round, count) => this.#propose(round, count, 1) },
      { ...other, firstPart: FIRST_ROW_PART, run: (round, count) => continueRows(round, this.#paths, count, this.#init.random) }
    ]
  }

  * #nearest (round: Round, count: number, ranked: typeof likelyNeighbours): Measuring {
    this.#paths.run(this.#memory.known())
    yield * round.measure(ranked(this.#memory, this.#paths, (pair) => round.mayAsk(pair), count))
  }

  * #searchHubs (round: Round, count: number): Measuring {
    this.#model.fit(this.#memory.known())
    this.#paths.run(this.#memory.known())
    yield * this.#hubs.run(round, this.#paths, this.#model, count)
  }

  * #propose (round: Round, count: number, steps: number): Measuring {
    const end = round.left - count
    for (let step = 0; step < steps && round.left > end; step++) {
      this.#model.fit(this.#memory.known())
      const links = this.#withGuesses(round)
      yield * round.measure(this.#mostWorth(round, links, Math.ceil((round.left - end) / (steps - step))))
    }
  }

  /** In the first round default routes are hardly even guessed, so all paths count the same. */
  #mostWorth (round: Round, links: Links, count: number): number[] {
    const worthOf = (paths: AllPairs): Float32Array => pairWorth(defaultRoutes(this.#memory, this.#model), paths)
    return mostUsed(this.#paths, links, (pair) => round.mayAsk(pair), count, this.#memory.round === 1 ? undefined : worthOf)
  }

  /** What is known, and the guesses that would shorten a path: no other guess can be on one. */
  #withGuesses (round: Round): Links {
    const memory = this.#memory
    const known = this.#memory.known()
    this.#paths.run(known)
    const { distanceMs } = this.#paths
    const pairs = [...known.pairs]
    const rttMs = [...known.rttMs]
    for (const pair of this.#allPairs()) {
      if (!memory.isKnown(pair) && round.mayAsk(pair)) {
        const guessMs = this.#model.guessMs(...memory.endsOf(pair))
        if (guessMs < distanceMs[pair]) {
          pairs.push(pair)
          rttMs.push(guessMs)
        }
      }
    }
    return { pairs: Int32Array.from(pairs), rttMs: Float64Array.from(rttMs) }
  }

  * #allPairs (): Generator<number, void, undefined> {
    const { nodeCount } = this.#memory
    for (let a = 0; a < nodeCount; a++) {
      for (let b = a + 1; b < nodeCount; b++) {
        yield a * nodeCount + b
      }
    }
  }

  /** Different pairs that may be asked for, at most `count`. */
  #drawn (round: Round, count: number): Set<number> {
    const { nodeCount } = this.#memory
    const drawn = new Set<number>()
    // when nearly all have been asked for, it is not worth the tries to hit those left
    for (let tries = 0; drawn.size < count && tries < 20 * count; tries++) {
      const [a, b] = [Math.floor(this.#init.random() * nodeCount), Math.floor(this.#init.random() * nodeCount)]
      const pair = this.#memory.pairOf(a, b)
      if (a !== b && round.mayAsk(pair)) {
        drawn.add(pair)
      }
    }
    return drawn
  }
}
