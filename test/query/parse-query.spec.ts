import assert from 'node:assert/strict'
import { QueryMeaningError, QuerySyntaxError } from '../../src/query/errors.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { printQuery } from '../../src/query/print-query.ts'
import { MAX_QUERY_BYTES } from '../../src/query/query-limits.ts'
import { randomTexts } from './random-text.ts'

/** Name, message and picture, as the command line prints them. */
function errorOf (text: string): string {
  try {
    return `no error: ${printQuery(parseQuery(text))}`
  } catch (error) {
    assert.ok(error instanceof QuerySyntaxError || error instanceof QueryMeaningError, String(error))
    return `${error.name}: ${error.message}\n${error.picture}`
  }
}

/** Of several tries, since the machine may have paused in one. */
/** Of the processor: others on the machine do not count. */
function quickestMs (text: string): number {
  return Math.min(...Array.from({ length: 5 }, () => {
    const before = process.cpuUsage()
    errorOf(text)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }))
}

const CLAUSES = '`alternatives`, `avoid`, `confidence`, `disjoint`, `only`, `prefer`, `via`, `where`, `with`'

const ERRORS: Array<[title: string, text: string, error: string]> = [
  ['a word that begins nothing', 'fastest route',
    'QuerySyntaxError: There is "fastest" where `alternatives`, `avoid`, `confidence`, `disjoint`, `maximize`, `minimize`, `only`, `prefer`, `via`, `where`, `with` or a number should be (line 1, column 1).\n  fastest route\n  ^'],
  ['nothing to minimize', 'minimize ',
    'QuerySyntaxError: The query ends where a metric or a number should be (line 1, column 10).\n  minimize \n           ^'],
  ['a subtraction', 'minimize delay - loss',
    `QuerySyntaxError: There is "-" where \`*\`, \`+\`, ${CLAUSES} or a number should be (line 1, column 16).\n  minimize delay - loss\n                 ^`],
  ['a strict comparison', 'where rate > 5',
    'QuerySyntaxError: There is ">" where `<=` or `>=` should be (line 1, column 12).\n  where rate > 5\n             ^'],
  ['a unit that may mean bits or bytes', 'where rate >= 5 MBps',
    `QuerySyntaxError: There is "MBps" where ${CLAUSES.replace('`avoid`', '`and`, `avoid`')}, a number or a unit should be (line 1, column 17).\n  where rate >= 5 MBps\n                  ^`],
  ['a misspelt selector in the second line', 'where loss <= 1 %\navoid contry XX',
    'QuerySyntaxError: There is "contry" where `(`, `asn`, `country`, `forwarder`, `not`, `operator`, `region` or `tag` should be (line 2, column 7).\n  avoid contry XX\n        ^'],
  ['a parenthesis left open', 'via (tag a or tag b',
    'QuerySyntaxError: The query ends where `)`, `=`, `and` or `or` should be (line 1, column 20).\n  via (tag a or tag b\n                     ^'],
  ['a text left open', 'avoid operator "acme',
    'QuerySyntaxError: There is "\\"" where a name or a text in quotes should be (line 1, column 16).\n  avoid operator "acme\n                 ^'],
  ['a preference for forwarders without a verb', 'prefer tag green',
    'QuerySyntaxError: There is "tag" where `avoid`, `only`, `via`, `with` or a metric should be (line 1, column 8).\n  prefer tag green\n         ^'],
  ['a control character, which is not printed', 'minimize \u001b[2J',
    'QuerySyntaxError: There is "\\u001b" where a metric or a number should be (line 1, column 10).\n  minimize  [2J\n           ^'],
  ['characters of two code units before the place', 'avoid operator "🙂🙂" ?',
    `QuerySyntaxError: There is "?" where \`,\`, ${CLAUSES.replace('`avoid`', '`and`, `avoid`').replace('`prefer`', '`or`, `prefer`')} or a number should be (line 1, column 21).\n  avoid operator "🙂🙂" ?\n                      ^`],
  ['a metric that does not add up', 'minimize delay + rate',
    'QueryMeaningError: `rate` does not add up along a path: maximize it, or minimize `transfer`, the time that 1,000 bytes take (line 1, column 18).\n  minimize delay + rate\n                   ^'],
  ['a metric weighed twice under two names', 'minimize delay + 2 * rtt',
    'QueryMeaningError: `delay` is weighed already (line 1, column 18).\n  minimize delay + 2 * rtt\n                   ^'],
  ['a metric maximized of which less is better', 'maximize loss',
    'QueryMeaningError: Of `loss` less is better: minimize it (line 1, column 1).\n  maximize loss\n  ^'],
  ['a limit the wrong way round', 'where rate <= 5 Mbps',
    'QueryMeaningError: Of `rate` more is better: limit it with `>=` (line 1, column 7).\n  where rate <= 5 Mbps\n        ^'],
  ['a limit in another unit', 'where loss <= 5 ms',
    'QueryMeaningError: `loss` is measured in % (line 1, column 7).\n  where loss <= 5 ms\n        ^'],
  ['a loss that is no limit', 'where loss <= 100 %',
    'QueryMeaningError: A limit of loss is less than 100 % (line 1, column 7).\n  where loss <= 100 %\n        ^'],
  ['half a forwarder', 'where hops <= 2.5',
    'QueryMeaningError: A path has a whole number of forwarders, at least 1 (line 1, column 7).\n  where hops <= 2.5\n        ^'],
  ['a penalty on what is maximized', 'maximize rate prefer hops <= 3 penalty 5',
    'QueryMeaningError: A penalty adds to what is minimized, and this query maximizes (line 1, column 22).\n  maximize rate prefer hops <= 3 penalty 5\n                       ^'],
  ['a clause that can stand once only', '2 alternatives 3 disjoint alternatives',
    'QueryMeaningError: A query says `alternatives` once (line 1, column 16).\n  2 alternatives 3 disjoint alternatives\n                 ^'],
  ['too many alternatives', '8 alternatives',
    'QueryMeaningError: A query asks for 1 to 7 alternatives (line 1, column 1).\n  8 alternatives\n  ^'],
  ['more confidence than there is', 'confidence >= 1.1',
    'QueryMeaningError: Confidence is more than 0, and at most 1 or 100 % (line 1, column 1).\n  confidence >= 1.1\n  ^'],
  ['a weight too small to be counted', 'minimize 0.0000000001 * hops',
    'QueryMeaningError: A weight is 0, or at least 10^-9 (line 1, column 10).\n  minimize 0.0000000001 * hops\n           ^'],
  ['a number too large to be one', 'where price <= 1e999',
    'QueryMeaningError: A limit is at most 10^15 (line 1, column 7).\n  where price <= 1e999\n        ^'],
  ['parentheses too deep', `avoid ${'('.repeat(9)}country xx${')'.repeat(9)}`,
    'QuerySyntaxError: Parentheses and `not` are nested at most 8 deep (line 1, column 16).\n  avoid (((((((((country xx)))))))))\n                 ^'],
  ['a text too long, of which some is shown', `minimize delay ${' '.repeat(MAX_QUERY_BYTES)}`,
    `QuerySyntaxError: A query has at most 2048 bytes of UTF-8 (line 1, column 2049).\n  …${' '.repeat(100)}\n  ${' '.repeat(86)}^`]
]

describe('parsing a query', () => {
  for (const [title, text, error] of ERRORS) {
    it(`points at ${title}`, () => { assert.equal(errorOf(text), error) })
  }

  it('gives the place as numbers, and what could stand there as a list', () => {
    assert.throws(() => parseQuery('minimize delay\nwhere rate > 5'), (error: QuerySyntaxError) => {
      assert.deepEqual(error.place, { offset: 26, line: 2, column: 12 })
      assert.deepEqual(error.expected, ['`<=` or `>=`'])
      assert.equal(error.found, '>')
      return true
    })
  })

  it('takes keywords and metrics in any case, and any white space', () => {
    assert.deepEqual(parseQuery('MINIMIZE\tDelay\r\nWhere HOPS<=4Avoid Country xx'), parseQuery('minimize delay where hops <= 4 avoid country XX'))
  })

  it('counts bytes, not characters, and takes a query of just so many', () => {
    const full = `avoid operator "${'é'.repeat(100)}"`
    const filled = full + ' '.repeat(MAX_QUERY_BYTES - new TextEncoder().encode(full).length)
    assert.deepEqual(parseQuery(filled), parseQuery(full))
    assert.throws(() => parseQuery(`${filled} `), QuerySyntaxError)
  })

  it('gives a tree that prints and parses again, or a typed error, for a million texts, and never takes long', function () {
    // fifteen seconds of a processor, which it may have to share
    this.timeout(600_000)
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    const { bytes, tokens, mutated } = randomTexts(4_711)
    let [trees, longestMs] = [0, 0]
    try {
      for (let round = 0; round < 1_000_000; round++) {
        const text = round % 10 < 5 ? bytes() : round % 10 < 8 ? tokens() : mutated()
        const startMs = performance.now()
        try {
          const ast = parseQuery(text)
          trees++
          if (trees % 16 === 0) assert.deepEqual(parseQuery(printQuery(ast)), ast, text)
        } catch (error) {
          if (!(error instanceof QuerySyntaxError || error instanceof QueryMeaningError)) throw new Error(`${JSON.stringify(text)} gave ${String(error)}`)
          if (error.message.length > 600) throw new Error(`a message of ${error.message.length} characters`, { cause: error })
        }
        const tookMs = performance.now() - startMs
        longestMs = Math.max(longestMs, tookMs < 50 ? tookMs : quickestMs(text))
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
    assert.ok(trees > 10_000, `${trees} texts were queries`)
    assert.ok(longestMs < 50, `the longest took ${longestMs} ms`)
  })

  it('takes no more than in proportion to the length of the worst texts', () => {
    const worst = [(n: number) => 'avoid ' + 'country xx or '.repeat(n / 7), (n: number) => 'minimize delay ' + 'where hops <= 4 and '.repeat(n / 10),
      (n: number) => `avoid operator "${'\\"'.repeat(n)}`, (n: number) => 'not '.repeat(n / 2), (n: number) => '('.repeat(2 * n), (n: number) => ' '.repeat(2 * n - 1) + 'x', (n: number) => 'prefer price, '.repeat(n / 7)]
    for (const make of worst) {
      const tookMs = quickestMs(make(1_000))
      assert.ok(tookMs < 50, `${make(20)} took ${tookMs} ms`)
    }
  })
})
