// Tells at once when the path in use has become slower than the default route, which medians say a second or two later. Pure: answers go in, when two more
// echoes are due side by side and whether the path lags come out.
//
// One late echo is reason to ask again: twice, each time on both routes at the same moment, so that what makes this process or the other end late
// makes both late. When all three were slower than the default route by more than 4 ms, the path lags. Other echoes that are under way
// meanwhile do not count: one pause makes all of them late. A path that has just been taken is asked so without any reason, and so is the one in use
// when the default route works again: what was known of the two was measured at different times, and a pause may have spoilt it.
//
// While data is sent on a path that is not much faster than the default route an echo goes out every CLOSE_INTERVAL_MS, so that this takes no longer
// than to notice that a route is dead (detection-time.ts): 110 ms until the first of them, two round trips, and 20 ms between the pairs.

/** What nobody notices. */
export const NOTICEABLE_MS = 5
/** An echo that is so much slower is behind: a little less than what is noticed, so that one that is near to it does not delay the verdict. */
const BEHIND_MS = 4
/** A path that is faster by more becomes slower only by so much that its echoes are overdue, too. */
export const CLOSE_MS = 30
export const CLOSE_INTERVAL_MS = 110
/** Slower ones in a row that show a lag. */
const ECHOES = 3
const SPACING_MS = 20
/** Late echoes start so many doubts in such a time, and no more: who is late again and again shall not have ever more to do. */
const MOST_DOUBTS = 4
const DOUBTS_WITHIN_MS = 6_000
/** So long after two round trips a doubt is over that was not settled, since an answer was lost; and so is a lag after which nobody left. */
const DOUBT_MS = 1_000

export class LagWatch {
  /** Echo on the path → the one that went out on the default route with it; at most ECHOES. */
  readonly #pairs = new Map<number, number>()
  /** Of those that have come back. */
  readonly #fallbackMs = new Map<number, number>()
  /** A pause that delays some echoes makes the usual round trip too long for a second or two. */
  #newestFallbackMs = Infinity
  /** By how much each of the last echoes in a row was behind. */
  #behindMs: number[] = []
  /** That the doubt takes; none without a doubt. */
  #neededPairs = 0
  #sentPairs = 0
  #doubtsSinceMs = -Infinity
  #lastPairMs = -Infinity
  /** Of the last ones that a late echo started. */
  #doubtedMs: number[] = []

  /** By how much the path lags at least; undefined while it does not. */
  get lagMs (): number | undefined {
    return this.#behindMs.length === ECHOES ? Math.min(...this.#behindMs) : undefined
  }

  /** There is no late echo, but reason to compare. */
  doubt (nowMs: number): void {
    if (this.#sentPairs === 0 && this.#behindMs.length === 0) {
      this.#begin(ECHOES, nowMs)
    }
  }

  /** When two echoes are to go out at the same moment, on the path and on the default route. */
  pairDueMs (): number {
    return this.#sentPairs === this.#neededPairs ? Infinity : this.#lastPairMs + SPACING_MS
  }

  sentPair (onPath: number, onFallback: number, nowMs: number): void {
    this.#pairs.set(onPath, onFallback)
    this.#sentPairs++
    this.#lastPairMs = nowMs
  }

  fallbackAnswered (number: number, rttMs: number): void {
    this.#newestFallbackMs = rttMs
    if ([...this.#pairs.values()].includes(number)) {
      this.#fallbackMs.set(number, rttMs)
    }
  }

  /** An echo on the path has come back. `usualFallbackMs`: the default route's round trip as it is known. */
  answered (number: number, rttMs: number, usualFallbackMs: number, nowMs: number): void {
    const pair = this.#pairs.get(number)
    const fallbackMs = Math.min(usualFallbackMs, this.#newestFallbackMs)
    if (this.#neededPairs > 0 && nowMs - this.#doubtsSinceMs > DOUBT_MS + 2 * usualFallbackMs) {
      this.#forget()
    } else if (pair !== undefined) {
      // one that is still under way is no faster
      this.#settle(rttMs - (this.#fallbackMs.get(pair) ?? Infinity))
    } else if (this.#neededPairs === 0 && this.#mayDoubt(nowMs) && rttMs - fallbackMs > BEHIND_MS) {
      this.#begin(ECHOES - 1, nowMs)
      this.#behindMs = [rttMs - fallbackMs]
      this.#doubtedMs = [...this.#doubtedMs, nowMs].slice(-MOST_DOUBTS)
    }
  }

  #begin (neededPairs: number, nowMs: number): void {
    this.#neededPairs = neededPairs
    this.#doubtsSinceMs = nowMs
  }

  #mayDoubt (nowMs: number): boolean {
    return this.#doubtedMs.length < MOST_DOUBTS || nowMs - this.#doubtedMs[0] >= DOUBTS_WITHIN_MS
  }

  #settle (behindMs: number): void {
    if (behindMs > BEHIND_MS) {
      this.#behindMs.push(behindMs)
    } else {
      this.#forget()
    }
  }

  #forget (): void {
    this.#behindMs = []
    this.#neededPairs = 0
    this.#sentPairs = 0
    this.#pairs.clear()
    this.#fallbackMs.clear()
  }
}
