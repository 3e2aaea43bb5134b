// Which links we need not measure because a credible rival has just done so. Where both measure a link, one of them leaves it to the
// other: which one, both know without asking.
import { CREDIBLE_TRUST } from './rival-trust.ts'
import type { RivalWords } from './rival-words.ts'

const FNV_BASIS = 0x811c9dc5
const FNV_PRIME = 0x01000193

export interface GivenLink {
  a: string
  b: string
  rttMs: number
}

export interface GivenInit {
  words: RivalWords
  /** Our own peer id, as text. */
  self: string
  sinceMs: number
  /** Links that we have measured so far. */
  isOwn: (a: string, b: string) => boolean
  /** Links of no interest: those that were given already. */
  isKnown: (a: string, b: string) => boolean
}

export function * givenLinks ({ words, self, sinceMs, isOwn, isKnown }: GivenInit): Generator<GivenLink> {
  for (const [a, b, said] of words.since(sinceMs)) {
    if (isKnown(a, b)) {
      continue
    }
    const credible = said.filter(({ rival, measuredAtMs }) => measuredAtMs >= sinceMs && words.trustOf(rival) >= CREDIBLE_TRUST)
    const isLeft = credible.length > 0 && (!isOwn(a, b) || credible.some(({ rival }) => rankOf(a, b, rival) > rankOf(a, b, self)))
    const believed = isLeft ? words.believed(a, b) : undefined
    if (believed !== undefined) {
      yield { a, b, rttMs: believed.rttUs / 1_000 }
    }
  }
}

/** Who has the higher one measures the link. Another order for each link, so that the work is shared evenly (FNV-1a). */
function rankOf (a: string, b: string, rsp: string): number {
  let hash = FNV_BASIS
  for (const text of [a, b, rsp]) {
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
    }
  }
  // the last letters alone would decide otherwise
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
