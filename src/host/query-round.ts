// One question to several RSPs: the first few side by side; another one for each that fails, more when the first are slower than usual
// (a hedged request; Dean and Barroso, The Tail at Scale, CACM 56, 2013), and no waiting for stragglers once there is something to choose from. Timers are injected.
import type { StartTimer } from './start-timer.ts'

export interface QueryRoundInit<Provider, Answer> {
  /** Side by side at once. */
  first: readonly Provider[]
  /** One after the other, when these fail or are late. */
  later: readonly Provider[]
  /** Never fails, and ends by itself after some deadline. */
  ask: (provider: Provider) => Promise<Answer>
  /** Is this something to choose? */
  isUseful: (answer: Answer) => boolean
  /** An answer that takes longer is late. */
  usualMs: (provider: Provider) => number
  startTimer: StartTimer
}

/** Asked beside them when these are late. */
const NEXT_WAVE = 2
/** With so many answers there is a choice. */
const ENOUGH = 2
/** An RSP that answers in a millisecond may take this once in a while, and a flow has the default route meanwhile: a hedge costs a query. */
const MIN_PATIENCE_MS = 250
/** A user waits. */
const MAX_PATIENCE_MS = 1_000

/** Gives the answers that came in time, in the order in which they came. */
export class QueryRound<Provider, Answer> {
  readonly #init: QueryRoundInit<Provider, Answer>
  readonly #left: Provider[]
  readonly #answers: Answer[] = []
  readonly #stopTimers = new Set<() => void>()
  #useful = 0
  /** Asked, without an answer, and not late yet. */
  #expected = 0
  /** Asked, without an answer, late. */
  #late = 0
  #end: (() => void) | undefined
  #isOver = false

  constructor (init: QueryRoundInit<Provider, Answer>) {
    this.#init = init
    this.#left = [...init.later]
  }

  async run (): Promise<Answer[]> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#end = resolve
    for (const provider of this.#init.first) {
      void this.#askOne(provider)
    }
    this.#endIfDone()
    await promise
    this.#isOver = true
    for (const stop of this.#stopTimers) {
      stop()
    }
    return [...this.#answers]
  }

  #askNext (count: number): void {
    for (const provider of this.#left.splice(0, count)) {
      void this.#askOne(provider)
    }
  }

  async #askOne (provider: Provider): Promise<void> {
    this.#expected++
    let isLate = false
    const stop = this.#init.startTimer(() => {
      isLate = true
      this.#expected--
      this.#late++
      this.#stopTimers.delete(stop)
      if (this.#useful < ENOUGH && this.#expected === 0) {
        this.#askNext(NEXT_WAVE)
      }
      this.#endIfDone()
    }, Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, this.#init.usualMs(provider))))
    this.#stopTimers.add(stop)
    const answer = await this.#init.ask(provider)
    stop()
    this.#stopTimers.delete(stop)
    if (this.#isOver) {
      return
    }
    if (isLate) {
      this.#late--
    } else {
      this.#expected--
    }
    this.#answers.push(answer)
    if (this.#init.isUseful(answer)) {
      this.#useful++
    } else if (this.#useful < ENOUGH) {
      this.#askNext(1)
    }
    this.#endIfDone()
  }

  /** Nobody is expected any more: those who are late are waited for only while there is nothing to choose. */
  #endIfDone (): void {
    if (this.#expected === 0 && (this.#late === 0 || this.#useful > 0)) {
      this.#end?.()
    }
  }
}
