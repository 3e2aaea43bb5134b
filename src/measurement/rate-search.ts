// Searches the bandwidth that is available on a way, with few bounded bursts: the highest rate that comes out as it went in. A burst that is sent faster comes
// out at the rate that it got, which is tried next; with other traffic on the way that is still too high, but by less each time (the turning point of
// packet trains: Hu and Steenkiste, Evaluation and characterization of available bandwidth probing techniques, 2003). Pure.
import type { BurstTiming } from './burst-timing.ts'

export interface BurstPlan {
  bytesPerSecond: number
  /** Of the whole burst. */
  bytes: number
}

export interface FoundRate {
  bytesPerSecond: number
  /** More may be available. */
  isFloor: boolean
}

/** Bursts pass in some ten milliseconds at most, and faster ones are over before a busy event loop has looked twice: beyond 100 Mbit/s only that is said. */
export const MAX_BYTES_PER_SECOND = 12_500_000
/** Slower is not worth a path. */
const MIN_BYTES_PER_SECOND = 16_000
/** As long as that it takes when it passes: short for those who share the way. */
const BURST_MS = 40
/** At a rate near to that of the way nothing makes up for pauses of event loops, of 5 to 10 ms in sum: then it is long against them. */
const LONG_BURST_MS = 80
/** Less than the first window of hop credit: else bursts measure that. */
const MAX_BURST_BYTES = 96_000
/** Enough for a guess; when the guess is far too high, it is over in a fifth of a second at 1 Mbit/s. */
const MIN_BURST_BYTES = 24_000
/** Slower than so much of the rate at which it was sent: it has waited. */
const PASSING_SHARE = 0.9
/** Slower than that, it is beyond doubt that it has waited: what was sent only a little too fast comes out by chance as if it had. */
const DOUBT_SHARE = 0.75
/** Pauses of nodes on the way make bursts slower, never faster: so often is one in doubt sent, and the best of them counts. */
const MAX_TRIES = 3
/** A known rate is tried above, so that the search comes from there and more is not overlooked. */
const ABOVE_KNOWN = 1.4
/** Where nothing has failed yet. */
const FASTER = 2
/** Between what passed and what did not: near enough. */
const CLOSE = 1.6
/** Between what passed and what was left of what did not: near enough. Where it is more, that way was slow for a moment, and it is no bound for what passed. */
const CLOSE_LEFT = 1.2
const MAX_BURSTS = 12
/** Under a mark, a little below what one got: others wait too. */
const BELOW_MARKED = 0.9
/** Nothing came back. */
const AFTER_NOTHING = 0.25

export class RateSearch {
  #bytesPerSecond: number
  #bytes: number
  #bursts = 0
  /** The highest that passed, and the lowest that did not. */
  #passed = 0
  #failed = Number.POSITIVE_INFINITY
  /** The least that was left of those that did not: no less than what is available. */
  #left = Number.POSITIVE_INFINITY
  /** Of those that were more than a guess. */
  #leftOfFull = Number.POSITIVE_INFINITY
  #isDone = false
  /** The plan is what was left of a faster one, and not a look for more. */
  #isNear = false
  /** Of the plan that is being tried: how often, and the best that came of it. */
  #tries = 0
  #best: BurstTiming | undefined

  constructor (knownBytesPerSecond?: number) {
    this.#bytesPerSecond = Math.min(MAX_BYTES_PER_SECOND, (knownBytesPerSecond ?? MAX_BYTES_PER_SECOND) * ABOVE_KNOWN)
    this.#bytes = knownBytesPerSecond === undefined ? MIN_BURST_BYTES : burstBytes(this.#bytesPerSecond, BURST_MS)
  }

  get isDone (): boolean {
    return this.#isDone
  }

  /** What to send next. */
  get plan (): BurstPlan {
    return { bytesPerSecond: this.#bytesPerSecond, bytes: this.#bytes }
  }

  /** Undefined while nothing has passed. Between what passed and what was left of what did not. */
  get found (): FoundRate | undefined {
    const passed = this.#passed
    const above = Math.max(passed, Math.min(this.#failed, this.#left, CLOSE_LEFT * passed))
    return passed === 0 ? undefined : this.#failed === Number.POSITIVE_INFINITY ? { bytesPerSecond: passed, isFloor: true } : { bytesPerSecond: (passed + above) / 2, isFloor: false }
  }

  /** What became of it; undefined: hardly anything came back. */
  take (timing: BurstTiming | undefined): void {
    this.#bursts++
    if (this.#isInDoubt(timing) && ++this.#tries < MAX_TRIES && this.#bursts < MAX_BURSTS) {
      this.#best = betterOf(this.#best, timing)
      return
    }
    this.#judge(betterOf(this.#best, timing))
    this.#tries = 0
    this.#best = undefined
  }

  #isInDoubt (timing: BurstTiming | undefined): timing is BurstTiming {
    if (timing === undefined || timing.isMarked || !this.#isNear) {
      return false
    }
    const share = timing.backBytesPerSecond / Math.min(timing.sentBytesPerSecond, this.#bytesPerSecond)
    return share >= DOUBT_SHARE && share < PASSING_SHARE
  }

  #judge (timing: BurstTiming | undefined): void {
    const sent = Math.min(timing?.sentBytesPerSecond ?? 0, this.#bytesPerSecond)
    if (timing === undefined) {
      this.#fail(this.#bytesPerSecond, AFTER_NOTHING * this.#bytesPerSecond)
    } else if (timing.isMarked) {
      this.#leave(timing)
      this.#fail(sent, BELOW_MARKED * Math.min(sent, timing.deliveredBytesPerSecond))
    } else if (timing.backBytesPerSecond < PASSING_SHARE * sent) {
      this.#leave(timing)
      this.#fail(sent, timing.backBytesPerSecond)
    } else if (this.#isFull) {
      this.#pass(Math.min(sent, timing.backBytesPerSecond))
    } else {
      this.#bytes = burstBytes(this.#bytesPerSecond, BURST_MS)
    }
    this.#isDone ||= this.#bursts >= MAX_BURSTS
  }

  /** With what was lost in between: what a link loses it has carried. */
  #leave ({ backBytesPerSecond }: BurstTiming): void {
    this.#left = Math.min(this.#left, backBytesPerSecond)
    if (this.#isFull) {
      this.#leftOfFull = Math.min(this.#leftOfFull, backBytesPerSecond)
    }
  }

  get #isFull (): boolean {
    return this.#bytes >= burstBytes(this.#bytesPerSecond, BURST_MS)
  }

  #pass (bytesPerSecond: number): void {
    const wasFastest = this.#bytesPerSecond >= MAX_BYTES_PER_SECOND
    this.#passed = Math.max(this.#passed, bytesPerSecond)
    const tooMuch = Math.min(this.#failed, this.#leftOfFull)
    if (wasFastest || this.#failed <= CLOSE * this.#passed || this.#leftOfFull <= CLOSE_LEFT * this.#passed) {
      this.#isDone = true
    } else {
      const above = tooMuch === Number.POSITIVE_INFINITY ? FASTER * this.#passed : Math.sqrt(this.#passed * tooMuch)
      this.#bytesPerSecond = Math.min(MAX_BYTES_PER_SECOND, above)
      this.#bytes = burstBytes(this.#bytesPerSecond, BURST_MS)
      this.#isNear = false
    }
  }

  #fail (bytesPerSecond: number, nextBytesPerSecond: number): void {
    // what the first guess has left is a guess
    this.#isNear = this.#isFull
    this.#failed = Math.min(this.#failed, bytesPerSecond)
    const next = Math.min(nextBytesPerSecond, PASSING_SHARE * this.#bytesPerSecond)
    // what passed before is as near
    this.#isDone = next < MIN_BYTES_PER_SECOND || (this.#passed > 0 && next <= this.#passed / PASSING_SHARE)
    this.#bytesPerSecond = Math.max(MIN_BYTES_PER_SECOND, next)
    this.#bytes = burstBytes(this.#bytesPerSecond, this.#isNear ? LONG_BURST_MS : BURST_MS)
  }
}

/** Of two with the same plan, that which was held up less. */
function betterOf (one: BurstTiming | undefined, other: BurstTiming | undefined): BurstTiming | undefined {
  return other === undefined || (one !== undefined && one.backBytesPerSecond > other.backBytesPerSecond) ? one ?? other : other
}

/** Long enough at this rate to show whether it passes. */
export function fullBurst (bytesPerSecond: number): BurstPlan {
  const rate = Math.min(MAX_BYTES_PER_SECOND, bytesPerSecond)
  return { bytesPerSecond: rate, bytes: burstBytes(rate, BURST_MS) }
}

function burstBytes (bytesPerSecond: number, durationMs: number): number {
  return Math.round(Math.max(MIN_BURST_BYTES, Math.min(MAX_BURST_BYTES, bytesPerSecond * durationMs / 1_000)))
}
