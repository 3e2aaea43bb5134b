// Which links of rivals are measured anew, to know whether to believe them. Two RSPs that share well measure nothing twice, and would
// learn nothing of each other any more: so a few of those that only a rival speaks of are drawn in every round.
import { isOpen } from './rival-word.ts'
import type { RivalWords } from './rival-words.ts'

/** For each rival and round: a newcomer can become credible in one round, and who is credible stays under watch. */
const NEWCOMER_AUDITS = 16
const CREDIBLE_AUDITS = 6

export interface AuditInit {
  words: RivalWords
  /** From 0 to 1. */
  random: () => number
}

/**
 * Links that rivals have measured since then, and that were not compared lately: the rivals take turns, in random order.
 *
 * @param isOwn - links that we measure anyway
 */
export function drawAudits ({ words, random }: AuditInit, sinceMs: number, isOwn: (a: string, b: string) => boolean): Array<readonly [a: string, b: string]> {
  const open = new Map<string, Array<readonly [a: string, b: string]>>()
  for (const [a, b, said] of words.since(sinceMs)) {
    if (!isOwn(a, b)) {
      for (const { rival } of said.filter(isOpen)) {
        const links = open.get(rival) ?? []
        links.push([a, b])
        open.set(rival, links)
      }
    }
  }
  const hands = [...open].map(([rival, links]) => drawn(links, words.rival(rival)?.trust.isCredible === true ? CREDIBLE_AUDITS : NEWCOMER_AUDITS, random))
  return dealt(drawn(hands, hands.length, random))
}

/** One of each, then a second of each: who takes only some of them starves no rival, whoever spoke first. */
function dealt<T> (hands: readonly T[][]): T[] {
  const rounds = Math.max(0, ...hands.map(({ length }) => length))
  return Array.from({ length: rounds }, (_, at) => hands.flatMap((hand) => hand.slice(at, at + 1))).flat()
}

/** The first of a Fisher–Yates shuffle. */
function drawn<T> (items: T[], count: number, random: () => number): T[] {
  for (let at = 0; at < Math.min(count, items.length); at++) {
    const chosen = at + Math.floor(random() * (items.length - at));
    [items[at], items[chosen]] = [items[chosen], items[at]]
  }
  return items.slice(0, count)
}
