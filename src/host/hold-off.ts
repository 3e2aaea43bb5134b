// Keeps a route out of use for a while after it was left because it failed or fell behind: one that comes and goes would take the flow with it each
// time. Twice as long each time, so that the number of such changes grows with the logarithm of time only; a route that then stays good begins anew.

const MOST_DOUBLINGS = 5
/** A route that was not left for so long has become a good one. */
const GOOD_AGAIN_MS = 300_000
/** More than a channel has routes. */
const MAX_ROUTES = 64

interface Left {
  untilMs: number
  lastMs: number
}

export class HoldOff {
  readonly #baseMs: number
  /** Least recently left first. */
  readonly #left = new Map<string, Left>()

  constructor (baseMs: number) {
    this.#baseMs = baseMs
  }

  left (id: string, nowMs: number): void {
    const before = this.#left.get(id)
    const isRepeated = before !== undefined && nowMs - before.untilMs < GOOD_AGAIN_MS
    const lastMs = isRepeated ? Math.min(2 * before.lastMs, 2 ** MOST_DOUBLINGS * this.#baseMs) : this.#baseMs
    this.#left.delete(id)
    this.#left.set(id, { untilMs: nowMs + lastMs, lastMs })
    if (this.#left.size > MAX_ROUTES) {
      this.#left.delete(this.#left.keys().next().value as string)
    }
  }

  isOut (id: string, nowMs: number): boolean {
    return nowMs < (this.#left.get(id)?.untilMs ?? -Infinity)
  }
}
