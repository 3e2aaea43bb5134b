// The words of the text form: those that begin something, and so cannot be metrics, and what other words look like.

/** What can stand where a clause begins. */
export const CLAUSE_KEYWORDS = ['where', 'avoid', 'only', 'via', 'with', 'prefer', 'disjoint', 'alternatives', 'confidence'] as const

/** What begins a selector of forwarders. */
export const SELECTOR_KEYWORDS = ['country', 'region', 'operator', 'asn', 'tag', 'forwarder', 'not'] as const

const RESERVED = new Set<string>([
  'minimize', 'minimise', 'maximize', 'maximise', ...CLAUSE_KEYWORDS, 'alternative', ...SELECTOR_KEYWORDS, 'within', 'penalty', 'and', 'or'
])

export function isReserved (word: string): boolean {
  return RESERVED.has(word.toLowerCase())
}

/** What needs no quotes. */
export const BARE_WORD = /^[a-z0-9_][a-z0-9_.:-]*$/i

export const METRIC_NAME = /^[a-z_][a-z0-9_]*$/i

/** For people who write a query. */
export const KEYWORD_SUMMARIES: Readonly<Record<string, string>> = {
  minimize: 'rank by a sum of metrics, the least first',
  maximize: 'rank by rate, the highest first',
  where: 'limit metrics of the whole path',
  avoid: 'no such forwarder on the path',
  only: 'no other forwarder on the path',
  via: 'at least one such forwarder on the path, in the order of all via',
  with: 'something that only some RSPs know',
  prefer: 'a constraint that may be broken, or a metric to choose by among nearly equal paths',
  within: 'which scores are nearly equal',
  penalty: 'what breaking the constraint adds to the score',
  disjoint: 'paths that share no forwarder',
  alternatives: 'paths besides the best one',
  confidence: 'how sure the RSP must be of its predictions',
  and: 'both',
  or: 'either',
  not: 'all others',
  country: 'by the country it says to be in',
  region: 'by the region it says to be in',
  operator: 'by who runs it',
  asn: 'by the autonomous system it says to be in',
  tag: 'by any other tag',
  forwarder: 'by its peer id'
}
