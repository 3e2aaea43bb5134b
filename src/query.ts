// The query language for other programs, exported as `byway/query`: editors complete and check what is being written, dashboards build queries as JSON.
// A host takes texts as they are (`open(peer, '…')`) and needs nothing of this.
export { completionsAt } from './query/completions.ts'
export { parseQuery } from './query/parse-query.ts'
export { parseQueryJson, queryFromJson, queryToJson } from './query/query-json.ts'
export { printQuery } from './query/print-query.ts'
export { QueryMeaningError, QuerySyntaxError } from './query/errors.ts'

export type { Completion, KnownValues } from './query/completions.ts'
export type { QueryPlace } from './query/errors.ts'
export type { RouteAst } from './query/ast.ts'
