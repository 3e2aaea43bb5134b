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
