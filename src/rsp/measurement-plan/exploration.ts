// Shares the links that are there for exploring among several ways to search, by what each has lately found per link. No search is
// best for long: whatever it ranks first is measured, and what is left is what it cannot see. So the one that is exhausted makes room for the others.
import type { AllPairs } from './all-pairs.ts'
import type { Measuring, Round } from './round.ts'

/** All searches together keep so much in equal parts, however little they find: what is exhausted today may not be tomorrow. */
const EQUAL_SHARE = 0.25

/** What the last round found counts so much, since one lucky hub is not a habit. */
const YIELD_WEIGHT = 0.4

/** What all find goes down by the tens while links become known, so it is the logarithm that is smoothed; a round counts at least a tenth of what was thought. */
const TOTAL_WEIGHT = 0.5
const LEAST_RATIO = 0.1

/** What one pair can count: beyond it a node is overloaded, and one such node should not decide between the searches. */
const MAX_SAVING_MS = 100

export interface Search {
  /** Of the exploring, before anything is known of what it finds; all parts together are 1. */
  readonly firstPart: number
  /** With fewer links it finds nothing worth having: then it runs in some of the rounds only, with so many. */
  readonly leastLinks: () => number
  /** Measures at most `count` links. */
  readonly run: (round: Round, count: number) => Measuring
}

export class Exploration {
  readonly #searches: readonly Search[]
  readonly #random: () => number
  /** What each finds per link, of what all find. */
  readonly #yields: number[]
  #foundMs: number | undefined

  /** `random` gives numbers from 0 to 1. */
  constructor (searches: readonly Search[], random: () => number) {
    this.#searches = searches
    this.#random = random
    this.#yields = searches.map(({ firstPart }) => firstPart)
  }

  /** By how much a link that was measured in exploring has lately raised what known paths are worth, in the unit of `totalMs`; above 0, and undefined before the first. */
  get foundMs (): number | undefined {
    return this.#foundMs
  }

  /**
   * @param paths - room to lay paths in; what it held is lost
   * @param totalMs - what all paths together are worth
   */
  * run (round: Round, budgetLinks: number, paths: AllPairs, totalMs: (paths: AllPairs) => number): Measuring {
    if (budgetLinks < 1) {
      return
    }
    const parts = this.#parts(budgetLinks)
    const found: Array<number | undefined> = []
    const leftAtFirst = round.left
    let beforeMs = knownPathsMs(round, paths)
    const firstMs = totalMs(paths)
    for (const [at, search] of this.#searches.entries()) {
      const left = round.left
      yield * search.run(round, Math.floor(parts[at] * budgetLinks))
      const afterMs = knownPathsMs(round, paths)
      found.push(round.left < left ? savedMs(beforeMs, afterMs) / (left - round.left) : undefined)
      beforeMs = afterMs
    }
    this.#learn(found)
    if (round.left < leftAtFirst) {
      this.#learnTotal((totalMs(paths) - firstMs) / (leftAtFirst - round.left))
    }
  }

  /** Of the exploring, by search; together 1. */
  #parts (budgetLinks: number): number[] {
    const total = sum(this.#yields)
    let parts = this.#yields.map((found) => EQUAL_SHARE / this.#yields.length + (1 - EQUAL_SHARE) * found / total)
    for (const [at, search] of this.#searches.entries()) {
      const least = Math.min(1, search.leastLinks() / budgetLinks)
      if (parts[at] < least) {
        const part = this.#random() < parts[at] / least ? least : 0
        const others = 1 - parts[at]
        parts = parts.map((other, place) => place === at ? part : other * (1 - part) / others)
      }
    }
    return parts
  }

  #learnTotal (foundMs: number): void {
    if (this.#foundMs !== undefined) {
      this.#foundMs *= Math.max(LEAST_RATIO, foundMs / this.#foundMs) ** TOTAL_WEIGHT
    } else if (foundMs > 0) {
      this.#foundMs = foundMs
    }
  }

  /** A search that has measured nothing keeps what it was thought to find. */
  #learn (found: ReadonlyArray<number | undefined>): void {
    const total = sum(found.map((ms) => ms ?? 0))
    for (const [at, ms] of found.entries()) {
      if (ms !== undefined && total > 0) {
        this.#yields[at] += YIELD_WEIGHT * (ms / total - this.#yields[at])
      }
    }
  }
}

function knownPathsMs ({ memory }: Round, paths: AllPairs): Float64Array {
  paths.run(memory.known())
  return paths.distanceMs.slice()
}

function savedMs (beforeMs: Float64Array, afterMs: Float64Array): number {
  let saved = 0
  for (let at = 0; at < beforeMs.length; at++) {
    // where there is no path before or after, the difference is no number or no end
    const ms = beforeMs[at] - afterMs[at]
    saved += ms > 0 ? Math.min(ms, MAX_SAVING_MS) : 0
  }
  return saved
}

function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
