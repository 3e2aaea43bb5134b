// Measures the loss of links in two stages. Every probe of a delay survey is a look at it: while all come back, a link loses little, and that is all that is to
// be known. When one does not, pairs of probes (measurement/loss-difference.ts) go over the link until its loss is known well enough; they age, so
// some more go now and then, for as long as there is loss.
import type { ProbeOutcome } from '../../measurement/loss-difference.ts'
import type { ProbeResult } from '../../measurement/prober.ts'
import type { RttDifference } from '../../measurement/rtt-difference.ts'
import type { StallWatch } from './stall-watch.ts'
import type { SurveyCost } from './survey-cost.ts'
import type { Surveyed, SurveyedLink } from './surveyed-link.ts'
import type { SurveyTimers } from './survey-timers.ts'

/** Good enough: by then half of the values are within half a percentage point. */
const WANTED_ERROR_PPM = 7_500
/** Nothing of it was lost in so many pairs, or next to nothing: the suspicion was wrong. */
const CLEAN_PPM = 3_000
/** Pairs that were not wanted for so long leave their share of the budget to others: most links that lose are known well, and wait. */
const BUSY_MS = 1_000
/** Of one link: what is lost within shorter is lost at once. */
const PAIR_GAP_MS = 100
/** So much later than usual is late: what waits for TCP's least retransmission timeout (RFC 6298, in practice 200 ms) is. */
export const LATE_AFTER_MS = 200

export interface LossSurveyInit {
  links: ReadonlyMap<string, SurveyedLink>
  differences: RttDifference
  cost: SurveyCost
  timers: SurveyTimers
  stalls: StallWatch
  /** Beyond what is usual, ms. */
  lateAfterMs?: number
  /** A near probe has come back. */
  onNear: (near: Surveyed, rttMs: number) => void
  /** A probe over the link has come back, or has not although the one to its near end has. With when it was sent. */
  onFar: (link: SurveyedLink, near: Surveyed, result: ProbeResult, sentMs: number) => void
  /** There is a new pair. */
  onPair: (link: SurveyedLink) => void
}

interface Suspect {
  link: SurveyedLink
  pairAtMs: number
}

export class LossSurvey {
  readonly #init: LossSurveyInit
  /** The first has its turn. */
  #suspects: Suspect[] = []
  readonly #suspected = new Set<SurveyedLink>()
  #lastPairMs = Number.NEGATIVE_INFINITY

  constructor (init: LossSurveyInit) {
    this.#init = init
  }

  /** Pairs are being sent. */
  get isBusy (): boolean {
    return this.#init.timers.now() - this.#lastPairMs < BUSY_MS
  }

  get suspects (): number {
    return this.#suspects.length
  }

  /** A probe over this link was lost or late. */
  suspect (link: SurveyedLink): void {
    if (!this.#suspected.has(link)) {
      this.#suspected.add(link)
      this.#suspects.push({ link, pairAtMs: Number.NEGATIVE_INFINITY })
    }
  }

  forget (link: SurveyedLink): void {
    if (this.#suspected.delete(link)) {
      this.#suspects = this.#suspects.filter((suspect) => suspect.link !== link)
    }
  }

  /** Sends pairs, while there are links that want them; returns how many probes that were. */
  tick (maxProbes: number): number {
    const nowMs = this.#init.timers.now()
    let sent = 0
    for (let looked = this.#suspects.length; looked > 0 && sent + 2 <= maxProbes; looked--) {
      const suspect = this.#suspects.shift()
      if (suspect === undefined) {
        // a pair has shown that one is down
        break
      }
      const wish = this.#wishOf(suspect, nowMs)
      if (wish === 'cleared') {
        this.#suspected.delete(suspect.link)
        continue
      }
      this.#suspects.push(suspect)
      if (wish === 'pair') {
        suspect.pairAtMs = this.#lastPairMs = nowMs
        sent += this.#sendPair(suspect.link)
      }
    }
    return sent
  }

  /** Undefined: it came late, but that may have been our own fault. */
  outcomeOf (rttMs: number | undefined, near: Surveyed, far?: Surveyed): ProbeOutcome | undefined {
    if (rttMs === undefined) {
      return 'lost'
    }
    const usualUs = this.#init.differences.usualUs(near.key, far?.key)
    if (usualUs === undefined || rttMs <= usualUs / 1_000 + (this.#init.lateAfterMs ?? LATE_AFTER_MS)) {
      return 'back'
    }
    return this.#init.stalls.hasStalledWithin(rttMs) ? undefined : 'late'
  }

  #wishOf ({ link, pairAtMs }: Suspect, nowMs: number): 'pair' | 'none' | 'cleared' {
    if (nowMs - pairAtMs < PAIR_GAP_MS) {
      return 'none'
    }
    const reading = link.loss.reading(nowMs)
    if (reading === undefined || reading.errorPpm > WANTED_ERROR_PPM) {
      return 'pair'
    }
    return reading.lossPpm <= CLEAN_PPM ? 'cleared' : 'none'
  }

  #sendPair (link: SurveyedLink): number {
    const { differences, cost, timers, onNear, onFar, onPair } = this.#init
    const via = differences.betterEnd(link.a.key, link.b.key)
    if (via === undefined) {
      return 0
    }
    const [near, far] = link.from(via)
    const { lapses } = link
    const sentMs = timers.now()
    const outcomes: { near?: ProbeOutcome, far?: ProbeOutcome } = {}
    let isNearBack = false
    const end = (): void => {
      if (outcomes.near !== undefined && outcomes.far !== undefined) {
        link.pair(outcomes.near, outcomes.far, timers.now(), lapses)
        onPair(link)
      }
    }
    let sent = 0
    const isSent = cost.probe([near.node], ({ rttMs, notice }) => {
      outcomes.near = notice === undefined ? this.outcomeOf(rttMs, near) : undefined
      if (rttMs !== undefined) {
        isNearBack = true
        onNear(near, rttMs)
      }
      end()
    })
    if (isSent) {
      sent++
      sent += cost.probe([near.node, far.node], (result) => {
        const { rttMs, notice } = result
        // who says that there is no link, or no leave, has lost nothing
        outcomes.far = notice === undefined ? this.outcomeOf(rttMs, near, far) : undefined
        if (rttMs !== undefined || notice !== undefined || isNearBack) {
          onFar(link, near, result, sentMs)
        }
        end()
      })
        ? 1
        : 0
    }
    return sent
  }
}
