// Runs the generated parser: what it read, how far it came, and what could have stood there.
import { QuerySyntaxError } from './errors.ts'
import { parse } from './grammar.peg.ts'
import { isReserved } from './keywords.ts'
import { MAX_DEPTH } from './query-limits.ts'
import type { RawQuery } from './raw-query.ts'
import { unitNamed } from './units.ts'

export interface ReadClauses {
  /** Undefined where the text is no query. */
  raw: RawQuery | undefined
  /** The farthest offset at which something was looked for and not found: of a whole query too, its end. */
  farthest: number
  /** What was looked for there: keywords and signs in backticks first, then descriptions. */
  expected: string[]
}

/** What the parser gives in place of an exception, whose making takes more time than most parses. */
interface ParserState {
  peg$success: boolean
  peg$result: RawQuery
  peg$maxFailPos: number
  peg$maxFailExpected: ReadonlyArray<{ description?: string }>
}

/** @throws QuerySyntaxError - nested too deep */
export function readClauses (text: string): ReadClauses {
  const state = parse(text, {
    peg$library: true,
    maxDepth: MAX_DEPTH,
    isReserved,
    isUnit: (word: string) => unitNamed(word) !== undefined,
    tooDeep: (offset: number) => {
      throw new QuerySyntaxError(text, offset, [], '', `Parentheses and \`not\` are nested at most ${MAX_DEPTH} deep`)
    }
  }) as ParserState
  return { raw: state.peg$success ? state.peg$result : undefined, farthest: state.peg$maxFailPos, expected: describe(state.peg$maxFailExpected) }
}

/** White space can stand almost anywhere. */
function describe (expectations: ParserState['peg$maxFailExpected']): string[] {
  const texts = expectations.map(({ description = '' }) => description)
  return [...new Set(texts)].filter((text) => text !== '' && text !== 'white space').sort()
}
