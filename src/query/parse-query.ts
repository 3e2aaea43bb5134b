// From text to tree.
import type { RouteAst } from './ast.ts'
import { buildAst } from './build-ast.ts'
import { checkQuery } from './check-query.ts'
import { QueryMeaningError, QuerySyntaxError } from './errors.ts'
import { parse } from './grammar.peg.ts'
import { isReserved } from './keywords.ts'
import { MAX_DEPTH, MAX_QUERY_BYTES } from './query-limits.ts'
import type { RawQuery } from './raw-query.ts'
import { unitNamed } from './units.ts'

/** What the generated parser gives in place of an exception, whose making takes more time than most parses. */
interface ParserState {
  peg$success: boolean
  peg$result: unknown
  peg$maxFailPos: number
  peg$maxFailExpected: ReadonlyArray<{ description?: string }>
}

const encoder = new TextEncoder()
/** For counting bytes; queries that need more are too long. */
const scratch = new Uint8Array(MAX_QUERY_BYTES)

/**
 * The empty text is the query that minimizes delay and asks for nothing else.
 *
 * @throws QuerySyntaxError, QueryMeaningError
 */
export function parseQuery (text: string): RouteAst {
  checkLength(text)
  const state = parse(text, {
    peg$library: true,
    maxDepth: MAX_DEPTH,
    isReserved,
    isUnit: (word: string) => unitNamed(word) !== undefined,
    tooDeep: (offset: number) => {
      throw new QuerySyntaxError(text, offset, [], '', `Parentheses and \`not\` are nested at most ${MAX_DEPTH} deep`)
    }
  }) as ParserState
  if (!state.peg$success || state.peg$result === undefined) {
    throw syntaxError(text, state)
  }
  const { ast, offsets } = buildAst(state.peg$result as RawQuery, (offset, problem) => {
    throw new QueryMeaningError(problem, { text, offset })
  })
  checkQuery(ast, (part, problem) => {
    throw new QueryMeaningError(problem, { text, offset: offsets.get(part) ?? 0 })
  })
  return ast
}

function checkLength (text: string): void {
  const { read } = text.length > MAX_QUERY_BYTES ? { read: MAX_QUERY_BYTES } : encoder.encodeInto(text, scratch)
  if (read < text.length) {
    throw new QuerySyntaxError(text, read, [], '', `A query has at most ${MAX_QUERY_BYTES} bytes of UTF-8`)
  }
}

function syntaxError (text: string, { peg$maxFailPos: offset, peg$maxFailExpected: expectations }: ParserState): QuerySyntaxError {
  const found = /^(?:[\p{L}\p{N}_]{1,40}|[^])/u.exec(text.slice(offset, offset + 80))?.[0] ?? ''
  return new QuerySyntaxError(text, offset, describe(expectations), found)
}

/** Sorted, keywords and signs first; white space can stand almost anywhere. */
function describe (expectations: ParserState['peg$maxFailExpected']): string[] {
  const texts = expectations.map(({ description = '' }) => description)
  return [...new Set(texts)].filter((text) => text !== '' && text !== 'white space').sort()
}
