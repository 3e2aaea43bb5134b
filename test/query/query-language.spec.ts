import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../helpers/source-tree.ts'
import type { QuerySyntaxError } from '../../src/query/errors.ts'
import { CLAUSE_KEYWORDS, KEYWORD_SUMMARIES } from '../../src/query/keywords.ts'
import { METRICS } from '../../src/query/metrics.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { printQuery } from '../../src/query/print-query.ts'
import { parseQueryJson } from '../../src/query/query-json.ts'
import { UNITS } from '../../src/query/units.ts'

const text = readFileSync(join(projectRoot, 'protocols/route/query-language.md'), 'utf8')

function blocks (kind: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)\\n\`\`\`$`, 'gm'))].map(([, block]) => block)
}

const examples = blocks('query').flatMap((block) => block.split('\n'))

describe('the description of the query language', () => {
  it('has examples that parse, and print as other texts that mean the same', () => {
    assert.ok(examples.length >= 10)
    for (const example of examples) assert.deepEqual(parseQuery(printQuery(parseQuery(example))), parseQuery(example))
  })

  it('gives the first example in JSON', () => {
    const [json] = blocks('json')
    assert.deepEqual(parseQueryJson(json), parseQuery(examples[0]))
  })

  it('shows an error as it is', () => {
    const shown = blocks('text').find((block) => block.startsWith('There is'))
    assert.throws(() => parseQuery('where rate > 5'), (error: QuerySyntaxError) => `${error.message}\n${error.picture}` === shown)
  })

  it('has every keyword and unit in its grammar, and every metric in its table', () => {
    const [grammar] = blocks('ebnf')
    for (const word of [...CLAUSE_KEYWORDS, ...Object.keys(KEYWORD_SUMMARIES), ...UNITS.map(({ name }) => name)]) assert.ok(grammar.includes(`"${word}"`), word)
    for (const { name, aliases } of METRICS) assert.match(text, new RegExp(`^\\| \`${name}\` \\| ${aliases.map((alias) => `\`${alias}\``).join(', ')} ?\\|`, 'm'))
  })
})
