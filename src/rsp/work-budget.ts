// How much an RSP computes for one host: queries in the language differ a thousandfold in what they take, and all are worked out on one thread,
// so that what counts is the time each took. Who has used up his waits; the others do not notice. A peer id costs nothing, so the hosts of one
// address prefix have a share together, too.
import { WorkAccounts } from './work-accounts.ts'
import type { WorkShare } from './work-accounts.ts'

/** One question is worked on for so long, and its explanation for as long again; meanwhile nobody else is answered. Few queries on backbones take a tenth of it. */
export const QUESTION_MS = 200
/** At once an explanation of the costliest query, or hundreds of usual ones. */
const OF_HOST: WorkShare = { share: 0.1, burstMs: 300 }
/** As much as two and a half hosts that ask without end, or two thousand usual queries a second. */
const OF_PREFIX: WorkShare = { share: 0.25, burstMs: 750 }

/** Who asks. */
export interface Asker {
  /** Its peer id, as text. */
  host: string
  /** Of its address; undefined: it is not counted by it. */
  prefix?: string
}

export class WorkBudget {
  readonly #clock: () => number
  readonly #hosts: WorkAccounts
  readonly #prefixes: WorkAccounts

  /** @param clock - ms of any monotonic origin; what is worked is measured by it */
  constructor (clock: () => number) {
    this.#clock = clock
    this.#hosts = new WorkAccounts(clock, OF_HOST)
    this.#prefixes = new WorkAccounts(clock, OF_PREFIX)
  }

  /** 0 where the next question may be worked on; else ask again after that. */
  waitMs ({ host, prefix }: Asker): number {
    return Math.max(this.#hosts.waitMs(host), prefix === undefined ? 0 : this.#prefixes.waitMs(prefix))
  }

  /** Works, at the cost of who asks even where it fails. */
  spend<Result> ({ host, prefix }: Asker, work: () => Result): Result {
    const startedMs = this.#clock()
    try {
      return work()
    } finally {
      const workMs = this.#clock() - startedMs
      this.#hosts.charge(host, workMs)
      if (prefix !== undefined) {
        this.#prefixes.charge(prefix, workMs)
      }
    }
  }
}
