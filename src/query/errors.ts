// What can be wrong with a query, and the picture of where.

/** A place in a query's text; columns count characters, from 1. */
export interface QueryPlace {
  /** In UTF-16 code units from the beginning. */
  offset: number
  line: number
  column: number
}

/** How much of a long line a picture shows. */
const MOST_SHOWN = 100

export function placeIn (text: string, offset: number): QueryPlace {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { offset, line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 }
}

/** The line and, below it, a caret under the place. */
export function pictureOf (text: string, { offset, column }: QueryPlace): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const nextBreak = text.indexOf('\n', offset)
  const characters = [...text.slice(lineStart, nextBreak === -1 ? text.length : nextBreak)]
  const first = Math.max(0, Math.min(column - 1 - MOST_SHOWN / 2, characters.length - MOST_SHOWN))
  // a control character would move the caret, and a terminal's state
  const shown = characters.slice(first, first + MOST_SHOWN).map((character) => /[\p{C}\p{Z}]/u.test(character) ? ' ' : character).join('')
  const lead = first > 0 ? '…' : ''
  return `  ${lead}${shown}\n  ${' '.repeat(lead.length + column - 1 - first)}^`
}

/** The text is no query. `message` says what was expected, and `picture` where. */
export class QuerySyntaxError extends Error {
  override readonly name = 'QuerySyntaxError'
  readonly place: QueryPlace
  /** What could have stood there: keywords in backticks, else descriptions. Empty where the text is too long or too deep. */
  readonly expected: readonly string[]
  /** What stood there; empty at the end. */
  readonly found: string
  readonly #text: string

  constructor (text: string, offset: number, expected: readonly string[], found: string, problem?: string) {
    const place = placeIn(text, offset)
    const said = problem ?? `${found === '' ? 'The query ends' : `There is ${JSON.stringify(found)}`} where ${listed(expected)} should be`
    super(`${said} (line ${place.line}, column ${place.column}).`)
    this.place = place
    this.expected = expected
    this.found = found
    this.#text = text
  }

  /** The line of the query, and a caret under the place. */
  get picture (): string {
    return pictureOf(this.#text, this.place)
  }
}

/** The query can be read, and asks for something that has no meaning. */
export class QueryMeaningError extends Error {
  override readonly name = 'QueryMeaningError'
  /** Of the text form. */
  readonly place: QueryPlace | undefined
  /** Of the JSON form: `constraints.0.value`; empty for the text form. */
  readonly path: string
  readonly #text: string

  constructor (problem: string, where: { text: string, offset: number } | { path: string }) {
    const place = 'text' in where ? placeIn(where.text, where.offset) : undefined
    const path = 'text' in where ? '' : where.path
    super(`${problem} (${place === undefined ? path || 'the query' : `line ${place.line}, column ${place.column}`}).`)
    this.place = place
    this.path = path
    this.#text = 'text' in where ? where.text : ''
  }

  /** The line of the query, and a caret under the place; empty for the JSON form. */
  get picture (): string {
    return this.place === undefined ? '' : pictureOf(this.#text, this.place)
  }
}

/** Hard clauses of the query that this RSP does not support: it must not answer as though they were not there. */
export class UnsupportedQueryError extends Error {
  override readonly name = 'UnsupportedQueryError'
  /** The clauses' texts. */
  readonly clauses: readonly string[]

  constructor (clauses: readonly string[]) {
    super(`Not supported here: ${clauses.map((clause) => `\`${clause}\``).join(', ')}. Ask another RSP, or put \`prefer\` before what may be left out.`)
    this.clauses = clauses
  }
}

function listed (expected: readonly string[]): string {
  return expected.length < 2 ? expected.join('') : `${expected.slice(0, -1).join(', ')} or ${expected[expected.length - 1]}`
}
