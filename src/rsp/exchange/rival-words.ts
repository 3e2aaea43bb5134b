// All that rivals say of links, and what of it is believed. A word costs one look-up; it changes the map only where a rival that has
// proved itself speaks of a link that we do not measure.
//
//   word ─▶ quota ─▶ kept, one a link and rival ─▶ judged by what we measure ─▶ trust
//                                  └─▶ at least one credible: weighted median ─▶ map
import { RecentlyUsed } from '../../../protocols/recently-used.ts'
import { KeyedLinks } from '../keyed-links.ts'
import { RivalTrust } from './rival-trust.ts'
import { combine, weigh } from './weighed-words.ts'
import { isOpen, isSameTime, isTrue, wordOf } from './rival-word.ts'
import { linkName } from '../link-name.ts'
import type { LinkEstimate } from '../link-view.ts'
import type { NamedLink } from './subscription.ts'
import type { RivalWord, SaidOfLink } from './rival-word.ts'
import type { WeighedWord } from './weighed-words.ts'

/** Twice what 500 nodes with 12 links each are; with 16 rivals 70 MB at most. */
export const MAX_LINKS_PER_RIVAL = 12_288
export const MAX_RIVALS = 16

/** What became of a word. */
export type Taken = 'new' | 'renewed' | 'older' | 'over-quota' | 'withdrawn'

/** What outlives a word on a link: who takes it back is not judged anew for that, nor waited for anew. Only of links that we measure. */
interface LinkRecord {
  /** -Infinity: never. */
  judgedAtMs: number
  /** Since when we keep a measurement of ours back for its sake; undefined: we do not, or it was judged. */
  awaitedSinceMs: number | undefined
}

export interface RivalRecord {
  readonly trust: RivalTrust
  /** Links of which it speaks. */
  readonly links: number
  /** Words taken, refused by quota, and those judged, by how. */
  words: number
  refused: number
  judgedTrue: number
  judgedFalse: number
}

export class RivalWords {
  readonly #maxLinksPerRival: number
  readonly #rivals = new Map<string, RivalRecord>()
  /** By rival, then by both ends in order. */
  readonly #records = new Map<string, RecentlyUsed<LinkRecord>>()
  /** By rival: of which it speaks. */
  readonly #linksOf = new Map<string, KeyedLinks>()
  /** First end → other end → what rivals say, at most one word of each. */
  readonly #words = new Map<string, Map<string, RivalWord[]>>()

  constructor (init: { maxLinksPerRival?: number } = {}) {
    this.#maxLinksPerRival = init.maxLinksPerRival ?? MAX_LINKS_PER_RIVAL
  }

  /** False: there are too many. */
  addRival (rival: string): boolean {
    if (!this.#rivals.has(rival)) {
      if (this.#rivals.size >= MAX_RIVALS) {
        return false
      }
      const links = new KeyedLinks()
      this.#rivals.set(rival, { trust: new RivalTrust(), get links () { return links.size }, words: 0, refused: 0, judgedTrue: 0, judgedFalse: 0 })
      this.#linksOf.set(rival, links)
      this.#records.set(rival, new RecentlyUsed(2 * this.#maxLinksPerRival))
    }
    return true
  }

  /** With all that it has said. Gives the links of which it spoke. */
  removeRival (rival: string): NamedLink[] {
    const links = [...this.linksOf(rival)]
    for (const [a, b] of links) {
      this.#delete(a, b, rival)
    }
    this.#rivals.delete(rival)
    this.#linksOf.delete(rival)
    this.#records.delete(rival)
    return links
  }

  /** The links of which it speaks; those that come while it is gone through come in their turn. */
  linksOf (rival: string): Iterable<NamedLink> {
    return this.#linksOf.get(rival)?.links() ?? []
  }

  get rivals (): Iterable<readonly [rival: string, record: RivalRecord]> {
    return this.#rivals
  }

  rival (rival: string): RivalRecord | undefined {
    return this.#rivals.get(rival)
  }

  trustOf (rival: string): number {
    return this.#rivals.get(rival)?.trust.value ?? 0
  }

  /** Takes what a rival that was added says of the link from `a` to `b`. */
  take (rival: string, a: string, b: string, said: SaidOfLink, options: { measuredAtMs: number, isBlind: boolean }): Taken {
    const record = this.#rivals.get(rival)
    const [first, second] = inOrder(a, b)
    const known = this.wordsOf(a, b).find((word) => word.rival === rival)
    if (record === undefined || (known === undefined && record.links >= this.#maxLinksPerRival)) {
      if (record !== undefined) {
        record.refused++
      }
      return 'over-quota'
    }
    record.words++
    if (known !== undefined && known.measuredAtMs > options.measuredAtMs) {
      return 'older'
    }
    if (said.down) {
      this.#delete(first, second, rival)
      return 'withdrawn'
    }
    const word = wordOf(rival, said, first !== a, { ...options, judgedAtMs: this.#records.get(rival)?.get(`${first} ${second}`)?.judgedAtMs })
    if (known !== undefined) {
      Object.assign(known, word, { judgedAtMs: known.judgedAtMs })
      return 'renewed'
    }
    this.#open(first, second).push(word)
    this.#linksOf.get(rival)?.add(first, second)
    return 'new'
  }

  /** We have measured the link: who has said the same of it? Gives the rivals that have become credible, or are not any more. */
  judge (a: string, b: string, own: LinkEstimate): string[] {
    const turned: string[] = []
    const ordered = a < b ? own : { ...own, forth: own.back, back: own.forth }
    for (const word of this.wordsOf(a, b)) {
      const verdict = isOpen(word) ? isTrue(word, ordered) : undefined
      if (verdict !== undefined && this.#settle(word, a, b, verdict, own.measuredAtMs)) {
        turned.push(word.rival)
      }
    }
    return turned
  }

  /**
   * We found the link down then, and have not seen it up since: who says that it was up at about that time, but not before, is wrong.
   * Gives as `judge` does.
   *
   * @param graceMs - after `downAtMs`, in which a word may still be of an honest rival that looked just before
   */
  judgeDown (a: string, b: string, downAtMs: number, graceMs: number): string[] {
    return this.wordsOf(a, b)
      .filter((word) => isOpen(word) && word.measuredAtMs >= downAtMs + graceMs && isSameTime(word.measuredAtMs, downAtMs))
      .filter((word) => this.#settle(word, a, b, false, word.measuredAtMs))
      .map(({ rival }) => rival)
  }

  /**
   * Is there a word on this link that what we measure is still to be compared with? Until then nobody is told of it, but no longer than
   * that: words that are always too old to be compared must not silence us.
   */
  awaitsJudgement (a: string, b: string, nowMs: number, mostMs: number): boolean {
    return this.wordsOf(a, b).filter((word) => isOpen(word) && word.measuredAtMs >= nowMs - mostMs).some(({ rival }) => {
      const record = this.#recordOf(rival, a, b)
      // not in the future: the clock may have been set back
      record.awaitedSinceMs = Math.min(record.awaitedSinceMs ?? nowMs, nowMs)
      return nowMs - record.awaitedSinceMs < mostMs
    })
  }

  /** What is believed of the link from `a` to `b`; undefined where no credible rival speaks of it. */
  believed (a: string, b: string): LinkEstimate | undefined {
    const weighed = this.weighed(a, b)
    if (weighed.length === 0) {
      return undefined
    }
    const estimate = combine(weighed, (rival) => this.trustOf(rival))
    return a < b ? estimate : { ...estimate, forth: estimate.back, back: estimate.forth }
  }

  /** The words behind what is believed. Those of others do not even widen the interval, or a liar could spoil what it cannot change. */
  weighed (a: string, b: string): WeighedWord[] {
    const words = this.wordsOf(a, b).filter(({ rival }) => this.#rivals.get(rival)?.trust.isCredible === true)
    return weigh(words, (rival) => this.trustOf(rival))
  }

  wordsOf (a: string, b: string): readonly RivalWord[] {
    const [first, second] = inOrder(a, b)
    return this.#words.get(first)?.get(second) ?? NONE
  }

  /** Links with words measured since then, each once, its ends in order. */
  * since (measuredAtMs: number): Generator<readonly [a: string, b: string, words: readonly RivalWord[]]> {
    for (const [a, b, words] of this.#links()) {
      if (words.some((word) => word.measuredAtMs >= measuredAtMs)) {
        yield [a, b, words]
      }
    }
  }

  /** What was said of the link until now does not hold any more. */
  withdraw (a: string, b: string, by = (_rival: string): boolean => true): void {
    for (const { rival } of this.wordsOf(a, b).filter(({ rival }) => by(rival))) {
      this.#delete(...inOrder(a, b), rival)
    }
  }

  removeNode (key: string): void {
    for (const [a, b] of [...this.#links()].filter(([a, b]) => a === key || b === key)) {
      this.withdraw(a, b)
    }
  }

  /** The clock was set: nothing is newer than now, or nothing that is said from now on would be. Gives the links of which that was so. */
  recall (nowMs: number): Array<readonly [a: string, b: string]> {
    const links = [...this.since(nowMs + 1)].map(([a, b, words]) => ({ link: [a, b] as const, words }))
    for (const word of links.flatMap(({ words }) => words)) {
      word.measuredAtMs = Math.min(word.measuredAtMs, nowMs)
    }
    return links.map(({ link }) => link)
  }

  /** Forgets what is older. */
  expire (measuredAtMs: number): void {
    for (const [a, b, words] of [...this.#links()]) {
      for (const word of words.filter((word) => word.measuredAtMs < measuredAtMs)) {
        this.#delete(a, b, word.rival)
      }
    }
  }

  /** Has the rival become credible by it, or is not any more? */
  #settle (word: RivalWord, a: string, b: string, verdict: boolean, atMs: number): boolean {
    const rival = this.#rivals.get(word.rival)
    if (rival === undefined) {
      return false
    }
    const wasCredible = rival.trust.isCredible
    word.judgedAtMs = atMs
    Object.assign(this.#recordOf(word.rival, a, b), { judgedAtMs: atMs, awaitedSinceMs: undefined })
    rival.trust.judge(verdict)
    rival.judgedTrue += verdict ? 1 : 0
    rival.judgedFalse += verdict ? 0 : 1
    return rival.trust.isCredible !== wasCredible
  }

  #recordOf (rival: string, a: string, b: string): LinkRecord {
    const name = linkName(a, b)
    const records = this.#records.get(rival)
    const record = records?.get(name) ?? { judgedAtMs: Number.NEGATIVE_INFINITY, awaitedSinceMs: undefined }
    records?.set(name, record)
    return record
  }

  * #links (): Generator<readonly [a: string, b: string, words: readonly RivalWord[]]> {
    for (const [a, others] of this.#words) {
      for (const [b, words] of others) {
        yield [a, b, words]
      }
    }
  }

  #open (first: string, second: string): RivalWord[] {
    const others = this.#words.get(first) ?? new Map<string, RivalWord[]>()
    const words = others.get(second) ?? []
    this.#words.set(first, others.set(second, words))
    return words
  }

  #delete (first: string, second: string, rival: string): void {
    const others = this.#words.get(first)
    const words = others?.get(second)
    const at = words?.findIndex((word) => word.rival === rival) ?? -1
    if (others === undefined || words === undefined || at === -1) {
      return
    }
    words.splice(at, 1)
    this.#linksOf.get(rival)?.delete(first, second)
    if (words.length === 0) {
      others.delete(second)
      if (others.size === 0) {
        this.#words.delete(first)
      }
    }
  }
}

const NONE: readonly RivalWord[] = []

function inOrder (a: string, b: string): readonly [string, string] {
  return a < b ? [a, b] : [b, a]
}
