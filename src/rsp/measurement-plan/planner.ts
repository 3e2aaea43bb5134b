// The measurement plan as those see it who measure: rounds of batches, asked for one by one. PlanSession thinks where it is; a
// thread of its own does the same in plan-thread.ts, since the thinking of a round takes seconds at 500 nodes.
import { MeasurementPlan } from './measurement-plan.ts'
import type { LinkPair, Measurement } from './link-memory.ts'
import type { Measuring } from './round.ts'

export interface RoundInit {
  /** One entry per node: its number in the round before, or -1 where it is new. Numbers are places in this list. */
  previous: readonly number[]
  /** Links that may be measured, each counted once. */
  budgetLinks: number
  /** What is known from elsewhere, as by a restarted RSP: taken in before the round begins. */
  known: readonly Measurement[]
  /** What others have measured just now: it counts as measured in this round, and nothing of the budget. */
  given?: readonly Measurement[]
}

export interface Planner {
  /** Ends the round before, finished or not. Gives the first batch; none: there is nothing to measure. */
  begin: (init: RoundInit) => Promise<readonly LinkPair[]>
  /** Takes what came of the batch, and what others have measured meanwhile, and gives the next one; none: the round is over. */
  next: (measured: readonly Measurement[]) => Promise<readonly LinkPair[]>
  stop: () => void
}

export interface PlanSessionInit {
  /** What each relay adds to a path, in ms. */
  relayCostMs: number
  /** From 0 to 1. */
  random: () => number
}

export class PlanSession implements Planner {
  readonly #plan: MeasurementPlan
  #steps: ReturnType<MeasurementPlan['round']> | undefined

  constructor (init: PlanSessionInit) {
    this.#plan = new MeasurementPlan({ ...init, nodeCount: 0 })
  }

  async begin ({ previous, budgetLinks, known, given }: RoundInit): Promise<readonly LinkPair[]> {
    if (previous.length !== this.#plan.memory.nodeCount || previous.some((number, node) => number !== node)) {
      this.#plan.renumber(previous)
    }
    this.#learn(known)
    this.#steps = this.#plan.round(budgetLinks, given)
    return this.#batch(this.#steps.next([]))
  }

  async next (measured: readonly Measurement[]): Promise<readonly LinkPair[]> {
    return this.#steps === undefined ? [] : this.#batch(this.#steps.next(measured))
  }

  stop (): void {
    this.#steps = undefined
  }

  #learn (known: readonly Measurement[]): void {
    const { memory } = this.#plan
    if (known.length > 0) {
      memory.beginRound()
    }
    for (const measurement of known) {
      memory.record(measurement)
    }
  }

  #batch (step: ReturnType<Measuring['next']>): readonly LinkPair[] {
    if (step.done === true) {
      this.#steps = undefined
      return []
    }
    return step.value
  }
}
