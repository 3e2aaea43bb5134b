// Looks for good relays. A few dozen nodes are tried against a handful of others, the best third of them against more, and so on;
// what the last ones save on measured paths decides which get all their links measured. Trying is cheap, since a relay that serves few
// of the pairs tried serves few pairs at all.
import { nodeStandings } from './node-standing.ts'
import { shuffled } from './shuffled.ts'
import type { AllPairs } from './all-pairs.ts'
import type { LinkMemory } from './link-memory.ts'
import type { Measuring, Round } from './round.ts'
import type { RttModel } from './rtt-model.ts'

/** Against so many nodes each stage tries its candidates; a third of them goes on to the next. */
const STAGES = [6, 12, 24]
const GOES_ON = 1 / 3
const MIN_FINALISTS = 4
/** Links that a candidate costs over all stages: 6 of all, 6 more of a third, 12 more of a ninth. */
const LINKS_PER_CANDIDATE = 9

/** Of the search's budget, for trying; the rest measures all links of the winners. */
const TRIAL_SHARE = 0.27

/**
 * Shares of the candidates: those that carry most per link, those that are nearest to all, those that the model favours. The others
 * are drawn, since the best may have no good link yet.
 */
const BUSY_SHARE = 0.3
const CENTRAL_SHARE = 0.2
const GUESSED_SHARE = 0.2

/** A node that was tried is not tried again for so many rounds, unless all others have been. */
const REST_ROUNDS = 6

/** The model's favourites are found on so many nodes. */
const GUESS_SAMPLE = 160

/** What one pair can save: beyond it a node is overloaded, and one such node should not elect a relay. */
const MAX_SAVING_MS = 300

export interface HubSearchInit {
  relayCostMs: number
  /** From 0 to 1. */
  random: () => number
}

export class HubSearch {
  readonly #init: HubSearchInit
  readonly #triedAt: Int32Array

  constructor (nodeCount: number, init: HubSearchInit) {
    this.#init = init
    this.#triedAt = new Int32Array(nodeCount).fill(-REST_ROUNDS)
  }

  /** The same search among other nodes: node i was previous[i] until now, or -1 where it is new. Who has been tried rests on. */
  renumbered (previous: readonly number[]): HubSearch {
    const next = new HubSearch(previous.length, this.#init)
    for (const [node, old] of previous.entries()) {
      next.#triedAt[node] = old === -1 ? -REST_ROUNDS : this.#triedAt[old]
    }
    return next
  }

  /**
   * Measures at most `budgetLinks` links.
   *
   * @param paths - over all known links
   */
  * run (round: Round, paths: AllPairs, model: RttModel, budgetLinks: number): Measuring {
    const { memory } = round
    const end = Math.max(0, round.left - budgetLinks)
    const nodes = shuffled(Array.from({ length: memory.nodeCount }, (_, node) => node), this.#init.random)
    const distanceMs = paths.distanceMs.slice()
    const witnesses = nodes.slice(0, STAGES[STAGES.length - 1])
    const candidates = this.#candidates(memory, paths, distanceMs, model, nodes, Math.round(TRIAL_SHARE * budgetLinks / LINKS_PER_CANDIDATE))
    const finalists = yield * this.#tournament(round, end, distanceMs, witnesses, candidates)
    while (round.left > end && finalists.size > 0) {
      const hub = this.#best(memory, distanceMs, witnesses, finalists)[0]
      finalists.delete(hub)
      const legs = nodes.filter((node) => node !== hub).map((node) => memory.pairOf(node, hub)).filter((pair) => round.mayAsk(pair))
      yield * round.measure(legs.slice(0, round.left - end))
      // the next one must save what this one does not
      this.#shorten(memory, distanceMs, witnesses, hub)
    }
  }

  * #tournament (round: Round, end: number, distanceMs: Float64Array, witnesses: readonly number[], candidates: readonly number[]): Measuring<Set<number>> {
    const { memory } = round
    let field = new Set(candidates)
    for (const stage of STAGES) {
      const tried = witnesses.slice(0, stage)
      const links = [...field].flatMap((hub) => tried.filter((node) => node !== hub).map((node) => memory.pairOf(node, hub)))
      yield * round.measure(links.slice(0, round.left - end))
      for (const hub of field) {
        this.#triedAt[hub] = memory.round
      }
      field = new Set(this.#best(memory, distanceMs, tried, field).slice(0, Math.max(MIN_FINALISTS, Math.floor(field.size * GOES_ON))))
    }
    return field
  }

  /** Those that look good, then those that have not been tried for longest. */
  #candidates (memory: LinkMemory, paths: AllPairs, distanceMs: Float64Array, model: RttModel, nodes: readonly number[], count: number): number[] {
    const sample = nodes.slice(0, GUESS_SAMPLE)
    const rttMs = (a: number, b: number): number => {
      const pair = memory.pairOf(a, b)
      return memory.isKnown(pair) ? memory.rttMs(pair) : model.guessMs(a, b)
    }
    const rested = nodes.filter((node) => memory.round - this.#triedAt[node] >= REST_ROUNDS)
    const savings = new Map(rested.map((hub) => [hub, this.#savingMs(distanceMs, sample, hub, rttMs)]))
    const guessed = rested.toSorted((a, b) => (savings.get(b) as number) - (savings.get(a) as number)).slice(0, Math.floor(GUESSED_SHARE * count))
    const drawn = nodes.toReversed().sort((a, b) => this.#triedAt[a] - this.#triedAt[b])
    const { traffic, remotenessMs } = nodeStandings(memory, paths)
    const busy = rested.toSorted((a, b) => traffic[b] - traffic[a]).slice(0, Math.floor(BUSY_SHARE * count))
    const central = rested.toSorted((a, b) => remotenessMs[a] - remotenessMs[b]).slice(0, Math.floor(CENTRAL_SHARE * count))
    return [...new Set([...busy, ...central, ...guessed, ...drawn])].slice(0, count)
  }

  /** The hubs, best first, by what they save between the witnesses; a link that is not known saves nothing. */
  #best (memory: LinkMemory, distanceMs: Float64Array, witnesses: readonly number[], hubs: Iterable<number>): number[] {
    const rttMs = (a: number, b: number): number => knownRttMs(memory, a, b)
    const savings = new Map([...hubs].map((hub) => [hub, this.#savingMs(distanceMs, witnesses, hub, rttMs)]))
    return [...savings].sort(([, a], [, b]) => b - a).map(([hub]) => hub)
  }

  #savingMs (distanceMs: Float64Array, nodes: readonly number[], hub: number, rttMs: (a: number, b: number) => number): number {
    const nodeCount = this.#triedAt.length
    const legs = Float64Array.from(nodes, (node) => node === hub ? Number.POSITIVE_INFINITY : rttMs(node, hub))
    let savingMs = 0
    for (let one = 0; one < nodes.length; one++) {
      const row = nodes[one] * nodeCount
      const legMs = legs[one] + this.#init.relayCostMs
      for (let other = one + 1; other < nodes.length; other++) {
        const savedMs = distanceMs[row + nodes[other]] - legMs - legs[other]
        if (savedMs > 0) {
          savingMs += Math.min(savedMs, MAX_SAVING_MS)
        }
      }
    }
    return savingMs
  }

  #shorten (memory: LinkMemory, distanceMs: Float64Array, witnesses: readonly number[], hub: number): void {
    for (const a of witnesses) {
      for (const b of witnesses) {
        const at = a * memory.nodeCount + b
        distanceMs[at] = Math.min(distanceMs[at], knownRttMs(memory, a, hub) + knownRttMs(memory, b, hub) + this.#init.relayCostMs)
      }
    }
  }
}

function knownRttMs (memory: LinkMemory, a: number, b: number): number {
  const pair = memory.pairOf(a, b)
  return a !== b && memory.isKnown(pair) ? memory.rttMs(pair) : Number.POSITIVE_INFINITY
}
