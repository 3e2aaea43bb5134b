// Standing queries of a channel: RSPs that have offered something are asked to tell when there is something better than the path in use, or when
// that one gets worse or fails. What they tell is a hint: it makes the channel ask for routes at once, and what is offered then is measured as ever. Pure but for
// what it is given.
import type { WatchAnswer } from '../../protocols/route/watch.ts'
import type { PeerId } from '@libp2p/interface'
import type { StartTimer } from './start-timer.ts'

/** Told of less, a channel would only measure, and stay. */
const MARGIN = 0.1
const LIFETIME_MS = 60_000
/** The RSP's clock is not ours. */
const FULL_LIFE_MS = 0.9 * LIFETIME_MS
/** Of so many RSPs: more would tell the same. */
const MAX_WATCHED = 2
/**
 * An RSP that tells again and again, ends watches early, or cannot be asked, is asked again after twice as long each time, up to a minute: each
 * time costs both of us, and our access points a look-up. One that was silent for a whole life is asked again at once.
 */
const FIRST_PAUSE_MS = 2_000
const MAX_PAUSE_MS = 60_000

export interface RouteWatchesInit {
  /** Waits for word of an RSP. */
  watch: (rsp: PeerId, watch: { number: number, present: readonly PeerId[], margin: number, lifetimeMs: number }, signal: AbortSignal) => Promise<WatchAnswer>
  /** Tells an RSP that it need not keep this watch any more; never fails. */
  release: (rsp: PeerId, number: number) => void
  /** Something may be better now. */
  onTold: (answer: WatchAnswer, rsp: PeerId) => void
  /** The same for no other channel. */
  number: number
  /** Monotonic, ms. */
  now: () => number
  startTimer: StartTimer
}

interface Watched {
  rsp: PeerId
  pauseMs: number
  ended: AbortController
  stopTimer?: () => void
}

export class RouteWatches {
  readonly #init: RouteWatchesInit
  readonly #watched = new Map<string, Watched>()
  #present: readonly PeerId[] = []
  #isClosed = false

  constructor (init: RouteWatchesInit) {
    this.#init = init
  }

  /** RSPs that can be asked, best first, and the path in use: empty for the default route. */
  set (rsps: readonly PeerId[], present: readonly PeerId[]): void {
    const wanted = new Map(rsps.slice(0, MAX_WATCHED).map((rsp) => [rsp.toString(), rsp]))
    const hasMoved = present.join() !== this.#present.join()
    this.#present = present
    for (const [id, watched] of this.#watched) {
      if (!wanted.has(id)) {
        this.#watched.delete(id)
        this.#release(watched)
      } else if (hasMoved) {
        // the new request takes the old one's place at the RSP
        watched.ended.abort()
        watched.stopTimer?.()
        this.#start({ rsp: watched.rsp, pauseMs: FIRST_PAUSE_MS, ended: new AbortController() })
      }
    }
    for (const [id, rsp] of wanted) {
      if (!this.#watched.has(id)) {
        this.#start({ rsp, pauseMs: FIRST_PAUSE_MS, ended: new AbortController() })
      }
    }
  }

  close (): void {
    this.#isClosed = true
    for (const watched of this.#watched.values()) {
      this.#release(watched)
    }
    this.#watched.clear()
  }

  #start (watched: Watched): void {
    if (!this.#isClosed) {
      this.#watched.set(watched.rsp.toString(), watched)
      void this.#run(watched)
    }
  }

  async #run (watched: Watched): Promise<void> {
    const { rsp, ended } = watched
    const sinceMs = this.#init.now()
    const answer = await this.#init.watch(rsp, { number: this.#init.number, present: this.#present, margin: MARGIN, lifetimeMs: LIFETIME_MS }, ended.signal).catch(() => undefined)
    if (ended.signal.aborted) {
      return
    }
    if (answer?.event === 'ended' && this.#init.now() - sinceMs >= FULL_LIFE_MS) {
      this.#start({ rsp, pauseMs: FIRST_PAUSE_MS, ended })
      return
    }
    if (answer !== undefined && answer.event !== 'ended') {
      this.#init.onTold(answer, rsp)
    }
    watched.stopTimer = this.#init.startTimer(() => {
      this.#start({ rsp, pauseMs: Math.min(MAX_PAUSE_MS, 2 * watched.pauseMs), ended })
    }, watched.pauseMs)
  }

  /** The RSP need not keep what nobody waits for. */
  #release ({ rsp, ended, stopTimer }: Watched): void {
    ended.abort()
    stopTimer?.()
    this.#init.release(rsp, this.#init.number)
  }
}
