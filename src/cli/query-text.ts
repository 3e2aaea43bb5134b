// The query of a command: as it was typed, or a name from `[queries]` of the config file (`@gaming`). Read here too, though RSPs read it again: what is
// wrong with it is said at once, and with a finger on the place.
import { InvalidSettingError } from './errors.ts'
import { QueryMeaningError, QuerySyntaxError } from '../query/errors.ts'
import { parseQuery } from '../query/parse-query.ts'

/**
 * Undefined where there is none.
 *
 * @throws InvalidSettingError
 */
export function readQuery ({ query, queries = {} }: { query?: string, queries?: Readonly<Record<string, string>> }): string | undefined {
  if (query === undefined) {
    return undefined
  }
  const text = query.startsWith('@') ? named(query.slice(1), queries) : query
  try {
    parseQuery(text)
    return text
  } catch (error) {
    if (error instanceof QuerySyntaxError || error instanceof QueryMeaningError) {
      throw new InvalidSettingError('--query', `${error.message}${error.picture === undefined ? '' : `\n${error.picture}`}`)
    }
    throw error
  }
}

function named (name: string, queries: Readonly<Record<string, string>>): string {
  if (!Object.hasOwn(queries, name)) {
    const known = Object.keys(queries)
    throw new InvalidSettingError('--query', `there is no query "${name}" in [queries] of the config file${known.length === 0 ? '' : `; there is ${known.join(', ')}`}`)
  }
  return queries[name]
}
