// The loss of a link that is not ours, from pairs of probes (paper section 3.2): R→Ni→R and R→Ni→Nj→Ni→R, sent one after the other, of
// which the far one crosses the link besides. Delivery over a way is the product of that over its parts, so the link's is the quotient of
// both (their logarithms differ by the link's); what is lost on the way to Ni is lost to both kinds alike, and cancels. Pairs, since that holds for
// spells in which much is lost too. Pure.

/** What became of a probe: it came back as usual, much later than usual, or not at all. */
export type ProbeOutcome = 'back' | 'late' | 'lost'

export interface LossReading {
  /** Share of the round trips over the link that are lost or late, in millionths. */
  lossPpm: number
  /** Of these, late. */
  latePpm: number
  /** Standard error of `lossPpm`. */
  errorPpm: number
  /** So many probes of the link alone would be as exact. */
  samples: number
}

/** A pair of this age counts half. */
const HALF_LIFE_MS = 300_000
/** So many pairs are compared with those before them: 1 % of loss is seen to become 15 % within one. */
const BLOCK_PAIRS = 64
/** So many standard errors apart they are of another link, so to speak; by chance that is so once in some thousand blocks. */
const SHIFT_IN_ERRORS = 3.5
/** Fewer say nothing. */
const MIN_PAIRS = 16

export class LossDifference {
  #older = new Tally()
  #block = new Tally()

  /** Both have come to their end. */
  pair (near: ProbeOutcome, far: ProbeOutcome, nowMs: number): void {
    this.#block.add(near, far, nowMs)
    if (this.#block.pairs >= BLOCK_PAIRS - 1) {
      this.#endBlock(nowMs)
    }
  }

  /** How many there were, the old ones counted less. */
  pairs (nowMs: number): number {
    return this.#older.agedTo(nowMs).pairs + this.#block.agedTo(nowMs).pairs
  }

  /** Undefined while, or when again, there are too few pairs. */
  reading (nowMs: number): LossReading | undefined {
    const all = this.#older.agedTo(nowMs).with(this.#block.agedTo(nowMs))
    return all.pairs < MIN_PAIRS ? undefined : all.reading()
  }

  #endBlock (nowMs: number): void {
    const [older, block] = [this.#older.agedTo(nowMs), this.#block.agedTo(nowMs)]
    this.#older = older.pairs >= MIN_PAIRS && isShift(older.reading(), block.reading()) ? block : older.with(block)
    this.#block = new Tally()
  }
}

function isShift (before: LossReading, now: LossReading): boolean {
  return Math.abs(now.lossPpm - before.lossPpm) > SHIFT_IN_ERRORS * Math.hypot(before.errorPpm, now.errorPpm)
}

class Tally {
  pairs = 0
  /** Lost or late. */
  nearGone = 0
  farGone = 0
  nearLost = 0
  farLost = 0
  /** Pairs of which one was gone and the other was not. */
  discordant = 0
  atMs = Number.NEGATIVE_INFINITY

  add (near: ProbeOutcome, far: ProbeOutcome, nowMs: number): void {
    Object.assign(this, this.agedTo(nowMs))
    const [nearIsGone, farIsGone] = [near !== 'back', far !== 'back']
    this.pairs++
    this.nearGone += nearIsGone ? 1 : 0
    this.farGone += farIsGone ? 1 : 0
    this.nearLost += near === 'lost' ? 1 : 0
    this.farLost += far === 'lost' ? 1 : 0
    this.discordant += nearIsGone === farIsGone ? 0 : 1
    this.atMs = nowMs
  }

  agedTo (nowMs: number): Tally {
    const kept = this.pairs === 0 ? 0 : 2 ** (-Math.max(0, nowMs - this.atMs) / HALF_LIFE_MS)
    return this.#combined((field) => kept * this[field], nowMs)
  }

  /** Of the same time. */
  with (other: Tally): Tally {
    return this.#combined((field) => this[field] + other[field], this.atMs)
  }

  reading (): LossReading {
    const { pairs, nearGone, farGone } = this
    const delivered = Math.min(1, quotient(pairs - farGone, pairs - nearGone))
    const deliveredLate = Math.min(1, quotient(pairs - this.farLost, pairs - this.nearLost))
    // of the quotient of two shares in pairs (Nam and Blackwelder, Statistics in Medicine 21, 2002); one more of each, since none of few proves nothing
    const least = 1 / (pairs + 2)
    const error = Math.max(least, delivered * Math.sqrt((this.discordant + 1) / ((pairs - nearGone + 1) * (pairs - farGone + 1))))
    const loss = 1 - delivered
    const spread = Math.min(1 - least, Math.max(loss, least))
    return {
      lossPpm: Math.round(1e6 * loss),
      latePpm: Math.round(1e6 * Math.max(0, deliveredLate - delivered)),
      errorPpm: Math.round(1e6 * error),
      samples: Math.max(1, Math.floor(Math.min(pairs, spread * (1 - spread) / error ** 2)))
    }
  }

  #combined (of: (field: Count) => number, atMs: number): Tally {
    const tally = new Tally()
    for (const field of COUNTS) {
      tally[field] = of(field)
    }
    tally.atMs = atMs
    return tally
  }
}

const COUNTS = ['pairs', 'nearGone', 'farGone', 'nearLost', 'farLost', 'discordant'] as const
type Count = typeof COUNTS[number]

/** Where nothing comes back at all, nothing is known of the link. */
function quotient (far: number, near: number): number {
  return near <= 0 ? 1 : Math.max(0, far) / near
}
