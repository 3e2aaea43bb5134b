/**
 * What stands before the signature checks of set-up, in the order of cost (protocols/setup/README.md, "Defence"):
 *
 *     frame ─▶ admit ─▶ decoded ─▶ demand ──────────────▶ verify ─▶ checks
 *              buckets             cookie, puzzle         queue: most work shown, then who asks seldom
 *              (step 3)            (5, 6; not when calm)  (7)
 *
 * A node without load passes everything through at once and asks nothing of anybody. Clock, randomness and event loop are given.
 */
import { toString } from 'uint8arrays/to-string'
import { CancelledError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { SOLUTION_BYTES } from '../../protocols/setup/constants.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { effortOf } from '../../protocols/setup/puzzle.ts'
import { CallerActivity } from './caller-activity.ts'
import { CallerBuckets } from './caller-buckets.ts'
import { CheckTurns, EVENT_LOOP } from './check-turns.ts'
import { COOKIE_LIFE_MS, Cookies } from './cookies.ts'
import { PuzzleDifficulty } from './puzzle-difficulty.ts'
import { DEFAULT_SET_UP_LIMITS } from './set-up-limits.ts'
import { SpentSolutions } from './spent-solutions.ts'
import type { CallerBucketCounters } from './caller-buckets.ts'
import type { EventLoop, NoTurn } from './check-turns.ts'
import type { GateCaller, SetUpLimits } from './set-up-limits.ts'

export type { GateCaller } from './set-up-limits.ts'

export interface SetUpGateInit {
  limits?: Partial<SetUpLimits>
  /** Monotonic ms, not negative; also those of the event loop. */
  now?: () => number
  /** Cryptographically secure. */
  random?: (bytes: number) => Uint8Array
  yieldTurn?: EventLoop['yieldTurn']
  startTimer?: EventLoop['startTimer']
}

/** To whom a challenge is given: node ids (16 bytes), and the index of this node on the path. */
export interface Challenged {
  source: Uint8Array
  caller: Uint8Array
  index: number
}

export interface DemandAsk extends Challenged {
  /** The source is the caller: its connection proves that it exists, so it needs no cookie. */
  isCaller: boolean
  /** 16 bytes. */
  orderId: Uint8Array
  /** What came with the install for this node. */
  proof?: { cookie: Uint8Array, solution?: Uint8Array }
}

export interface VerifyAsk {
  caller: GateCaller
  /** Peer id, as text. */
  source: string
  /** What `demand` returned. */
  effort: number
  /** With it, whoever does not get its turn is told what would help; else it only hears that this was too much. */
  challenged?: Challenged
  signal?: AbortSignal
}

/** Since the start. */
export interface SetUpGateCounters extends CallerBucketCounters {
  /** Asks answered with a challenge before any check: no cookie, a bad one, too little work. */
  challengedWithoutCookie: number
  challengedForCookie: number
  challengedForWork: number
  /** Work shown that had been shown before. */
  solutionsSpentTwice: number
  checksStarted: number
  /** Asks that never had their turn: too many would have gone first, the queue was full, the time was up, nobody waited, the gate was stopped. */
  crowded: number
  displaced: number
  late: number
  aborted: number
  stopped: number
}

export interface SetUpGateStatus extends SetUpGateCounters {
  /** Asks that wait for a check. */
  queued: number
  /** What a challenge asks for now. */
  bits: number
  isCalm: boolean
  /** Of all tables, for memory: each a name and a number. */
  tableEntries: number
}

export class SetUpGate {
  readonly limits: SetUpLimits
  readonly #now: () => number
  readonly #buckets: CallerBuckets
  readonly #activity: CallerActivity
  readonly #cookies: Cookies
  readonly #difficulty: PuzzleDifficulty
  readonly #spent: SpentSolutions
  readonly #turns: CheckTurns
  readonly #counters = {
    challengedWithoutCookie: 0,
    challengedForCookie: 0,
    challengedForWork: 0,
    solutionsSpentTwice: 0,
    checksStarted: 0,
    crowded: 0,
    displaced: 0,
    late: 0,
    aborted: 0,
    stopped: 0
  }

  constructor ({ limits, random, now, yieldTurn, startTimer }: SetUpGateInit = {}) {
    this.limits = { ...DEFAULT_SET_UP_LIMITS, ...limits }
    this.#now = now ?? EVENT_LOOP.now
    this.#buckets = new CallerBuckets(this.limits)
    this.#activity = new CallerActivity(this.limits)
    this.#cookies = new Cookies(random ?? (bytes => crypto.getRandomValues(new Uint8Array(bytes))))
    this.#difficulty = new PuzzleDifficulty(this.limits)
    this.#spent = new SpentSolutions({ maxEntries: this.limits.maxSpentSolutions, lifeMs: COOKIE_LIFE_MS })
    this.#turns = new CheckTurns(this.limits, {
      now: this.#now,
      yieldTurn: yieldTurn ?? EVENT_LOOP.yieldTurn,
      startTimer: startTimer ?? EVENT_LOOP.startTimer
    })
  }

  get status (): SetUpGateStatus {
    return {
      ...this.#buckets.counters,
      ...this.#counters,
      queued: this.#turns.queued,
      bits: this.#bits(),
      isCalm: this.#turns.isCalm,
      tableEntries: this.#buckets.size + this.#activity.size + this.#spent.size
    }
  }

  /**
   * For each frame, before it is decoded. 0: go on. Above 0: do not read this caller for so many ms, then ask again about the same frame,
   * whose turn it is by then. Below 0: answer OVER_QUOTA at once.
   */
  admit (caller: GateCaller, bytes: number): number {
    return this.#buckets.admit(caller, bytes, this.#now())
  }

  /**
   * The bits of work that count for this install; 0 while the node is calm. Throws SetupFailedError with a challenge, for who is neither the
   * caller nor has a good cookie, or has shown less work than is needed. A caller's own ask never is refused here: work lets it go first.
   */
  demand (ask: DemandAsk): number {
    if (this.#turns.isCalm) {
      return 0
    }
    const { proof, isCaller } = ask
    if (proof === undefined || !this.#cookies.isGood(proof.cookie, ask.source, ask.caller, this.#now())) {
      return isCaller ? 0 : this.#challenge(ask, proof === undefined ? 'challengedWithoutCookie' : 'challengedForCookie')
    }
    const needed = Math.min(this.#turns.neededBits, this.limits.maxBits)
    // more than the most that is asked for gains nothing, or the fastest machine would always go first
    const effort = Math.min(this.#effortOf(ask.orderId, proof), this.limits.maxBits)
    if (effort >= needed && this.#isNewWork(effort, ask.orderId, proof)) {
      return effort
    }
    return isCaller || needed === 0 ? 0 : this.#challenge(ask, 'challengedForWork')
  }

  /**
   * Runs `check` (CPU work, here or in another thread) when it is its turn: in this very call if the node is idle. Rejects with what the
   * check throws; with SetupFailedError and a challenge if too many would go first, or no room or time is left (without `challenged` with
   * OverQuotaError, and only in the latter case); with CancelledError if `signal` fired before; with UnavailableError after `stop`.
   */
  async verify<T> (ask: VerifyAsk, check: () => T | Promise<T>): Promise<T> {
    const { caller, source, effort, signal } = ask
    const activity = this.#activity.count(caller, source, this.#now())
    const checked = new Promise<T>((resolve, reject) => {
      const run = (): Promise<T> => {
        this.#counters.checksStarted++
        const result = begin(check)
        resolve(result)
        return result
      }
      const refuse = (reason: NoTurn): void => { reject(this.#refusal(ask, reason)) }
      this.#turns.enter({ run, refuse, signal, isHelpable: ask.challenged !== undefined }, { effort, activity })
    })
    // seen at its height, or a queue that was full between two challenges would not count
    this.#bits()
    return await checked
  }

  /** Refuses all who wait, and all checks from now on. */
  stop (): void {
    this.#turns.stop()
  }

  #bits (): number {
    return this.#difficulty.bits(this.#turns.neededBits, this.#now())
  }

  #effortOf (orderId: Uint8Array, { cookie, solution }: { cookie: Uint8Array, solution?: Uint8Array }): number {
    return solution?.length === SOLUTION_BYTES ? effortOf(cookie, orderId, solution) : 0
  }

  /** No work is always new. */
  #isNewWork (effort: number, orderId: Uint8Array, { cookie, solution }: { cookie: Uint8Array, solution?: Uint8Array }): boolean {
    if (effort === 0 || solution === undefined) {
      return true
    }
    const isNew = this.#spent.spend([cookie, orderId, solution].map(part => toString(part, 'latin1')).join(''), this.#now())
    this.#counters.solutionsSpentTwice += isNew ? 0 : 1
    return isNew
  }

  #challenge (challenged: Challenged, reason: 'challengedWithoutCookie' | 'challengedForCookie' | 'challengedForWork'): never {
    this.#counters[reason]++
    throw this.#challengeFor(challenged)
  }

  #challengeFor ({ source, caller, index }: Challenged): SetupFailedError {
    const challenge = { cookie: this.#cookies.make(source, caller, this.#now()), bits: this.#bits() }
    const text = `this node is busy: come again with this cookie and ${challenge.bits} bits of work`
    return new SetupFailedError(text, { code: 'OVER_QUOTA', index, challenge })
  }

  #refusal ({ challenged, signal }: VerifyAsk, reason: NoTurn): Error {
    this.#counters[reason]++
    if (reason === 'aborted') {
      return new CancelledError('cancelled before the signatures were checked', { cause: signal?.reason })
    }
    if (reason === 'stopped') {
      return new UnavailableError('this node is stopping: ask another one')
    }
    return challenged === undefined ? new OverQuotaError('too many ask for set-up here now: come again in a few seconds') : this.#challengeFor(challenged)
  }
}

/** What a check throws at once counts as its rejection. */
async function begin<T> (check: () => T | Promise<T>): Promise<T> {
  return await check()
}
