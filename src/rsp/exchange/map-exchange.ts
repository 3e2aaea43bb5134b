// What the map asks of the exchange, and tells it: own values out, what is believed of others' words in. It does no I/O, so that tests
// and replay can drive it; rsp-exchange.ts puts it on the wire.
import { RecentlyUsed } from '../../../protocols/recently-used.ts'
import { RivalWords } from './rival-words.ts'
import { TurnedRivals } from './turned-rivals.ts'
import { rivalProvenance } from './link-provenance.ts'
import { linkName } from '../link-name.ts'
import type { LinkEstimate } from '../link-view.ts'
import type { LinkProvenance } from './link-provenance.ts'
import type { LinkReading } from '../../measurement/link-estimator.ts'
import type { SharedMeasurement } from '../../../protocols/exchange/measurement.ts'
import type { TurnedRivalsInit } from './turned-rivals.ts'

/** Our own measurement wins as long as no rival's is younger by so much. */
const OWN_WINS_MS = 60_000
/** A word waits so long at most to be compared with what we measure, before others are told of that. */
const JUDGEMENT_MS = 45_000
/** An honest rival may have looked at a link just before it went down, by a clock that is not ours. */
const DOWN_GRACE_MS = 10_000
const MAX_DOWN = 65_536
/** As old as a link in the map may be. */
const MAX_WORD_AGE_MS = 180_000

export interface MapExchangeInit {
  /** Is this forwarder on the map? Of others nothing is kept. */
  isNode: (key: string) => boolean
  /** What is believed of the link has changed, or may have. */
  onChange: (a: string, b: string) => void
  /** One of our own links has been measured, or found down: rivals may be told. */
  onOwn: (a: string, b: string, reading: LinkReading) => void
  /** Does anybody know of us what this link is like? */
  hasTold: (a: string, b: string) => boolean
  /** Unix time, ms. */
  now: () => number
  startTimer?: TurnedRivalsInit['startTimer']
}

const DOWN: LinkReading = { state: 'down', rttUs: undefined, jitterUs: 0, lossPpm: 0, samples: 0, outcomes: 0 }

export class MapExchange {
  readonly #init: MapExchangeInit
  readonly words = new RivalWords()
  readonly #turned: TurnedRivals
  /** By link: when we found it down, and have not measured it since. */
  readonly #downAtMs = new RecentlyUsed<number>(MAX_DOWN)

  constructor (init: MapExchangeInit) {
    const { onChange, startTimer } = init
    this.#init = init
    this.#turned = new TurnedRivals({ linksOf: (rival) => this.words.linksOf(rival), onChange, startTimer })
  }

  stop (): void {
    this.#turned.stop()
  }

  /** Takes what a rival that was added says of links. Gives how many of its words are of use. */
  take (rival: string, measurements: readonly SharedMeasurement[], ownOf: (a: string, b: string) => LinkEstimate | undefined): number {
    if (this.words.rival(rival) === undefined) {
      return 0
    }
    const nowMs = this.#init.now()
    let useful = 0
    for (const said of measurements) {
      const [a, b] = [said.a.toString(), said.b.toString()]
      if (!this.#init.isNode(a) || !this.#init.isNode(b)) {
        continue
      }
      const taken = this.words.take(rival, a, b, said, { measuredAtMs: nowMs - said.ageMs, isBlind: !this.#init.hasTold(a, b) })
      if (taken === 'over-quota' || taken === 'older') {
        continue
      }
      useful++
      const own = ownOf(a, b)
      if (own !== undefined) {
        this.#judge(a, b, own)
      }
      if (own === undefined && this.#refused(rival, a, b, said.ageMs)) {
        continue
      }
      if (this.#mayBeBelieved(rival)) {
        this.#init.onChange(a, b)
      }
    }
    return useful
  }

  /** We have measured the link ourselves. */
  measured (a: string, b: string, own: LinkEstimate): void {
    this.#downAtMs.delete(linkName(a, b))
    this.#judge(a, b, own)
    if (this.mayTell(a, b)) {
      this.#init.onOwn(a, b, { state: 'up', rttUs: own.rttUs, jitterUs: own.jitterUs, lossPpm: own.lossPpm, samples: 1, outcomes: 1 })
    }
  }

  /** No rival's word on the link waits to be compared with what we measure, before the rival could know of it. */
  mayTell (a: string, b: string): boolean {
    return !this.words.awaitsJudgement(a, b, this.#init.now(), JUDGEMENT_MS)
  }

  /** We have found it down: what rivals said of it before does not hold. A forwarder may say so of links to anybody; those of no node are nothing to us. */
  lost (a: string, b: string): void {
    if (!this.#init.isNode(a) || !this.#init.isNode(b)) {
      return
    }
    this.#downAtMs.set(linkName(a, b), this.#init.now())
    this.words.withdraw(a, b)
    this.#init.onOwn(a, b, DOWN)
  }

  /** What to believe of a link of which we have this ourselves. */
  believed (a: string, b: string, own: LinkEstimate | undefined, isRemembered: boolean): LinkEstimate | undefined {
    return this.#heard(a, b, own, isRemembered) ?? own
  }

  /** Undefined where the value is our own. */
  provenanceOf (a: string, b: string, own: LinkEstimate | undefined, isRemembered: boolean): LinkProvenance[] | undefined {
    return this.#heard(a, b, own, isRemembered) === undefined
      ? undefined
      : rivalProvenance(this.words.weighed(a, b), a < b ? [a, b] : [b, a], (rival) => this.words.trustOf(rival))
  }

  /** It sent what no honest RSP sends. */
  breach (rival: string): void {
    const trust = this.words.rival(rival)?.trust
    const wasCredible = trust?.isCredible
    trust?.forfeit()
    if (wasCredible === true) {
      this.#turned.turned(rival)
    }
  }

  removeNode (key: string): void {
    this.words.removeNode(key)
  }

  /** With all that it has said, and what it was trusted. */
  removeRival (rival: string): void {
    const wasBelieved = this.#mayBeBelieved(rival)
    const links = this.words.removeRival(rival)
    this.#turned.removed(rival, wasBelieved ? links : [])
  }

  /** The wall clock was set: what rivals said may seem to be from the future. */
  recall (nowMs: number): void {
    for (const [a, b] of this.words.recall(nowMs)) {
      this.#init.onChange(a, b)
    }
  }

  expire (): void {
    this.words.expire(this.#init.now() - MAX_WORD_AGE_MS)
  }

  #heard (a: string, b: string, own: LinkEstimate | undefined, isRemembered: boolean): LinkEstimate | undefined {
    const heard = this.words.believed(a, b)
    return heard === undefined || (own !== undefined && !isRemembered && own.measuredAtMs >= heard.measuredAtMs - OWN_WINS_MS) ? undefined : heard
  }

  /** We have found the link down lately, as late as this word: it is as wrong as it would be on a link that we measure. */
  #refused (rival: string, a: string, b: string, ageMs: number): boolean {
    const nowMs = this.#init.now()
    const downAtMs = this.#downAtMs.get(linkName(a, b))
    // a clock that was set back since then does not make it hold for longer
    if (downAtMs === undefined || downAtMs > nowMs || nowMs - ageMs >= downAtMs + OWN_WINS_MS) {
      return false
    }
    for (const turned of this.words.judgeDown(a, b, downAtMs, DOWN_GRACE_MS)) {
      this.#turned.turned(turned)
    }
    this.words.withdraw(a, b, (one) => one === rival)
    return true
  }

  #judge (a: string, b: string, own: LinkEstimate): void {
    for (const rival of this.words.judge(a, b, own)) {
      this.#turned.turned(rival)
    }
  }

  /** On the map there may be what it says. */
  #mayBeBelieved (rival: string): boolean {
    return this.words.rival(rival)?.trust.isCredible === true || this.#turned.has(rival)
  }
}
