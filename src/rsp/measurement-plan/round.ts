// One round of measuring: what the searches of a plan share. A search asks for links in batches and goes on when the
// values are in memory; the round sees to it that no link is asked for twice, and that the budget is kept.
import type { LinkMemory, LinkPair, Measurement } from './link-memory.ts'

/** Yields batches of links to measure, and is given what came of them, and besides what others have measured since the last one. */
export type Measuring<Result = void> = Generator<readonly LinkPair[], Result, readonly Measurement[]>

export class Round {
  readonly memory: LinkMemory
  readonly budgetLinks: number
  readonly #asked = new Set<number>()

  constructor (memory: LinkMemory, budgetLinks: number) {
    this.memory = memory
    this.budgetLinks = budgetLinks
  }

  /** How many links may still be measured. */
  get left (): number {
    return this.budgetLinks - this.#asked.size
  }

  /** Not what others have measured meanwhile, and told. */
  mayAsk (pair: number): boolean {
    return !this.#asked.has(pair) && !this.memory.isMeasured(pair) && !this.memory.isBarred(pair)
  }

  /** Measures those of the links that may still be asked for, the first ones first. */
  * measure (pairs: Iterable<number>): Measuring {
    const batch: LinkPair[] = []
    for (const pair of pairs) {
      if (this.left > 0 && this.mayAsk(pair)) {
        this.#asked.add(pair)
        batch.push(this.memory.endsOf(pair))
      }
    }
    if (batch.length > 0) {
      for (const measurement of yield batch) {
        this.memory.record(measurement)
      }
    }
  }
}
