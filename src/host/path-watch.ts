// Tells whether a route lives. Pure: echoes that went out and came back, and whatever else came back on the route, go in; when the next echo is
// due and whether the route is dead come out. detection-time.ts has the reasons for the numbers.
import { burstSpacingMs, detectionMs, lostInARowIfDead, overdueMs } from './detection-time.ts'

/** What an unknown route may take to answer for the first time. */
const FIRST_ANSWER_MS = 2_000
/** Echoes of one route that are waited for at once. */
const MAX_OUTSTANDING = 64
/** Longer than a queue takes that drains. */
const STUCK_MS = 500
/** Data is expected when so many packets came; it is missing when nothing has come for so many mean gaps, and for some time. */
const EXPECTED_AFTER = 8
const SILENT_GAPS = 4
const SILENT_MS = 30
/** Gaps longer than this are pauses of the application. */
const LONGEST_GAP_MS = 100
const GAP_WEIGHT = 1 / 8

/** What is measured of the route so far. */
export interface Measured {
  readonly rttMs: number
  readonly jitterMs: number
  readonly loss: number
  /** Answers so far. */
  readonly samples: number
}

export class PathWatch {
  readonly #measured: Measured
  readonly #onLost: () => void
  /** Echo number → when it was sent. Oldest first. */
  readonly #outstanding = new Map<number, number>()
  /** Echoes given up: an answer that comes after all shows that the route lives, and how slow it has become. */
  readonly #late = new Map<number, number>()
  /** When the echoes were sent that followed the last one that was answered. */
  #unanswered: number[] = []
  #lastSentMs = -Infinity
  #lastAnswerMs = -Infinity
  #needed = lostInARowIfDead(0)
  #dead = false
  #deadSinceMs = 0
  /** Echoes sent before this do not bring the route back to life: a forwarder has said since that it is broken. */
  #brokenAtMs = -Infinity
  #suspectSinceMs: number | undefined
  #heardMs = -Infinity
  #heard = 0
  #gapMs = LONGEST_GAP_MS

  /** `onLost` is called for each echo that is not waited for any more, unless the route is dead: that is no loss that a flow on it would have. */
  constructor (measured: Measured, onLost: () => void) {
    this.#measured = measured
    this.#onLost = onLost
  }

  get isAlive (): boolean {
    return !this.#dead
  }

  get deadSinceMs (): number {
    return this.#deadSinceMs
  }

  /** There is reason to think that it may be dead, and it has not answered since. */
  get isSuspect (): boolean {
    return this.#suspectSinceMs !== undefined
  }

  /** When the last packet came over it that was no echo. */
  get heardMs (): number {
    return this.#heardMs
  }

  /**
   * When an echo is due, if they go out every `intervalMs`: sooner where somebody gave reason to doubt, and where data depends on the route
   * (`isNeeded`) also when an answer is overdue. Were that so of all routes, a process that is late would have more to do the later it is.
   */
  probeDueMs (intervalMs: number, isNeeded = true): number {
    if (this.#outstanding.size >= MAX_OUTSTANDING) {
      return Infinity
    }
    const regularMs = this.#lastSentMs + intervalMs
    if (this.#dead || this.#measured.samples === 0) {
      return regularMs
    }
    return Math.min(regularMs, this.#burstDueMs(isNeeded), this.#silenceDueMs())
  }

  /** When `check` may have something to say, unless answers come before. */
  verdictDueMs (): number {
    const last = this.#unanswered[this.#needed - 1]
    if (this.#dead) {
      return Infinity
    }
    if (this.#measured.samples === 0) {
      return this.#unanswered.length === 0 ? Infinity : this.#unanswered[0] + FIRST_ANSWER_MS
    }
    return last === undefined ? Infinity : Math.max(last, this.#lastAnswerMs) + this.#overdueMs
  }

  sent (number: number, nowMs: number): void {
    this.#outstanding.set(number, nowMs)
    this.#lastSentMs = nowMs
    if (this.#unanswered.length < MAX_OUTSTANDING) {
      this.#unanswered.push(nowMs)
    }
  }

  /**
   * An echo that was due found no room before the first link. The flow itself may have filled the queue, and then answers still come; where none has
   * come for some time, the link takes nothing any more.
   */
  postponed (nowMs: number): void {
    this.#lastSentMs = nowMs
    if (nowMs - this.#lastAnswerMs > STUCK_MS && this.#unanswered.length < MAX_OUTSTANDING) {
      this.#unanswered.push(nowMs)
    }
  }

  /** @returns the round trip in ms; undefined when nobody waited for it */
  answered (number: number, nowMs: number): number | undefined {
    const sentMs = this.#outstanding.get(number) ?? this.#late.get(number)
    if (sentMs === undefined) {
      return undefined
    }
    this.#outstanding.delete(number)
    this.#late.delete(number)
    this.delivered(sentMs, nowMs)
    return nowMs - sentMs
  }

  /**
   * Something that was sent over it at `sentMs` was answered over it: an echo, or data that the peer acknowledges. The latter comes while a queue that the
   * flow itself has made delays echoes.
   */
  delivered (sentMs: number, nowMs: number): void {
    this.#unanswered = this.#unanswered.filter((otherMs) => otherMs > sentMs)
    if (sentMs >= this.#brokenAtMs) {
      this.#lastAnswerMs = nowMs
      this.#dead = false
      // while it answers: what is lost now is no measure of how much it loses
      this.#needed = lostInARowIfDead(this.#measured.loss)
      if (this.#suspectSinceMs !== undefined && sentMs >= this.#suspectSinceMs) {
        this.#suspectSinceMs = undefined
      }
    }
  }

  /**
   * A packet of the peer came over it. That one direction works proves nothing of the other, so it does not count as an answer (unless it acknowledges
   * something: `delivered`); but when more is expected and does not come, that is reason to ask.
   */
  heard (nowMs: number): void {
    const gapMs = nowMs - this.#heardMs
    this.#heardMs = nowMs
    if (gapMs > LONGEST_GAP_MS) {
      this.#heard = 0
    } else {
      this.#heard++
      this.#gapMs += GAP_WEIGHT * (gapMs - this.#gapMs)
    }
  }

  /** Something that it needs has failed elsewhere. */
  suspect (nowMs: number): void {
    if (!this.#dead && this.#measured.samples > 0) {
      this.#suspectSinceMs = nowMs
    }
  }

  /** Somebody on the way says that it is broken. @returns true when that is news */
  broke (nowMs: number): boolean {
    this.#brokenAtMs = nowMs
    return this.#die(nowMs)
  }

  /** Looks for echoes that will not come back. @returns true when the route has just died */
  check (nowMs: number): boolean {
    const givenUpMs = this.#measured.samples === 0 ? FIRST_ANSWER_MS : detectionMs(this.#measured.rttMs)
    for (const [number, sentMs] of this.#outstanding) {
      if (nowMs - sentMs <= givenUpMs) {
        break
      }
      this.#giveUp(number, sentMs)
    }
    return nowMs >= this.verdictDueMs() && this.#die(nowMs)
  }

  get #overdueMs (): number {
    return overdueMs(this.#measured.rttMs, this.#measured.jitterMs)
  }

  /** While echoes are overdue, or somebody gave reason to doubt: until as many are under way as make a verdict. */
  #burstDueMs (isNeeded: boolean): number {
    const oldestMs = isNeeded ? this.#unanswered[0] as number | undefined : undefined
    const overdueAtMs = oldestMs === undefined ? Infinity : oldestMs + this.#overdueMs
    const startMs = Math.min(overdueAtMs, this.#suspectSinceMs ?? Infinity)
    return this.#unanswered.length >= this.#needed ? Infinity : Math.max(startMs, this.#lastSentMs + burstSpacingMs(this.#measured.rttMs))
  }

  #silenceDueMs (): number {
    const isExpected = this.#heard >= EXPECTED_AFTER && this.#lastSentMs < this.#heardMs + SILENT_MS
    return isExpected ? this.#heardMs + SILENT_MS + SILENT_GAPS * this.#gapMs : Infinity
  }

  #die (nowMs: number): boolean {
    const news = !this.#dead
    this.#dead = true
    this.#deadSinceMs = news ? nowMs : this.#deadSinceMs
    this.#suspectSinceMs = undefined
    this.#unanswered = []
    return news
  }

  #giveUp (number: number, sentMs: number): void {
    this.#outstanding.delete(number)
    if (!this.#dead) {
      this.#onLost()
    }
    this.#late.set(number, sentMs)
    if (this.#late.size > MAX_OUTSTANDING) {
      this.#late.delete(this.#late.keys().next().value as number)
    }
  }
}
