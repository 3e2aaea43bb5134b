// What could stand at a place in a query that is being written, for editors and dashboards. The parser says it: it reads what is
// before the place, and what it then looks for are the completions.
import { MAX_QUERY_BYTES } from './query-limits.ts'
import { BARE_WORD, KEYWORD_SUMMARIES } from './keywords.ts'
import { METRICS, metricNamed } from './metrics.ts'
import { readClauses } from './read-clauses.ts'
import { UNITS } from './units.ts'

/** What there is to name, as far as who completes knows. */
export interface KnownValues {
  countries?: readonly string[]
  regions?: readonly string[]
  operators?: readonly string[]
  tags?: readonly string[]
  forwarders?: readonly string[]
}

export interface Completion {
  /** What to write between `from` and the place. */
  text: string
  kind: 'keyword' | 'sign' | 'metric' | 'unit' | 'value'
  /** What it is, for people. */
  summary: string
  from: number
}

/** Enough for a list on a screen. */
const MAX_COMPLETIONS = 64

const UNFINISHED_TEXT = /"(?:[^"\\]|\\.)*$/
const UNFINISHED_WORD = /[\p{L}_%][\p{L}\p{N}_.:%/-]*$/u
/** The limit that a number without a unit belongs to. */
const LIMIT_BEFORE = /([a-z_][a-z0-9_]*)\s*(?:<=|>=|≤|≥)\s*[0-9][0-9.e+-]*\s*$/i
const SELECTOR_BEFORE = /(country|region|operator|tag|forwarder)\s+$/i

/** Those that begin with what is already written of the word, in any case; none where the text before is no beginning of a query. */
export function completionsAt (text: string, offset: number, known: KnownValues = {}): Completion[] {
  if (text.length > MAX_QUERY_BYTES) {
    return []
  }
  const before = text.slice(0, offset)
  const from = startOfWord(before)
  const begun = before.slice(from).replace(/^"/, '').toLowerCase()
  // only a unit may follow a number at once
  const isGlued = /\w$/.test(before.slice(0, from))
  return expectedAfter(before.slice(0, from))
    .flatMap((expected) => completionsOf(expected, before.slice(0, from), known))
    .filter((completion) => !isGlued || completion.kind === 'unit' || completion.kind === 'sign')
    .filter((completion) => completion.text.replace(/^"/, '').toLowerCase().startsWith(begun))
    .slice(0, MAX_COMPLETIONS)
    .map((completion) => ({ ...completion, from }))
}

function startOfWord (before: string): number {
  const quotes = before.match(/(?<!\\)"/g)?.length ?? 0
  return (quotes % 2 === 1 ? UNFINISHED_TEXT : UNFINISHED_WORD).exec(before)?.index ?? before.length
}

function expectedAfter (text: string): string[] {
  try {
    const { farthest, expected } = readClauses(text)
    return farthest === text.length ? expected : []
  } catch {
    return []
  }
}

function completionsOf (expected: string, before: string, known: KnownValues): Array<Omit<Completion, 'from'>> {
  if (expected.startsWith('`')) {
    return expected.split(' or ').map((each) => each.slice(1, -1)).map((text) => /^\w/.test(text)
      ? { text, kind: 'keyword', summary: KEYWORD_SUMMARIES[text] ?? '' }
      : { text, kind: 'sign', summary: '' })
  }
  if (expected === 'a metric') {
    return METRICS.map(({ name, summary }) => ({ text: name, kind: 'metric', summary }))
  }
  if (expected === 'a unit') {
    const metric = metricNamed(LIMIT_BEFORE.exec(before)?.[1].toLowerCase() ?? '')
    return UNITS.filter(({ base }) => metric === undefined || base === metric.unit).map(({ name }) => ({ text: name, kind: 'unit', summary: '' }))
  }
  return expected === 'a name' ? valuesAfter(before, known) : []
}

function valuesAfter (before: string, { countries, regions, operators, tags, forwarders }: KnownValues): Array<Omit<Completion, 'from'>> {
  const selector = SELECTOR_BEFORE.exec(before)?.[1].toLowerCase() ?? ''
  const values = { country: countries, region: regions, operator: operators, tag: tags, forwarder: forwarders }[selector] ?? []
  return values.map((value) => ({ text: BARE_WORD.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`, kind: 'value', summary: selector }))
}
