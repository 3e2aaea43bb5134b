/**
 * Gives the signature checks of a node their turns: at once where nobody waits, else in the order of the queue, in short slices
 * between which the event loop runs, and never more per second than the node can spare.
 */
import { FairQueue } from './fair-queue.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Rank } from './fair-queue.ts'
import type { SetUpLimits } from './set-up-limits.ts'

/** Why somebody did not get its turn. */
export type NoTurn = 'displaced' | 'late' | 'aborted' | 'stopped'

export interface Waiting {
  /** Begins the check at once, and settles when it is done, either way. */
  run: () => Promise<unknown>
  /** Called instead of `run`. */
  refuse: (reason: NoTurn) => void
  /** Looked at when the turn comes, so that what nobody waits for any more costs no check. */
  signal?: AbortSignal
}

export interface EventLoop {
  /** Monotonic, ms. */
  now: () => number
  /** Runs this after the input that is there by now was handled. */
  yieldTurn: (run: () => void) => void
  /** Returns what stops the timer. */
  startTimer: (run: () => void, delayMs: number) => () => void
}

export const EVENT_LOOP: EventLoop = {
  now: () => performance.now(),
  yieldTurn: typeof globalThis.setImmediate === 'function' ? run => { setImmediate(run) } : run => { setTimeout(run, 0) },
  startTimer: (run, delayMs) => {
    const timer = setTimeout(run, delayMs)
    return () => { clearTimeout(timer) }
  }
}

/** Timers are not finer than this; the bucket makes up for it. */
const SHORTEST_WAIT_MS = 1
/** How often late asks are looked for while all checks that may run are running elsewhere. */
const LATE_LOOK_MS = 100

export class CheckTurns {
  readonly #limits: SetUpLimits
  readonly #loop: EventLoop
  readonly #queue: FairQueue<Waiting>
  readonly #bucket: TokenBucket
  /** When the first check of this turn of the event loop began; undefined before it. */
  #turnSinceMs: number | undefined
  #running = 0
  #stopTimer: (() => void) | undefined
  #isStopped = false

  constructor (limits: SetUpLimits, loop: EventLoop) {
    this.#limits = limits
    this.#loop = loop
    this.#queue = new FairQueue(limits.maxQueued)
    this.#bucket = new TokenBucket({ ratePerSecond: limits.checksPerSecond, burst: limits.checkBurst, nowMs: loop.now() })
  }

  get queued (): number {
    return this.#queue.length
  }

  get isCalm (): boolean {
    return this.#queue.length < this.#limits.calmQueued && this.#bucket.availableAt(this.#loop.now()) > this.#limits.checkBurst / 2
  }

  /** Bits of work with which one would now wait behind less than `targetWaitMs` of checks; 0 while the queue is that short. */
  get neededBits (): number {
    const place = Math.floor(this.#limits.targetWaitMs * this.#limits.checksPerSecond / 1_000)
    const effort = this.#queue.effortAt(place)
    return effort === undefined ? 0 : effort + 1
  }

  /** Runs it in this very call if the node is idle. Exactly one of `run` and `refuse` is called. */
  enter (waiting: Waiting, rank: Rank): void {
    if (this.#isStopped) {
      waiting.refuse('stopped')
      return
    }
    const mustWait = this.#queue.length > 0
    const displaced = this.#queue.add(waiting, rank, this.#loop.now())
    displaced?.refuse('displaced')
    // where others wait, their next turn is arranged
    if (!mustWait) {
      this.#work()
    }
  }

  /** Refuses all who wait, and whoever comes later. */
  stop (): void {
    this.#isStopped = true
    this.#stopTimer?.()
    this.#stopTimer = undefined
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      next.refuse('stopped')
    }
  }

  #work (): void {
    for (const late of this.#queue.takeOlder(this.#loop.now() - this.#limits.maxQueuedMs)) {
      late.refuse('late')
    }
    while (this.#queue.length > 0 && this.#mayRun()) {
      const next = this.#queue.take()
      if (next?.signal?.aborted === true) {
        next.refuse('aborted')
      } else if (next !== undefined) {
        this.#run(next)
      }
    }
    this.#arrange()
  }

  #mayRun (): boolean {
    return !this.#isTurnOver() && this.#running < this.#limits.maxRunningChecks && this.#bucket.availableAt(this.#loop.now()) >= 1
  }

  /** What else was done since the first check counts too: it held the event loop just as well. */
  #isTurnOver (): boolean {
    return this.#turnSinceMs !== undefined && this.#loop.now() - this.#turnSinceMs >= this.#limits.sliceMs
  }

  #run (waiting: Waiting): void {
    this.#bucket.take(1, this.#loop.now())
    if (this.#turnSinceMs === undefined) {
      this.#turnSinceMs = this.#loop.now()
      this.#loop.yieldTurn(() => {
        this.#turnSinceMs = undefined
        this.#work()
      })
    }
    this.#running++
    const ended = (): void => {
      this.#running--
      this.#work()
    }
    waiting.run().then(ended, ended)
  }

  /** Sees to it that those who wait are looked at again. After a turn that did something, its end does. */
  #arrange (): void {
    if (this.#queue.length === 0 || this.#turnSinceMs !== undefined || this.#stopTimer !== undefined) {
      return
    }
    this.#stopTimer = this.#loop.startTimer(() => {
      this.#stopTimer = undefined
      this.#work()
    }, this.#waitMs())
  }

  #waitMs (): number {
    if (this.#running >= this.#limits.maxRunningChecks) {
      return LATE_LOOK_MS
    }
    const missing = 1 - this.#bucket.availableAt(this.#loop.now())
    return Math.max(SHORTEST_WAIT_MS, missing * 1_000 / this.#limits.checksPerSecond)
  }
}
