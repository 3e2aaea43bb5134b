// One standing query: what was asked, and what is known of it since.
import { excessOf, scaled } from './question-group.ts'
import type { Question } from './question.ts'
import type { QuestionGroup, Standing } from './question-group.ts'
import type { WatchAnswer } from '../../../protocols/route/watch.ts'

export interface StandingInit {
  question: Question
  /** Who asks. */
  host: string
  /** Of its address; undefined: it is not counted by it. */
  prefix?: string
  /** The path in use; undefined where there is none that can be judged. */
  present?: readonly number[]
  /** Share of a cost. */
  margin: number
  lifetimeMs: number
  /** It ends when this fires, and nobody is told. */
  ended?: AbortSignal
  /** Where the table is full, and nothing else speaks against it: ends another, if one is to make way. Default: none is. */
  makeRoom?: () => void
}

export interface StandingQuery extends Standing {
  readonly init: StandingInit
  readonly group: QuestionGroup
  readonly untilMs: number
  /** Of the present path at first, and now; without one what was best at first. */
  readonly firstCost: number
  cost: number
  /** A better path was there from the start: what counts is one that is better than that. */
  readonly knownCost: number
  searchedMs: number
  /** The last search for it was cut short: the next one comes after those that are not. */
  isSlow: boolean
  isPending: boolean
  /** Of its question, as the present path was judged last. */
  basis: unknown
  /** `init.ended` may live longer than it. */
  stopListening: () => void
  settle: (answer: WatchAnswer) => void
}

/** Sets what a better path has to cost less than. */
export function judge (query: StandingQuery): void {
  query.threshold = scaled(query.question, Math.min(query.cost, query.knownCost), 1 - query.init.margin)
}

export function degradedBy ({ question, cost, firstCost }: StandingQuery): number {
  const share = excessOf(question, cost, firstCost)
  return share < 1 ? share / (1 - share) : 1
}

export function namesNode ({ question: { source, destination } }: StandingQuery, node: number): boolean {
  return source.some((point) => point.node === node) || destination.some((point) => point.node === node)
}
