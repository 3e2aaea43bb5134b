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

export interface TwoClocks {
  /** Unix time, ms. */
  now: () => number
  /** Ms of any monotonic origin. */
  clock: () => number
}

export class LinkAge {
  readonly #clocks: TwoClocks | undefined
  /** When what is remembered was taken in; undefined when nothing is. */
  #rememberedAtMs: number | undefined
  /** At the last look, by the wall clock and by the other one. */
  #seenMs: number
  #seenClockMs: number

  /** @param clocks - without them steps of the wall clock are not seen */
  constructor (clocks?: TwoClocks) {
    this.#clocks = clocks
    this.#seenMs = clocks?.now() ?? 0
    this.#seenClockMs = clocks?.clock() ?? 0
  }

  /** From now on there is something remembered. */
  remember (nowMs: number): void {
    this.#rememberedAtMs = nowMs
  }

  /** Was the wall clock set since the last look? Then gives its time at that look, and now. Asked for with each value that comes. */
  step (): { beforeMs: number, nowMs: number } | undefined {
    if (this.#clocks === undefined) {
      return undefined
    }
    const [beforeMs, beforeClockMs] = [this.#seenMs, this.#seenClockMs]
    const nowMs = this.#seenMs = this.#clocks.now()
    const clockMs = this.#seenClockMs = this.#clocks.clock()
    return Math.abs(nowMs - beforeMs - (clockMs - beforeClockMs)) >= LEAST_STEP_MS ? { beforeMs, nowMs } : undefined
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
