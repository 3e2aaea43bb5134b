import assert from 'node:assert/strict'
import { QueryMeaningError } from '../../src/query/errors.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { MAX_JSON_BYTES, parseQueryJson, queryFromJson } from '../../src/query/query-json.ts'

function errorOf (value: unknown): string {
  try {
    queryFromJson(value)
  } catch (error) {
    assert.ok(error instanceof QueryMeaningError, String(error))
    assert.equal(error.picture, '')
    return `${error.path}: ${error.message}`
  }
  return 'no error'
}

const limit = { kind: 'limit', metric: 'delay', op: '<=', value: 5, unit: 'ms' }
const country = { kind: 'country', value: 'xx' }
const nested = (levels: number): unknown => Array.from({ length: levels }).reduce((of) => ({ kind: 'not', of }), country)

const ERRORS: Array<[title: string, value: unknown, error: RegExp]> = [
  ['a key that nobody knows', { constraint: [] }, /^: The JSON form is not one of a query: Unrecognized key: "constraint"/],
  ['a key that nobody knows in a clause', { constraints: [{ ...limit, hard: true }] }, /^constraints\.0.*: The JSON form is not one of a query/],
  ['a clause that nobody knows', { constraints: [{ kind: 'colour', value: 'blue' }] }, /^constraints\.0.*: The JSON form is not one of a query/],
  ['a value that is no number', { objective: { kind: 'minimize', terms: [{ metric: 'delay', weight: '20' }] } }, /^objective\.terms\.0\.weight: /],
  ['a value that is not finite', { objective: { kind: 'minimize', terms: [{ metric: 'delay', weight: Infinity }] } }, /^objective\.terms\.0\.weight: /],
  ['a negative weight', { objective: { kind: 'minimize', terms: [{ metric: 'delay', weight: -1 }] } }, /^objective\.terms\.0: A weight is at most/],
  ['a unit that there is not', { constraints: [{ ...limit, unit: 'MBps' }] }, /"MBps" is no unit|The JSON form/],
  ['a unit of something else', { constraints: [{ ...limit, unit: '%' }] }, /^constraints\.0: `delay` is measured in ms/],
  ['a metric that the text form could not write', { objective: { kind: 'maximize', metric: 'my metric' } }, /^objective: A metric is a name/],
  ['a metric that is a keyword', { objective: { kind: 'minimize', terms: [{ metric: 'where' }] } }, /^objective\.terms\.0: A metric is a name/],
  ['nothing to minimize', { objective: { kind: 'minimize', terms: [] } }, /^objective: A query minimizes 1 to 8 metrics/],
  ['an empty join', { constraints: [{ kind: 'avoid', nodes: { kind: 'or', of: [] } }] }, /^constraints\.0\.nodes: `or` joins at least one selector/],
  ['a value that would not print', { constraints: [{ kind: 'avoid', nodes: { kind: 'operator', value: 'a\u0000' } }] }, /^constraints\.0\.nodes: Names and values have 1 to 128 printable characters/],
  ['a selector of too many things', { constraints: [{ kind: 'avoid', nodes: { kind: 'or', of: Array.from({ length: 65 }, () => country) } }] }, /^constraints\.0\.nodes: A selector names at most 64/],
  ['a selector nested too deep', { constraints: [{ kind: 'avoid', nodes: nested(9) }] }, /^constraints\.0\.nodes.*: Parentheses and `not` are nested at most 8 deep/],
  ['objects nested without end', nested(10_000), /^: The JSON form is nested too deep/],
  ['too many constraints', { constraints: Array.from({ length: 33 }, () => limit) }, /^constraints\.\d+: A query has at most 32 constraints/],
  ['too many soft constraints', { preferences: Array.from({ length: 5 }, () => ({ kind: 'constraint', constraint: limit })) }, /^preferences\.4: A query prefers at most 4 constraints/],
  ['two metrics to prefer', { preferences: [{ kind: 'metric', metric: 'price' }, { kind: 'metric', metric: 'loss' }] }, /^preferences\.1: A query prefers one metric/],
  ['two `via` to prefer', { preferences: [country, country].map((nodes) => ({ kind: 'constraint', constraint: { kind: 'via', nodes } })) }, /^preferences\.1: A query prefers one `via`/],
  ['what has too long a text', { constraints: Array.from({ length: 20 }, () => ({ kind: 'avoid', nodes: { kind: 'operator', value: 'ö'.repeat(60) } })) }, /^: As a text the query has 2679 bytes; it may have 2048 at most/],
  ['half an alternative', { alternatives: { count: 1.5 } }, /^alternatives\.count: /],
  ['no object', 'minimize delay', /^: The JSON form is not one of a query/]
]

describe('the JSON form of a query', () => {
  for (const [title, value, error] of ERRORS) {
    it(`refuses ${title}, and says where`, () => { assert.match(errorOf(value), error) })
  }

  it('takes joins in joins for the one join that they are', () => {
    const nodes = { kind: 'or', of: [{ kind: 'or', of: [country, { kind: 'tag', name: 'EU' }] }, { kind: 'and', of: [country] }] }
    assert.deepEqual(queryFromJson({ constraints: [{ kind: 'only', nodes }] }).constraints,
      [{ kind: 'only', nodes: { kind: 'or', of: [country, { kind: 'tag', name: 'eu' }, country] } }])
  })

  it('regression: has the text form\'s defaults', () => {
    const plain = { constraints: [{ kind: 'limit', metric: 'delay', op: '<=', value: 150 }, { kind: 'limit', metric: 'rate', op: '>=', value: 5 }, { kind: 'limit', metric: 'hops', op: '<=', value: 4 }] }
    assert.deepEqual(queryFromJson({ ...plain, alternatives: {} }), parseQuery('where delay <= 150 and rate >= 5 and hops <= 4 alternatives'))
    assert.deepEqual(queryFromJson({ constraints: [{ kind: 'limit', metric: 'carbon', op: '<=', value: 5 }] }), parseQuery('where carbon <= 5'))
  })

  it('refuses a text that is no JSON, and one that is too long', () => {
    assert.throws(() => parseQueryJson('{'), /The text is no JSON/)
    assert.throws(() => parseQueryJson(`{}${' '.repeat(MAX_JSON_BYTES)}`), /at most 16384 bytes/)
  })
})
