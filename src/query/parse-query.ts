// From text to tree.
import type { RouteAst } from './ast.ts'
import { buildAst } from './build-ast.ts'
import { checkQuery } from './check-query.ts'
import { QueryMeaningError, QuerySyntaxError } from './errors.ts'
import { MAX_QUERY_BYTES } from './query-limits.ts'
import { readClauses } from './read-clauses.ts'

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
  const { raw, farthest, expected } = readClauses(text)
  if (raw === undefined) {
    const found = /^(?:[\p{L}\p{N}_]{1,40}|[^])/u.exec(text.slice(farthest, farthest + 80))?.[0] ?? ''
    throw new QuerySyntaxError(text, farthest, expected, found)
  }
  const { ast, offsets } = buildAst(raw, (offset, problem) => {
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
