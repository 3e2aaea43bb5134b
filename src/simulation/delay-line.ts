// Lets things happen later by fractions of a millisecond, for every delayed connection of the process: one heap
// ordered by due time, one timer for its head. Node's timers count whole milliseconds, so a wake-up is up to half of
// one early or late; what is due soon after it goes at once, so that early and late cancel out in the mean.

import { EventHeap } from './event-heap.ts'

/** What is due within this time of a wake-up goes with it: half of a timer's granularity, so that the rounding averages out. */
const EARLY_MS = 0.5

/** A Node timer of k ms fires about this much later than k on an idle Linux machine: it is asked for that much less. */
const TIMER_LATENESS_MS = 0.1

/** Weight of the newest item in the mean lateness: a mean over some hundred items, a second or less on a busy overlay. */
const LATE_WEIGHT = 0.01
/** More than this is no rounding but an overloaded machine, which should show. */
const MAX_LATE_MS = 3
/** And it is forgotten in about this time of no item, for who was busy may be idle now. */
const LATE_MEMORY_MS = 500

/** About 100 MB of items. Connections bound their bytes in flight, and this bounds how many pieces those come in. */
export const MAX_PENDING = 1_000_000

/** More than MAX_PENDING callbacks wait: the sender ignores back-pressure. */
export class DelayLineFullError extends Error {
  override readonly name = 'DelayLineFullError'
  readonly pending: number

  constructor (pending: number) {
    super(`${pending} callbacks wait in the delay line already: send less at a time, in larger pieces`)
    this.pending = pending
  }
}

export interface DelayLineInit {
  /** Monotonic, in ms with fractions; `performance.now` if not given. */
  now?: () => number
  /** Calls back once after whole ms, and returns what cancels that. */
  startTimer?: (run: () => void, delayMs: number) => () => void
}

/** Callbacks of one lane run in the order in which they were scheduled, whatever their delays. */
export interface DelayLane {
  after: (delayMs: number, run: () => void) => void
}

export class DelayLine {
  readonly #now: () => number
  readonly #startTimer: (run: () => void, delayMs: number) => () => void
  readonly #events = new EventHeap()
  /** Mean time by which items run after they were due: the process is busy with others. Taken off new delays. */
  #lateMs = 0
  #lateAtMs = 0
  #stopTimer: (() => void) | undefined
  #armedForMs = Infinity
  #running = false

  constructor (init: DelayLineInit = {}) {
    this.#now = init.now ?? (() => performance.now())
    this.#startTimer = init.startTimer ?? startNodeTimer
  }

  /** Callbacks that wait; at most MAX_PENDING. */
  get pending (): number {
    return this.#events.size
  }

  /** Runs `run` once after `delayMs`. What it throws is reported as uncaught and holds up nothing else. */
  after (delayMs: number, run: () => void): void {
    this.#add(this.#due(delayMs), run)
  }

  lane (): DelayLane {
    let lastDueMs = -Infinity
    return {
      after: (delayMs, run) => {
        lastDueMs = Math.max(lastDueMs, this.#due(delayMs))
        this.#add(lastDueMs, run)
      }
    }
  }

  #due (delayMs: number): number {
    if (!Number.isFinite(delayMs) || delayMs < 0) {
      throw new RangeError(`${delayMs} is no delay: give a finite number of ms, 0 or more`)
    }
    const nowMs = this.#now()
    return nowMs + Math.max(0, delayMs - this.#lateness(nowMs))
  }

  #lateness (nowMs: number): number {
    return this.#lateMs * Math.exp((this.#lateAtMs - nowMs) / LATE_MEMORY_MS)
  }

  #ran (dueMs: number): void {
    const nowMs = this.#now()
    const lateMs = this.#lateness(nowMs)
    this.#lateMs = Math.max(0, Math.min(MAX_LATE_MS, lateMs + LATE_WEIGHT * (nowMs - dueMs - lateMs)))
    this.#lateAtMs = nowMs
  }

  #add (dueMs: number, run: () => void): void {
    if (this.#events.size >= MAX_PENDING) {
      throw new DelayLineFullError(this.#events.size)
    }
    this.#events.add(dueMs, run)
    if (!this.#running && dueMs < this.#armedForMs) {
      this.#arm()
    }
  }

  #arm (): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#armedForMs = this.#events.first?.atMs ?? Infinity
    if (this.#armedForMs !== Infinity) {
      const waitMs = Math.max(1, Math.round(this.#armedForMs - this.#now() - TIMER_LATENESS_MS))
      this.#stopTimer = this.#startTimer(() => { this.#wake() }, waitMs)
    }
  }

  #wake (): void {
    // what callbacks schedule waits for the next wake-up even when due: a callback that re-schedules itself cannot hold the loop
    const lastSequence = this.#events.nextSequence
    const horizonMs = this.#now() + EARLY_MS
    this.#running = true
    for (let next = this.#events.first; next !== undefined && next.atMs <= horizonMs && next.sequence < lastSequence; next = this.#events.first) {
      const item = this.#events.take()
      this.#ran(item.atMs)
      try {
        item.run()
      } catch (err) {
        queueMicrotask(() => { throw err })
      }
    }
    this.#running = false
    this.#arm()
  }
}

/** The one that all delayed connections of the process share. Its timer keeps the process alive while something is due: a close in flight still arrives. */
export const sharedDelayLine = new DelayLine()

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. */
export async function unlessAborted<T> (promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal == null) return promise
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => { aborted.reject(signal.reason) }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function startNodeTimer (run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs)
  return () => { clearTimeout(timer) }
}
