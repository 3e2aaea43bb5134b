// How often something came true, the latest counting most: a Beta estimate that forgets with every further case, and with time. Pure.

/** Each case counts so much once another one has come: about the last five decide. */
const KEPT_PER_CASE = 0.8
/** What was seen a day ago counts half: networks and operators change. */
export const HALF_LIFE_MS = 86_400_000

/** What is believed before anything was seen, in cases. */
export interface Belief {
  yes: number
  no: number
}

export type ShareRecord = [yes: number, no: number, atMs: number]

export class ForgettingShare {
  readonly #belief: Belief
  #yes = 0
  #no = 0
  #atMs = 0

  constructor (belief: Belief) {
    this.#belief = belief
  }

  /** @param weight - 0 to 1: cases that are not independent of each other share one */
  add (isTrue: boolean, nowMs: number, weight = 1): void {
    const kept = this.#fading(nowMs) * KEPT_PER_CASE ** weight
    this.#yes = this.#yes * kept + (isTrue ? weight : 0)
    this.#no = this.#no * kept + (isTrue ? 0 : weight)
    this.#atMs = Math.max(this.#atMs, nowMs)
  }

  /** 0 to 1. */
  share (nowMs: number): number {
    const fading = this.#fading(nowMs)
    const yes = this.#belief.yes + fading * this.#yes
    return yes / (yes + this.#belief.no + fading * this.#no)
  }

  /** Cases behind the share, as far as they still count. */
  cases (nowMs: number): number {
    return this.#fading(nowMs) * (this.#yes + this.#no)
  }

  get record (): ShareRecord {
    return [this.#yes, this.#no, this.#atMs]
  }

  /** Takes over what was kept. */
  restore ([yes, no, atMs]: ShareRecord): void {
    this.#yes = yes
    this.#no = no
    this.#atMs = atMs
  }

  /** A clock that was set back forgets nothing. */
  #fading (nowMs: number): number {
    return 0.5 ** (Math.max(0, nowMs - this.#atMs) / HALF_LIFE_MS)
  }
}
