// How much a host works for forwarders that say they are busy. A node of a path can ask for work in its own name and in that of those behind it,
// with every set-up anew, and can have the path set up again by saying that it has lost it. So there is a bound for one set-up, and one for all
// of the host over time. Where it is reached, paths over forwarders that ask for work cannot be used for a while; all others can.
import { TokenBucket } from '../defence/token-bucket.ts'
import { MAX_PUZZLE_BITS } from '../../protocols/setup/constants.ts'
import { OverQuotaError } from '../../protocols/errors.ts'

/**
 * Puzzles of the most bits, half a second of a core each. Three nodes at the height of their load take six: the second one asks when the first is content, and
 * what the first has seen solved is to be solved anew with that.
 */
const MOST_OF_ONE_SET_UP = 6
/** The six paths of a channel, opened while a forwarder on each of them is at the height of its load, and two more. */
const BURST = 8
/** A tenth of a core. */
const PER_SECOND = 0.2

export interface PuzzleBudgetInit {
  /** Monotonic, ms. */
  now: () => number
  /** In puzzles of the most bits. */
  burst?: number
}

/** The puzzles of one set-up. */
export interface PuzzleWork {
  /** @throws OverQuotaError where a puzzle of so many bits is more than may be spent */
  spend: (bits: number) => void
}

export class PuzzleBudget {
  readonly #now: () => number
  readonly #bucket: TokenBucket

  constructor ({ now, burst = BURST }: PuzzleBudgetInit) {
    this.#now = now
    this.#bucket = new TokenBucket({ ratePerSecond: PER_SECOND, burst, nowMs: now() })
  }

  ofOneSetUp (): PuzzleWork {
    let left = MOST_OF_ONE_SET_UP
    return {
      spend: (bits) => {
        const puzzles = 2 ** (bits - MAX_PUZZLE_BITS)
        if (puzzles > left || !this.#bucket.take(puzzles, this.#now())) {
          throw new OverQuotaError('the forwarders ask for more work than a host may spend on paths: try again in some seconds')
        }
        left -= puzzles
      }
    }
  }
}
