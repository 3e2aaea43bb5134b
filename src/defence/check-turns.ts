/**
 * Gives the signature checks of a node their turns: at once where nobody waits, else in the order of the queue, in short slices
 * between which the event loop runs, and never more per second than the node can spare.
 */
import { FairQueue } from './fair-queue.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Rank } from './fair-queue.ts'
import type { SetUpLimits } from './set-up-limits.ts'

/** Why somebody did not get its turn. */
export type NoTurn = 'crowded' | 'displaced' | 'late' | 'aborted' | 'stopped'

export interface Waiting {
  /** Begins the check at once, and settles when it is done, either way. */
  run: () => Promise<unknown>
  /** Called instead of `run`. */
  refuse: (reason: NoTurn) => void
  /** Looked at when the turn comes, so that what nobody waits for any more costs no check. */
  signal?: AbortSignal
  /** It can be told what would help, so it is refused as 'crowded' at once rather than left to wait for longer than `targetWaitMs`. */
  isHelpable: boolean
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

/**
 * Kept for those who overtake all who wait, of the burst and of each slice. Under a flood the queue takes whatever it gets, and who asks
 * seldom would have to wait for the next token or the next slice, which is as long as a short round trip.
 */
const RESERVED_BURST = 1 / 5
const RESERVED_SLICE = 1 / 2

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
    if (!(limits.checkBurst >= 2)) {
      throw new RangeError(`checkBurst is ${limits.checkBurst}: a part of it is reserved, so give 2 or more`)
    }
    this.#queue = new FairQueue(limits.maxQueued)
    this.#bucket = new TokenBucket({ ratePerSecond: limits.checksPerSecond, burst: limits.checkBurst, nowMs: loop.now() })
  }

  get queued (): number {
    return this.#queue.length
  }

  get isCalm (): boolean {
    const isShort = this.#queue.length < Math.min(this.#limits.calmQueued, this.#targetLength)
    return isShort && this.#bucket.availableAt(this.#loop.now()) > this.#limits.checkBurst / 2
  }

  /** Bits of work with which one would now wait for no more than `targetWaitMs`; 0 while the queue is that short. */
  get neededBits (): number {
    const effort = this.#queue.effortAt(this.#targetLength - 1)
    return effort === undefined ? 0 : effort + 1
  }

  get #targetLength (): number {
    return Math.max(1, Math.floor(this.#limits.targetWaitMs * this.#limits.checksPerSecond / 1_000))
  }

  /** Runs it in this very call if the node is idle. Exactly one of `run` and `refuse` is called. */
  enter (waiting: Waiting, rank: Rank): void {
    if (this.#isStopped) {
      waiting.refuse('stopped')
      return
    }
    if (waiting.isHelpable && this.#queue.placeFor(rank) >= this.#targetLength) {
      waiting.refuse('crowded')
      return
    }
    const wasEmpty = this.#queue.length === 0
    this.#queue.add(waiting, rank, this.#loop.now())?.refuse('displaced')
    if (wasEmpty) {
      this.#work()
    } else if (this.#queue.first === waiting && this.#mayRun(1, this.#limits.sliceMs)) {
      this.#next()
    }
    // others are looked at when their next turn comes, which is arranged
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
    while (this.#queue.length > 0 && this.#mayRun(this.#tokensToGoOn, this.#limits.sliceMs * (1 - RESERVED_SLICE))) {
      this.#next()
    }
    this.#arrange()
  }

  get #tokensToGoOn (): number {
    return 1 + RESERVED_BURST * this.#limits.checkBurst
  }

  #mayRun (tokens: number, sliceMs: number): boolean {
    const nowMs = this.#loop.now()
    // what else was done since the first check counts too: it held the event loop just as well
    const isTurnOver = this.#turnSinceMs !== undefined && nowMs - this.#turnSinceMs >= sliceMs
    return !isTurnOver && this.#running < this.#limits.maxRunningChecks && this.#bucket.availableAt(nowMs) >= tokens
  }

  #next (): void {
    const next = this.#queue.take()
    if (next?.signal?.aborted === true) {
      next.refuse('aborted')
    } else if (next !== undefined) {
      this.#run(next)
    }
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
    const missing = this.#tokensToGoOn - this.#bucket.availableAt(this.#loop.now())
    return Math.max(SHORTEST_WAIT_MS, missing * 1_000 / this.#limits.checksPerSecond)
  }
}
