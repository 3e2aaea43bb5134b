// Fills the map without the forwarders' help (paper section 3.2): a probe R→Ni→R and a probe R→Ni→Nj→Ni→R differ by the
// round trip over the link Ni–Nj. The surveyor is attached to the forwarders, has them keep the links (`connectOnly`), and
// spends a budget of probes on those that the measurement plan wants: first on new ones, then on all in turn, more on those that move.
//
//   delay: rounds of single probes (here) ─┬─▶ map: round trip, loss, rate
//   loss: pairs, where a probe was lost ───┤
//   rate: bursts, one look at a time ──────┘
import { KeptLinks } from '../../link/kept-links.ts'
import { LossSurvey } from './loss-survey.ts'
import { NearProbes } from './near-probes.ts'
import { RateSurvey } from './rate-survey.ts'
import { REAL_TIMERS } from './survey-timers.ts'
import { RttDifference } from '../../measurement/rtt-difference.ts'
import { StallWatch } from './stall-watch.ts'
import { SurveyCost } from './survey-cost.ts'
import { SurveyedLink } from './surveyed-link.ts'
import { linkName } from '../link-name.ts'
import { lossProbesPerSecond, probesPerSecond } from './survey-pace.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import type { DialGrant } from '../../discovery/connect.ts'
import type { LinkSet } from '../../link/link-set.ts'
import type { PerformanceMap } from '../performance-map.ts'
import type { Prober, ProbeResult } from '../../measurement/prober.ts'
import type { Surveyed } from './surveyed-link.ts'
import type { SurveyCostStatus } from './survey-cost.ts'
import type { SurveyTimers } from './survey-timers.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const TICK_MS = 50
/** A link that has not moved at its last looks is left out of as many rounds. */
const MAX_SKIPPED_ROUNDS = 2
/** A link has moved when its estimate differs by more than both of these from the one before. */
const MOVED_SHARE = 0.05
const MOVED_US = 1_000
/** Where links are new, one round in so many is for the others all the same. */
const ROUNDS_FOR_ALL = 3
/** To be attached to a forwarder takes less: a link neither of whose ends has answered by then is no new one, for which all have to hurry, and not known any more. */
const UNREACHED_MS = 10_000
/** A forwarder that does not answer is given up after as long, and its links are not wanted then: where nobody has answered meanwhile that may be our own fault. */
const ANSWERED_MS = 3_000

export interface SurveyInit {
  /** For each forwarder, of all kinds but bursts. */
  probesPerSecond?: number
  /** Bursts that each forwarder is made to send; 0: bandwidths are not surveyed. Default 50 KB/s. */
  burstBytesPerSecond?: number
  /** So much more than usual is late, ms; default 200. */
  lateAfterMs?: number
}

export interface SurveyorInit extends SurveyInit {
  map: PerformanceMap
  links: LinkSet
  prober: Pick<Prober, 'probe'>
  self: PeerId
  connectionManager: ConnectionManager
  /** Which addresses of a forwarder may be dialled now. Default: all. */
  grant?: DialGrant
  descriptor: () => Promise<Uint8Array>
  /** Unix time, ms. */
  nowMs: () => number
  /** Default: real ones. */
  timers?: SurveyTimers
  log: Logger
}

export interface SurveyStatus extends SurveyCostStatus {
  /** Links that are surveyed, those whose loss is being looked at, and those whose bandwidth is known. */
  links: number
  suspects: number
  rates: number
}

export class Surveyor {
  readonly #init: SurveyorInit
  readonly #timers: SurveyTimers
  readonly #kept: KeptLinks
  readonly #forwarders = new Map<string, Surveyed>()
  readonly #links = new Map<string, SurveyedLink>()
  /** Links that have been measured, found down, or out of reach, since they came. */
  readonly #measured = new Set<SurveyedLink>()
  readonly #differences = new RttDifference()
  readonly #near: NearProbes
  readonly #stalls: StallWatch
  readonly #cost: SurveyCost
  readonly #loss: LossSurvey
  readonly #rate: RateSurvey
  /** What is probed next. */
  #queue: Array<Surveyed | SurveyedLink> = []
  #rounds = 0
  /** Probes that may be sent now; a fraction is one now and then. */
  #credit = 0
  #lossCredit = 0
  #stopTicks = (): void => {}

  constructor (init: SurveyorInit) {
    const timers = this.#timers = init.timers ?? REAL_TIMERS
    this.#init = init
    this.#kept = new KeptLinks({
      self: init.self,
      links: init.links,
      connectionManager: init.connectionManager,
      grant: init.grant,
      descriptor: init.descriptor,
      mutual: false,
      log: init.log
    })
    const cost = this.#cost = new SurveyCost(init.prober, timers.now)
    const stalls = this.#stalls = new StallWatch(timers, TICK_MS)
    const common = { links: this.#links, differences: this.#differences, cost, timers }
    this.#near = new NearProbes(common)
    this.#loss = new LossSurvey({
      ...common,
      stalls,
      lateAfterMs: init.lateAfterMs,
      onNear: (near, rttMs) => { this.#near.back(near, rttMs) },
      onFar: (link, near, result, sentMs) => { this.#endFar(link, near, result, sentMs) },
      onPair: (link) => { this.#publish(link) }
    })
    this.#rate = new RateSurvey({ ...common, bytesPerSecond: init.burstBytesPerSecond, onFound: (link) => { this.#publish(link) } })
  }

  start (): void {
    this.#stopTicks = this.#timers.every(TICK_MS, () => { this.#tick() })
  }

  stop (): void {
    this.#stopTicks()
    this.#rate.stop()
    this.#kept.stop()
    // probes that are under way when a node stops are lost, which says nothing of their links
    this.#links.clear()
  }

  add (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    this.#kept.keep(descriptor)
    if (this.#forwarders.has(key)) {
      return
    }
    this.#forwarders.set(key, { key, node: nodeIdOf(descriptor.peer) })
    this.#queue = []
  }

  /** Measures exactly these links between the forwarders from now on. Of others nothing is said; where nobody answers, what is known of them only gets old. */
  setLinks (links: Iterable<readonly [a: string, b: string]>): void {
    const isReached = this.#near.hasAnybodyAnsweredSince(this.#timers.now() - ANSWERED_MS)
    const wanted = new Set<string>()
    for (const [keyA, keyB] of links) {
      const [a, b] = [this.#forwarders.get(keyA), this.#forwarders.get(keyB)]
      const name = linkName(keyA, keyB)
      if (a !== undefined && b !== undefined) {
        wanted.add(name)
        if (!this.#links.has(name)) {
          this.#links.set(name, new SurveyedLink(a, b))
        }
      }
    }
    for (const [name, link] of this.#links) {
      if (!wanted.has(name)) {
        this.#forget(name, link)
        if (isReached) {
          // nobody keeps the link for us any more
          this.#init.map.release(link.a.key, link.b.key)
        }
      }
    }
    this.#queue = []
  }

  remove (key: string): void {
    this.#forwarders.delete(key)
    this.#differences.removeForwarder(key)
    this.#rate.removeForwarder(key)
    this.#kept.retain(this.#forwarders)
    for (const [name, link] of this.#links) {
      if (link.a.key === key || link.b.key === key) {
        this.#forget(name, link)
      }
    }
    this.#queue = []
  }

  get status (): SurveyStatus {
    const nowMs = this.#timers.now()
    const rates = [...this.#links.values()].filter((link) => link.rate.found(nowMs) !== undefined).length
    return { links: this.#links.size, suspects: this.#loss.suspects, rates, ...this.#cost.status(this.#links.size) }
  }

  #forget (name: string, link: SurveyedLink): void {
    this.#differences.removeLink(link.a.key, link.b.key)
    this.#measured.delete(link)
    this.#loss.forget(link)
    this.#rate.forget(link)
    this.#links.delete(name)
  }

  #tick (): void {
    this.#stalls.tick()
    const now = { isFirst: this.#measured.size < this.#links.size, isLossBusy: this.#loss.isBusy }
    this.#credit += probesPerSecond(this.#forwarders.size, this.#init.probesPerSecond, now) * TICK_MS / 1_000
    for (; this.#credit >= 1; this.#credit--) {
      if (this.#queue.length === 0) {
        this.#queue = this.#nextRound()
      }
      const next = this.#queue.pop()
      if (next === undefined) {
        this.#credit = 0
      } else if ('node' in next) {
        this.#near.send(next)
      } else {
        this.#probeLink(next)
      }
    }
    this.#tickLoss()
    this.#rate.tick()
  }

  /** What is not used is saved for one pair, not for more. */
  #tickLoss (): void {
    const perTick = lossProbesPerSecond(this.#forwarders.size, this.#init.probesPerSecond) * TICK_MS / 1_000
    const credit = Math.min(2 + perTick, this.#lossCredit + perTick)
    this.#lossCredit = credit - this.#loss.tick(Math.floor(credit))
  }

  /**
   * A round is taken from its end. The forwarders come first, so that a link finds its near probes, and twice more in
   * between: each near probe serves all links measured through its forwarder.
   */
  #nextRound (): Array<Surveyed | SurveyedLink> {
    const forwarders = [...this.#forwarders.values()]
    const links = this.#dueLinks()
    const third = Math.ceil(links.length / 3)
    return [0, 1, 2].flatMap((part) => [...links.slice(part * third, (part + 1) * third), ...forwarders])
  }

  #dueLinks (): SurveyedLink[] {
    const isForAll = this.#rounds++ % ROUNDS_FOR_ALL === 0
    const links = [...this.#links.values()]
    const unseen = links.filter((link) => !this.#measured.has(link))
    return unseen.length > 0 && !isForAll ? unseen : links.filter((link) => link.skips-- <= 0)
  }

  #probeLink (link: SurveyedLink): void {
    const end = this.#differences.betterEnd(link.a.key, link.b.key)
    if (end === undefined) {
      this.#unreached(link)
      return
    }
    link.unreached = undefined
    const [near, far] = link.from(end)
    const sentMs = this.#timers.now()
    this.#cost.probe([near.node, far.node], (result) => { this.#endFar(link, near, result, sentMs) })
  }

  /**
   * Neither end answers, which says nothing of the link: what we have measured of it is not spoken of any more, when it has had its time, and its ends a
   * whole round to answer in. What is remembered from before a restart is not ours to take back: it is forgotten where nobody confirms it.
   */
  #unreached (link: SurveyedLink): void {
    const nowMs = this.#timers.now()
    const isKnown = link.rttUs !== undefined
    if (link.unreached === undefined || (isKnown && this.#near.wasSilentSince(link.unreached.sinceMs))) {
      // where nobody answers at all the fault is our own, and what we know of the links only gets old
      link.unreached = { sinceMs: nowMs, round: this.#rounds }
    }
    if (nowMs - link.unreached.sinceMs < UNREACHED_MS) {
      return
    }
    this.#measured.add(link)
    if (isKnown && this.#rounds >= link.unreached.round + 2) {
      this.#init.map.release(link.a.key, link.b.key)
      this.#lapse(link)
    }
  }

  /** A probe over the link has come back through this end, or is lost. Who says that there is no link has answered, too. */
  #endFar (link: SurveyedLink, near: Surveyed, { rttMs, notice }: ProbeResult, sentMs: number): void {
    if (rttMs === undefined && notice === undefined) {
      this.#lost(link, near, sentMs)
    } else {
      this.#takeFar(link, near, rttMs)
    }
  }

  /**
   * What nobody has answered was lost on the link only where its near end has answered later than the probe was due: what came before that may be from before
   * our access failed. Where that is not known the near end is asked, on account of the next probes.
   * One check at a time: those of a long silence would all come back at its end, and say that the link had lost as many.
   */
  #lost (link: SurveyedLink, near: Surveyed, sentMs: number): void {
    if (!this.#isCurrent(link)) {
      return
    }
    // whatever it was, it is looked at again soon
    link.steady = link.skips = 0
    const usualUs = this.#differences.usualUs(near.key, link.from(near.key)[1].key)
    if (usualUs !== undefined && this.#near.hasAnsweredSince(near, sentMs + usualUs / 1_000)) {
      this.#missed(link)
      return
    }
    if (link.isChecked) {
      return
    }
    link.isChecked = true
    this.#credit--
    this.#near.send(near, (isBack) => {
      link.isChecked = false
      if (isBack) {
        this.#takeFar(link, near, undefined)
      }
    })
  }

  /** A probe over the link has come back through this end, or is lost although that end answers. */
  #takeFar (link: SurveyedLink, near: Surveyed, rttMs: number | undefined): void {
    const [, far] = link.from(near.key)
    if (!this.#isCurrent(link)) {
      return
    }
    if (rttMs === undefined) {
      this.#missed(link)
      return
    }
    link.misses = 0
    link.isDown = false
    const outcome = this.#loss.outcomeOf(rttMs, near, far)
    if (outcome === 'late') {
      this.#gone(link)
    } else if (outcome === 'back') {
      link.backInARow++
    }
    this.#differences.sampleFar(near.key, far.key, rttMs * 1_000)
    this.#enter(link)
  }

  /** A probe over it was lost or late. */
  #gone (link: SurveyedLink): void {
    link.backInARow = 0
    if (link.rttUs !== undefined) {
      this.#loss.suspect(link)
    }
  }

  #missed (link: SurveyedLink): void {
    link.steady = link.skips = 0
    this.#gone(link)
    if (++link.misses >= link.missesIfDown(this.#timers.now()) && !link.isDown) {
      link.isDown = true
      this.#init.map.remove(link.a.key, link.b.key)
      this.#lapse(link)
    }
  }

  /** It is down, or out of reach: what was measured does not hold any more. */
  #lapse (link: SurveyedLink): void {
    link.lapse()
    this.#loss.forget(link)
    this.#rate.forget(link)
    this.#measured.add(link)
    this.#differences.removeLink(link.a.key, link.b.key)
  }

  #isCurrent (link: SurveyedLink): boolean {
    return this.#links.get(linkName(link.a.key, link.b.key)) === link
  }

  #enter (link: SurveyedLink): void {
    const estimate = this.#differences.estimate(link.a.key, link.b.key)
    if (estimate !== undefined) {
      const hasMoved = link.rttUs === undefined || Math.abs(estimate.rttUs - link.rttUs) > Math.max(MOVED_US, MOVED_SHARE * link.rttUs)
      link.rttUs = estimate.rttUs
      link.jitterUs = estimate.spreadUs
      link.measuredAtMs = this.#init.nowMs()
      link.steady = hasMoved ? 0 : Math.min(MAX_SKIPPED_ROUNDS, link.steady + 1)
      link.skips = link.steady
      this.#measured.add(link)
      this.#publish(link)
    }
  }

  /** Puts on the map what is known of it. */
  #publish (link: SurveyedLink): void {
    const view = this.#isCurrent(link) ? link.view(this.#timers.now(), this.#init.nowMs()) : undefined
    if (view !== undefined) {
      this.#init.map.set(link.a.key, link.b.key, view)
    }
  }
}
