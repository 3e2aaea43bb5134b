// How old a link may be that is used. Silence says something of a link only while we listen, and by a clock that goes on evenly: what is from before a restart,
// or from before the wall clock was set, or this machine slept, may be older for a while, in which it is to be confirmed.

/** A link that nobody has measured for so long, while we listened, is not used. */
const MAX_AGE_MS = 180_000
/**
 * Silence while the RSP itself was down says nothing of a link, so what is remembered from before may be older. As old as the
 * life of a descriptor: a forwarder whose descriptor has ended is not remembered either.
 */
export const MAX_REMEMBERED_AGE_MS = 1_800_000
/** Less than this is the steering of a clock, and makes no link too old. */
const LEAST_STEP_MS = 10_000

export class LinkAge {
  readonly #clock: (() => number) | undefined
  /** When what is remembered was taken in; undefined when nothing is. */
  #rememberedAtMs: number | undefined
  /** At the last look, by the wall clock and by the other one. */
  #seen: { nowMs: number, clockMs: number } | undefined

  /** @param clock - ms of any monotonic origin; without it steps of the wall clock are not seen */
  constructor (clock?: () => number) {
    this.#clock = clock
  }

  /** From now on there is something remembered. */
  remember (nowMs: number): void {
    this.#rememberedAtMs = nowMs
  }

  /** Gives the wall clock's time at the last look, if it was set since. */
  stepFrom (nowMs: number): number | undefined {
    if (this.#clock === undefined) {
      return undefined
    }
    const before = this.#seen
    const clockMs = this.#clock()
    this.#seen = { nowMs, clockMs }
    return before !== undefined && Math.abs(nowMs - before.nowMs - (clockMs - before.clockMs)) >= LEAST_STEP_MS ? before.nowMs : undefined
  }

  /** Who lives has spoken by now: true, once, when what is still remembered is to be forgotten. */
  endRecall (nowMs: number): boolean {
    if (this.#rememberedAtMs === undefined || this.#isRecalling(nowMs)) {
      return false
    }
    this.#rememberedAtMs = undefined
    return true
  }

  oldestAllowedMs (nowMs: number): number {
    return this.#isRecalling(nowMs) ? this.#rememberedAtMs as number - MAX_REMEMBERED_AGE_MS : nowMs - MAX_AGE_MS
  }

  #isRecalling (nowMs: number): boolean {
    return this.#rememberedAtMs !== undefined && nowMs - this.#rememberedAtMs <= MAX_AGE_MS
  }
}
